// Video-mAP: tubes of detections against annotated tubes, beside frame-mAP's boxes against boxes.
#ifndef MRSN_EVAL_TUBES_VIDEO_MAP_H_
#define MRSN_EVAL_TUBES_VIDEO_MAP_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "eval/tubes/linking.h"
#include "eval/tubes/tube.h"
#include "ops/formats/annotation_rows.h"
#include "ops/formats/class_lists.h"

namespace mrsn::eval {

struct VideoMapOptions {
  std::vector<formats::ActionClass> classes;          // rows of other classes are not evaluated
  std::vector<double> thresholds = {0.2, 0.5, 0.75};  // of TubeOverlap, each in (0,1]
  LinkingOptions linking;
  int num_threads = 0;  // 0 = the machine's
};

struct ThresholdResult {
  double threshold = 0;
  std::optional<double> video_map;               // in [0,1]; undefined as under the protocol act
  std::vector<std::optional<double>> per_class;  // in the order of the classes
  int64_t num_hits = 0;                          // annotated tubes that are found
};

struct VideoMapResult {
  std::vector<std::pair<int, std::string>> classes;  // id and name
  std::vector<ThresholdResult> thresholds;           // in the order of the options
  std::optional<double> mean_50_95;                  // over the thresholds 0.5, 0.55, .. 0.95
  std::vector<std::optional<double>> mean_50_95_per_class;
  std::vector<int64_t> num_gt, num_tubes;                // by class
  int64_t num_videos = 0;                                // with annotated tubes or detections
  int64_t low_score = 0, too_short = 0, suppressed = 0;  // linked tubes left out
};

// The rules of ACT's public evaluation: in the order of descending score (equal scores by name of the video,
// then as linked) a tube of detections takes the annotated tube of its class and video, among those not yet
// taken, that it overlaps most, and is a true positive if that is at least the threshold. AP is the area
// under the precision-recall curve by trapezoids, in float; the mean goes over all classes, 0 for one without
// tubes and detections, and is undefined if a class has detections and no annotated tube.
class VideoMapEvaluator {
 public:
  // An error if there is no class, an id occurs twice, or an option is out of range.
  static absl::StatusOr<VideoMapEvaluator> Create(VideoMapOptions options);

  // Rows of one video, class and person_id are one tube; the key frame is the number of a frame. A frame
  // inside a tube that has no box gets one on the line between its neighbours.
  void AddGroundTruth(const formats::RowBlock& block);
  void AddDetections(const formats::RowBlock& block);

  // An error that names video and tube if an annotated tube has two boxes in a frame.
  absl::StatusOr<VideoMapResult> Compute() const;

  const VideoMapOptions& options() const { return options_; }

 private:
  struct PerClass {
    std::map<int64_t, std::vector<FrameBox>> annotated;  // by tube
    std::vector<FrameBox> detected;
  };
  struct LinkedVideo;  // the tubes of one video
  explicit VideoMapEvaluator(VideoMapOptions options) : options_(std::move(options)) {}
  template <typename Put>
  void Add(const formats::RowBlock& block, const Put& put);
  LinkedVideo LinkVideo(int number, const std::string& name, const std::map<int, PerClass>& classes) const;
  absl::StatusOr<std::vector<LinkedVideo>> LinkVideos() const;

  VideoMapOptions options_;
  std::map<int, int> class_index_;
  std::map<std::string, std::map<int, PerClass>> videos_;  // by class index
};

// A table of classes and thresholds, and the counts that explain it.
std::string ToText(const VideoMapResult& result);
// {"video_map": {"0.2": .., "0.5": .., "0.75": .., "0.5:0.95": ..}, "per_class": {..}, "num_gt_tubes", ..}
std::string ToJson(const VideoMapResult& result);

}  // namespace mrsn::eval

#endif  // MRSN_EVAL_TUBES_VIDEO_MAP_H_
