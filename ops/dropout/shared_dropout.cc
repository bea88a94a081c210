#include "ops/dropout/shared_dropout.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <utility>

namespace mrsn::ops {
namespace {

thread_local BatchShareScope* current = nullptr;

}  // namespace

BatchShareScope::BatchShareScope(BatchShare share, at::Generator random)
    : share_(std::move(share)), random_(std::move(random)), outer_(current) {
  // The one that no person sees (OnlyOthersHave) may have any number.
  for (const RowKind kind : {RowKind::kEntries, RowKind::kObjects}) {
    RowShare& rows = share_[static_cast<int>(kind)];
    if (rows.own.empty() && rows.all > 0) rows.own = {0};
  }
  current = this;
}

BatchShareScope::~BatchShareScope() { current = outer_; }

at::Tensor BatchShareScope::PlacesOf(const std::vector<RowBlock>& rows, int64_t count, int64_t* all) const {
  std::vector<int64_t> places;
  *all = 0;
  for (const RowBlock& block : rows) {
    const RowShare& share = of(block.kind);
    const auto own = static_cast<int64_t>(share.own.size());
    const int64_t each = block.each > 0 ? block.each : count / std::max<int64_t>(1, own);
    for (const int64_t place : share.own) {
      for (int64_t i = 0; i < each; ++i) places.push_back(*all + place * each + i);
    }
    *all += share.all * each;
  }
  return static_cast<int64_t>(places.size()) == count ? at::tensor(places, at::kLong) : at::Tensor();
}

at::Tensor SharedDropout(const at::Tensor& x, double p, bool training, const std::vector<RowBlock>& rows) {
  const BatchShareScope* const scope = current;
  const bool drawn = training && p > 0 && p < 1 && x.dim() > 0;
  if (!drawn || scope == nullptr || !scope->random_.defined() || !x.is_cpu()) {
    return at::dropout(x, p, training);
  }
  int64_t all = 0;
  const at::Tensor places = scope->PlacesOf(rows, x.size(0), &all);
  if (!places.defined()) return at::dropout(x, p, training);
  std::vector<int64_t> sizes = x.sizes().vec();
  sizes[0] = all;
  const at::Tensor whole = at::empty(sizes, x.options(), x.suggest_memory_format());
  if (whole.numel() == 0) return x;
  whole.bernoulli_(1 - p, scope->random_);  // also if this process has no row: the next mask comes behind it
  return x * whole.index_select(0, places).div_(1 - p);
}

at::Tensor PersonDropout(const at::Tensor& x, double p, bool training) {
  return SharedDropout(x, p, training, {{RowKind::kPersons}});
}

at::Tensor SharedRandom(int64_t count, RowKind kind, const at::TensorOptions& options) {
  const BatchShareScope* const scope = current;
  if (scope != nullptr && scope->random_.defined() && options.device().is_cpu()) {
    int64_t all = 0;
    const at::Tensor places = scope->PlacesOf({{kind}}, count, &all);
    if (places.defined()) return at::rand({all}, scope->random_, options).index_select(0, places);
  }
  return at::rand({count}, options);
}

int64_t CountInBatch(RowKind kind, int64_t own) { return current == nullptr ? own : current->of(kind).all; }

}  // namespace mrsn::ops
