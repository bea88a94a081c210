// The evaluators in use, one name each, and the rules in which they differ.
#ifndef MRSN_EVAL_PROTOCOL_H_
#define MRSN_EVAL_PROTOCOL_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace mrsn::eval {

enum class Protocol {
  kOfficial2018,  // ActivityNet get_ava_performance.py, first generation
  kOfficial2019,  // the same with the cap of 50 rows a keyframe
  kOfficial2020,  // the same with fractional timestamps and 2-column rows
  kPySlowFast,    // facebookresearch/SlowFast
  kAcar,          // Siyu-C/ACAR-Net
  kMmaction2,     // open-mmlab/mmaction2
  kYowo,          // wei-tim/YOWO: every point, +1 pixel
  kAct,           // ACT detector and MOC: trapezoid, second choices
  kVoc,           // every point, no +1
  kVoc11,         // 11 points, +1 pixel
};

enum class Dataset { kAva, kUcf24 };

// How a precision-recall curve becomes one number; see average_precision.h.
enum class ApKind { kEveryPoint, kElevenPoint, kTrapezoid };

// How detections count on a keyframe that has no ground truth.
enum class EmptyFrames { kFalsePositives, kIgnored, kIgnoredUnlessListed };

// The order in which equal IoUs prefer ground truth boxes.
enum class GroundTruthOrder { kFile, kPersonHeap, kPersonDescending };

struct ProtocolRules {
  Dataset dataset = Dataset::kAva;
  int cap = 0;                         // best-scored rows kept of a keyframe; 0 = all
  bool honours_exclusions = true;      // excluded keyframes leave both sides
  bool fractional_timestamps = false;  // a keyframe is "%.6f" of its second, not the whole second
  EmptyFrames empty_frames = EmptyFrames::kFalsePositives;
  GroundTruthOrder ground_truth_order = GroundTruthOrder::kFile;
  double min_score = -1e300;             // detections must score more
  bool drops_invalid_detections = true;  // x1 >= x2 or y1 >= y2
  bool rounds_detections = false;        // to whole pixels, half to even
  bool plus_one = false;                 // a box covers x1..x2 inclusive: width x2 - x1 + 1
  bool float_iou = false;                // IoU in float32
  bool second_choice = false;            // a detection whose best box is taken tries the remaining ones
  ApKind ap = ApKind::kEveryPoint;
  bool mean_over_all_classes = false;  // also those without ground truth
};

ProtocolRules RulesOf(Protocol protocol);

// "official_2019" etc., as --protocol takes them.
std::string ProtocolName(Protocol protocol);
// The error lists the names.
absl::StatusOr<Protocol> ParseProtocol(absl::string_view name);

// All protocols of one data set; the first is the default.
std::vector<Protocol> ProtocolsOf(Dataset dataset);
std::string DatasetName(Dataset dataset);  // "ava", "ucf24"
absl::StatusOr<Dataset> ParseDataset(absl::string_view name);

}  // namespace mrsn::eval

#endif  // MRSN_EVAL_PROTOCOL_H_
