#include "mrsn/onnx/weights.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "ops/base/status_macros.h"

namespace mrsn::onnx {
namespace {

constexpr float kOne[] = {1};

}  // namespace

const Weight& Weights::Get(const std::string& name, size_t dimensions) {
  const auto found = weights_.find(name);
  if (found != weights_.end() && found->second.shape.size() == dimensions) {
    read_.insert(name);
    return found->second;
  }
  if (status_.ok()) {
    const std::string has = found == weights_.end()
                                ? "has none"
                                : absl::StrCat("has [", absl::StrJoin(found->second.shape, ","), "]");
    status_ = absl::InternalError(
        absl::StrCat("ONNX: expected a weight ", name, " of ", dimensions, " dimensions, the model ", has));
  }
  return stand_ins_
      .insert_or_assign(name, Weight{std::vector<int64_t>(dimensions, 1), absl::MakeConstSpan(kOne)})
      .first->second;
}

absl::Status Weights::Finish() const {
  MRSN_RETURN_IF_ERROR(status_);
  for (const auto& [name, weight] : weights_) {
    if (read_.count(name) == 0) {
      return absl::InternalError(absl::StrCat("ONNX: the weight ", name, " takes no part in the graph"));
    }
  }
  return absl::OkStatus();
}

}  // namespace mrsn::onnx
