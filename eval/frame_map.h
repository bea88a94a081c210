// Frame-mAP, streaming: ground truth and detections are added in any order, on
// any number of processes, merged, and computed under one protocol.
//
//   FrameMapOptions options;                      // official_2019, IoU 0.5
//   options.classes = {{12, "stand", "pose"}, {80, "watch (a person)", "actor-actor"}};
//   MRSN_ASSIGN_OR_RETURN(FrameMapEvaluator evaluator, FrameMapEvaluator::Create(options));
//   evaluator.AddGroundTruth({"1j20qq1JyX4", 904}, {0.1, 0.1, 0.6, 0.9}, 12);
//   evaluator.AddDetection({"1j20qq1JyX4", 904}, {0.1, 0.1, 0.6, 0.9}, 12, 0.93);
//   const FrameMapResult result = evaluator.Compute();   // *result.frame_map == 0.5
#ifndef MRSN_EVAL_FRAME_MAP_H_
#define MRSN_EVAL_FRAME_MAP_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "eval/matching.h"
#include "eval/protocol.h"
#include "ops/base/keyframe.h"
#include "ops/formats/annotation_box.h"
#include "ops/formats/annotation_rows.h"
#include "ops/formats/class_lists.h"

namespace mrsn::eval {

struct FrameMapOptions {
  Protocol protocol = Protocol::kOfficial2019;
  double iou_threshold = 0.5;                 // in (0, 1]
  std::vector<formats::ActionClass> classes;  // rows of other classes are not evaluated
  int num_threads = 0;                        // 0 = the machine's
};

struct ClassResult {
  int id = 0;
  std::string name, kind;
  // In the documented order: descending score, equal scores by keyframe (video
  // name, time), then as added. Undefined without ground truth.
  std::optional<double> ap;
  // AP with false positives first and with true positives first among equal scores.
  std::optional<double> ap_tie_low, ap_tie_high;
  int64_t num_gt = 0;
  int64_t num_detections = 0;  // scored: after filters, cap and dropped boxes
  int64_t num_tp = 0, num_fp = 0;
  int64_t num_tied = 0;  // detections whose score another detection of the class has
};

struct KindResult {
  std::string kind;
  std::optional<double> mean_ap;  // over the kind's classes with defined AP
  int num_classes = 0;            // of those
};

struct FrameMapResult {
  Protocol protocol = Protocol::kOfficial2019;
  double iou_threshold = 0.5;
  std::optional<double> frame_map;  // in [0, 1]; no value when undefined
  std::optional<std::pair<double, double>> tie_interval;
  int64_t num_gt = 0, num_detections = 0, num_tp = 0;
  int64_t num_unannotated = 0;         // of the detections, those on keyframes without ground truth
  int64_t num_keyframes = 0;           // evaluated keyframes with ground truth (2020: or listed without)
  std::vector<ClassResult> per_class;  // in the order of FrameMapOptions::classes
  std::vector<KindResult> by_kind;     // in order of first appearance
  DroppedRows dropped;
};

// The protocol's mean: over the classes with a value, or (act) over all classes, undefined if one of them is.
std::optional<double> MeanOverClasses(const ProtocolRules& rules,
                                      const std::vector<std::optional<double>>& values);

class FrameMapEvaluator {
 public:
  // An error if there is no class, an id occurs twice, or the threshold is not in (0, 1].
  static absl::StatusOr<FrameMapEvaluator> Create(FrameMapOptions options);

  // `person_id` breaks ties between ground truth boxes of equal IoU as the AVA
  // scripts do; -1 = none. Classes outside the list are counted and ignored. An
  // error for a box that is not finite or inverted (x2 < x1), and for a key frame at a fraction of a second
  // unless the protocol has such ones.
  absl::Status AddGroundTruth(const Keyframe& keyframe, const formats::BoxD& box, int class_id,
                              int person_id = -1);
  // An error for a box or score that is not finite, and for a key frame as above. The protocol decides about
  // x1 >= x2.
  absl::Status AddDetection(const Keyframe& keyframe, const formats::BoxD& box, int class_id, double score);
  // Leaves this keyframe out on both sides, where the protocol honours exclusions.
  void ExcludeKeyframe(const Keyframe& keyframe);
  // A keyframe that was annotated and has no box: its detections are false
  // positives under official_2020, too.
  void AddEmptyKeyframe(const Keyframe& keyframe);

  // Whole files; rows must be finite (the readers see to that).
  void AddGroundTruth(formats::RowBlock block);
  void AddDetections(formats::RowBlock block);
  void ExcludeKeyframes(const formats::KeyframeTable& keyframes);

  // Adds the rows of `other` after this evaluator's own. If each keyframe's rows were added in one process,
  // results are bit for bit those of a single evaluator. Different options are an error and change nothing.
  absl::Status Merge(const FrameMapEvaluator& other);

  FrameMapResult Compute() const { return Summarize(Match()); }

  // Compute in two steps, for analyses that need the matches (bootstrap, error breakdown, curves). The
  // matches point into this evaluator's rows.
  MatchedFrames Match() const;
  FrameMapResult Summarize(const MatchedFrames& matched) const;

  const FrameMapOptions& options() const { return options_; }
  const formats::KeyframeTable& keyframes() const { return keyframes_; }

 private:
  enum Side { kGroundTruth, kDetections };

  explicit FrameMapEvaluator(FrameMapOptions options);
  int Number(const Keyframe& keyframe);
  void Append(formats::RowBlock block, Side side);
  void MarkListed(int keyframe);
  std::vector<formats::Row>& OpenBlock(Side side);

  FrameMapOptions options_;
  absl::flat_hash_map<int, int> class_index_;
  formats::KeyframeTable keyframes_;
  std::vector<std::vector<formats::Row>>
      blocks_[2];                           // rows of listed classes, class_id replaced by the index
  std::vector<uint8_t> excluded_, listed_;  // by keyframe; shorter than the table: the rest is 0
  DroppedRows dropped_;
};

}  // namespace mrsn::eval

#endif  // MRSN_EVAL_FRAME_MAP_H_
