#include "ops/norm_relu/synced_norms.h"

#include <utility>

namespace mrsn::ops {
namespace {

thread_local SyncedNormsScope* current = nullptr;

}  // namespace

void NormRanks::Sum(const at::Tensor& values) {
  const absl::Status summed = group_.Sum({values});
  if (status_.ok()) status_ = summed;
}

SyncedNormsScope::SyncedNormsScope(ProcessGroup& group)
    : SyncedNormsScope(c10::make_intrusive<NormRanks>(group)) {}

SyncedNormsScope::SyncedNormsScope(c10::intrusive_ptr<NormRanks> ranks)
    : ranks_(std::move(ranks)), outer_(current) {
  current = this;
}

SyncedNormsScope::~SyncedNormsScope() { current = outer_; }

c10::intrusive_ptr<NormRanks> SyncedNormsScope::Ranks() {
  return current != nullptr ? current->ranks_ : c10::intrusive_ptr<NormRanks>();
}

}  // namespace mrsn::ops
