#include "experiments/score_text.h"

#include <cstdint>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

namespace mrsn::experiments {

std::string ScoreText(const Result& result) {
  if (!result.has_frame_map()) return "no class has ground truth";
  return absl::StrFormat("frame-mAP@%.2f %.4f (%s)", result.iou_threshold(), result.frame_map(),
                         result.protocol());
}

std::vector<std::string> ScoreCounts(const Result& result) {
  if (result.counts_size() > 0) return {result.counts().begin(), result.counts().end()};
  int64_t boxes = 0, classes = 0;
  for (const ClassScore& score : result.per_class()) {
    boxes += score.num_gt();
    classes += score.num_gt() > 0;
  }
  return {absl::StrCat(boxes, boxes == 1 ? " box of " : " boxes of ", classes, " of ",
                       result.per_class_size(), " classes; the hits were not recorded")};
}

bool IsExtreme(const Result& result) {
  constexpr double kHalf = 0.00005;  // what rounds to 0.00 or 100.00
  return result.has_frame_map() && (result.frame_map() < kHalf || result.frame_map() >= 1 - kHalf);
}

std::string ExtremeText(const Result& result) {
  if (!IsExtreme(result)) return "";
  return absl::StrFormat("frame-mAP %.2f: %s", 100 * result.frame_map(),
                         absl::StrJoin(ScoreCounts(result), "; "));
}

}  // namespace mrsn::experiments
