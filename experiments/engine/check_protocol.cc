#include "experiments/engine/check_protocol.h"

#include <cstdint>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "eval/protocol.h"
#include "ops/base/status_macros.h"

namespace mrsn::experiments {
namespace {

using datasets::BoxUnit;

BoxUnit UnitOf(eval::Dataset dataset) {
  switch (dataset) {
    case eval::Dataset::kAva:
      return BoxUnit::kFrame;
    case eval::Dataset::kUcf24:
      return BoxUnit::kPixels;
  }
  return BoxUnit::kFrame;
}

// The names of the data set's protocols that fit.
template <typename Fits>
std::string Names(eval::Dataset dataset, const Fits& fits) {
  std::vector<std::string> names;
  for (const eval::Protocol protocol : eval::ProtocolsOf(dataset)) {
    if (fits(eval::RulesOf(protocol))) names.push_back(eval::ProtocolName(protocol));
  }
  return absl::StrJoin(names, ", ");
}

std::string Described(BoxUnit unit) { return unit == BoxUnit::kPixels ? "pixels" : "[0,1] of the frame"; }

}  // namespace

absl::Status CheckProtocol(const std::string& protocol, const datasets::Dataset& dataset) {
  MRSN_ASSIGN_OR_RETURN(const eval::Protocol parsed, eval::ParseProtocol(protocol));
  const eval::ProtocolRules rules = eval::RulesOf(parsed);
  const BoxUnit expected = UnitOf(rules.dataset), unit = dataset.annotation_unit();
  if (expected != unit) {
    return absl::InvalidArgumentError(
        absl::StrCat("eval.protocol is ", protocol, ", which takes boxes in ", Described(expected),
                     "; the data set's boxes are in ", Described(unit), "; allowed: ",
                     Names(unit == BoxUnit::kPixels ? eval::Dataset::kUcf24 : eval::Dataset::kAva,
                           [](const eval::ProtocolRules&) { return true; })));
  }
  if (rules.fractional_timestamps) return absl::OkStatus();
  for (int64_t i = 0; i < dataset.size(); ++i) {
    const Keyframe& keyframe = dataset.keyframe(i);
    if (keyframe.timestamp.IsWhole()) continue;
    return absl::InvalidArgumentError(absl::StrCat(
        "eval.protocol is ", protocol,
        ", which cuts fractions of a second off; the data set has the key frame ", keyframe.video, ",",
        keyframe.timestamp.Text(), "; allowed: ",
        Names(rules.dataset, [](const eval::ProtocolRules& other) { return other.fractional_timestamps; })));
  }
  return absl::OkStatus();
}

}  // namespace mrsn::experiments
