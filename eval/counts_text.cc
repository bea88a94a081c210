#include "eval/counts_text.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace mrsn::eval {
namespace {

std::string Number(int64_t count, absl::string_view one, absl::string_view many) {
  return absl::StrCat(count, " ", count == 1 ? one : many);
}

std::string Detections(int64_t count) { return Number(count, "detection", "detections"); }

}  // namespace

std::vector<std::string> CountsText(const FrameMapResult& result) {
  std::vector<std::string> lines;
  lines.push_back(absl::StrCat(result.num_tp, " of ", Number(result.num_gt, "box is", "boxes are"),
                               " found by ",
                               Number(result.num_detections, "scored detection", "scored detections"), " on ",
                               Number(result.num_keyframes, "keyframe", "keyframes")));
  const auto with_boxes = std::count_if(result.per_class.begin(), result.per_class.end(),
                                        [](const ClassResult& c) { return c.num_gt > 0; });
  const auto classes = static_cast<std::ptrdiff_t>(result.per_class.size());
  if (with_boxes < classes) {
    lines.push_back(absl::StrCat(with_boxes, " of ", Number(classes, "class", "classes"),
                                 with_boxes == 1 ? " has boxes" : " have boxes"));
  }
  const ProtocolRules rules = RulesOf(result.protocol);
  const DroppedRows& dropped = result.dropped;
  const auto add = [&](int64_t count, const std::string& why) {
    if (count > 0) lines.push_back(absl::StrCat(Detections(count), " ", why));
  };
  add(result.num_unannotated, "on keyframes without ground truth: false positives");
  add(dropped.over_cap_detections, absl::StrCat("left out by the cap of ", rules.cap, " rows a keyframe"));
  add(dropped.invalid_detections, "left out with x1 >= x2 or y1 >= y2");
  add(dropped.low_score_detections, absl::StrCat("left out with scores up to ", rules.min_score));
  add(dropped.unannotated_detections, "left out on keyframes without ground truth");
  add(dropped.excluded_detections, "left out on excluded keyframes");
  add(dropped.other_class_detections, "left out of classes that are not listed");
  const auto add_boxes = [&](int64_t count, const std::string& why) {
    if (count > 0)
      lines.push_back(absl::StrCat(Number(count, "box", "boxes"), " of the ground truth left out ", why));
  };
  add_boxes(dropped.excluded_gt, "on excluded keyframes");
  add_boxes(dropped.other_class_gt, "of classes that are not listed");
  return lines;
}

}  // namespace mrsn::eval
