#include "datasets/check/row_warnings.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "ops/formats/row_checks.h"

namespace mrsn::datasets {
namespace {

struct RowFault {
  const char* what;
  const char* code;
  CheckSeverity severity;
};

// The readers' warnings. What the data sets, which read strictly, refuse is an error.
RowFault FaultOf(const std::string& what) {
  static constexpr RowFault kFaults[] = {
      {formats::kBlankLine, "blank_line", CheckSeverity::kNote},
      {formats::kFrameBeforeFirst, "keyframe_range", CheckSeverity::kError},
      {formats::kBrokenFrame, "broken_frame", CheckSeverity::kError},
      {formats::kScoreRange, "score_range", CheckSeverity::kError},
      {formats::kUnknownClass, "unknown_class", CheckSeverity::kError},
      {formats::kInvalidBox, "degenerate_box", CheckSeverity::kError},
      {formats::kInvertedBox, "degenerate_box", CheckSeverity::kError},
      {formats::kNoArea, "degenerate_box", CheckSeverity::kError},
      {formats::kDuplicate, "duplicate_row", CheckSeverity::kWarning},
      {formats::kNoScore, "no_score", CheckSeverity::kWarning},
      {formats::kHeader, "header_line", CheckSeverity::kNote},
      {formats::kCommaAtTheEnd, "comma_at_end", CheckSeverity::kNote},
  };
  for (const RowFault& fault : kFaults) {
    if (what == fault.what) return fault;
  }
  if (absl::StrContains(what, "byte order mark")) return {"", "byte_order_mark", CheckSeverity::kNote};
  if (absl::StrContains(what, "keyframe")) return {"", "keyframe_range", CheckSeverity::kError};
  return {"", "odd_row", CheckSeverity::kWarning};
}

}  // namespace

void AddRowWarnings(const std::string& path, const std::vector<formats::Warning>& warnings,
                    CheckReport* report) {
  for (const formats::Warning& warning : warnings) {
    const RowFault fault = FaultOf(warning.what);
    const std::string text = formats::ToString(warning);
    report->Add(
        fault.severity, fault.code, path,
        absl::StrCat(absl::StartsWith(text, path + ":") ? "line " : "", absl::StripPrefix(text, path + ":")),
        warning.count);
  }
}

}  // namespace mrsn::datasets
