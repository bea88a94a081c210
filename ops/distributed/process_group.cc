#include "ops/distributed/process_group.h"

#include <ATen/ATen.h>

#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "ops/base/status_macros.h"

namespace mrsn {
namespace {

class OneProcessGroup : public ProcessGroup {
 public:
  OneProcessGroup() : ProcessGroup(0, 1, 0) {}

  absl::Status Sum(const std::vector<at::Tensor>&) override { return absl::OkStatus(); }
  absl::Status Broadcast(const std::vector<at::Tensor>&, int) override { return absl::OkStatus(); }
  absl::Status Barrier() override { return absl::OkStatus(); }
  absl::StatusOr<std::vector<std::string>> GatherToFirst(absl::string_view bytes) override {
    return std::vector<std::string>{std::string(bytes)};
  }
  absl::StatusOr<std::vector<std::string>> Gather(absl::string_view bytes) override {
    return std::vector<std::string>{std::string(bytes)};
  }
};

class DoneSum : public PendingSum {
 public:
  explicit DoneSum(absl::Status status) : status_(std::move(status)) {}
  absl::Status Wait() override { return status_; }

 private:
  const absl::Status status_;
};

}  // namespace

std::unique_ptr<PendingSum> ProcessGroup::BeginSum(const std::vector<at::Tensor>& tensors) {
  return std::make_unique<DoneSum>(Sum(tensors));
}

absl::StatusOr<int64_t> ProcessGroup::Ask(int64_t said_by_first) {
  if (size_ == 1) return said_by_first;
  const at::Tensor said = at::full({1}, said_by_first, at::kLong);
  MRSN_RETURN_IF_ERROR(Broadcast({said}));
  return said.item<int64_t>();
}

absl::Status ProcessGroup::Agree(const absl::Status& own) {
  if (size_ == 1) return own;
  const std::string sent =
      own.ok() ? "" : absl::StrCat(static_cast<int>(own.code()), "\n", std::string(own.message()));
  MRSN_ASSIGN_OR_RETURN(const std::vector<std::string> all, Gather(sent));
  for (int rank = 0; rank < size_; ++rank) {
    if (all[rank].empty()) continue;
    if (rank == rank_) return own;
    const size_t end = all[rank].find('\n');
    int code = 0;
    if (!absl::SimpleAtoi(all[rank].substr(0, end), &code))
      code = static_cast<int>(absl::StatusCode::kInternal);
    return absl::Status(static_cast<absl::StatusCode>(code),
                        absl::StrCat("rank ", rank, ": ", all[rank].substr(end + 1)));
  }
  return absl::OkStatus();
}

std::unique_ptr<ProcessGroup> MakeOneProcess() { return std::make_unique<OneProcessGroup>(); }

ProcessGroup& OneProcess() {
  static auto* group = new OneProcessGroup();
  return *group;
}

}  // namespace mrsn
