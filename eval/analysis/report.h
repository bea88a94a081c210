// A frame-mAP with its analyses, as JSON and as text for a terminal.
#ifndef MRSN_EVAL_ANALYSIS_REPORT_H_
#define MRSN_EVAL_ANALYSIS_REPORT_H_

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "eval/analysis/error_breakdown.h"
#include "eval/analysis/frame_map_slices.h"
#include "eval/frame_map.h"
#include "ops/formats/lines.h"
#include "ops/plausibility/plausibility.h"

namespace mrsn::eval {

struct Report {
  FrameMapResult result;
  std::vector<Slice> by_box_size, by_number_of_actors;
  ErrorBreakdown errors;
  int bootstrap_samples = 0;  // 0 = none drawn
  std::optional<std::pair<double, double>> confidence_interval;
  std::vector<std::optional<std::pair<double, double>>> class_intervals;
  std::vector<formats::Warning> warnings;
  std::vector<plausibility::Finding> findings;
  std::optional<plausibility::InCommon> in_common;
};

// {"protocol", "frame_map" (null when undefined), "tie_interval": [lo, hi], "num_gt",
// "num_detections", "num_keyframes", "per_class": {"<id>": {"name", "ap", "num_gt",
// "num_tp", "num_fp", ..}}, "by_kind": {kind: mean AP}, "confidence_interval_95": [lo, hi]
// or null, "by_box_size", "by_number_of_actors", "errors", "dropped", "warnings", "findings",
// "in_common": {"videos", "annotated_videos", ..}}.
std::string ToJson(const Report& report);

// A table of the classes and a summary: the counts that explain the mAP, rows that were left out, and a last
// line with the mAP and the protocol's name.
std::string ToText(const Report& report);

}  // namespace mrsn::eval

#endif  // MRSN_EVAL_ANALYSIS_REPORT_H_
