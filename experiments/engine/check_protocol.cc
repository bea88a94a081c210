#include "experiments/engine/check_protocol.h"

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

std::string Described(BoxUnit unit) { return unit == BoxUnit::kPixels ? "pixels" : "[0,1] of the frame"; }

}  // namespace

absl::Status CheckProtocol(const std::string& protocol, BoxUnit unit) {
  MRSN_ASSIGN_OR_RETURN(const eval::Protocol parsed, eval::ParseProtocol(protocol));
  const BoxUnit expected = UnitOf(eval::RulesOf(parsed).dataset);
  if (expected == unit) return absl::OkStatus();
  const auto fitting =
      eval::ProtocolsOf(unit == BoxUnit::kPixels ? eval::Dataset::kUcf24 : eval::Dataset::kAva);
  return absl::InvalidArgumentError(
      absl::StrCat("eval.protocol is ", protocol, ", which takes boxes in ", Described(expected),
                   "; the data set's boxes are in ", Described(unit),
                   "; allowed: ", absl::StrJoin(fitting, ", ", [](std::string* text, eval::Protocol p) {
                     absl::StrAppend(text, eval::ProtocolName(p));
                   })));
}

}  // namespace mrsn::experiments
