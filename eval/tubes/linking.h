// Links the detections of single frames into tubes, one class and video at a time, incrementally as the ACT
// detector does (Kalogeiton et al., Action Tubelet Detector, ICCV 2017, Section 3.3; MOC does the same).
#ifndef MRSN_EVAL_TUBES_LINKING_H_
#define MRSN_EVAL_TUBES_LINKING_H_

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "eval/tubes/tube.h"
#include "ops/formats/annotation_box.h"

namespace mrsn::eval {

// The defaults are those of ACT's public code.
struct LinkingOptions {
  double frame_nms = 0.3;  // in (0,1]: of two boxes of a frame with a greater overlap the better one stays
  bool soft_nms = false;   // ... and the other one stays, too, with its score times (1 - overlap): MOC
  int boxes_per_frame = 10;
  double link_overlap = 0.2;  // a box continues a tube whose last box it overlaps at least this much
  int end_after = 5;          // a tube ends that many frames after its last box, if none continues it
  double min_score = 0.01;    // tubes whose boxes have a smaller mean score are left out
  int min_length = 15;        // so are tubes of fewer frames
  double tube_nms = 0.3;      // of two tubes of a class with a greater TubeOverlap the better one stays
};

// "act": ACT's public code; "moc": MOC's, for detections of single frames (K = 1).
absl::StatusOr<LinkingOptions> LinkingOptionsOf(absl::string_view name);
// An error names the option that is out of range.
absl::Status Validate(const LinkingOptions& options);

struct FrameBox {
  int64_t frame = 1;
  formats::BoxD box;  // pixels
  double score = 1;
};

struct LinkedTubes {
  std::vector<Tube> tubes;                               // after tube_nms, descending score
  int64_t low_score = 0, too_short = 0, suppressed = 0;  // left out, in this order of the rules
};

// `boxes` are those of one class in one video, in any order. In each frame, tubes choose in the order of
// their mean score: among the boxes that overlap a tube's last box enough the one with the greatest score.
// Boxes that no tube chooses begin tubes. Frames of a tube without a box of their own (only if end_after > 1)
// get one on the straight line between their neighbours; the public code, which links tubelets of several
// frames, has no such frames. Coordinates of tubes are rounded to float, as there. Equal scores: file order.
LinkedTubes LinkBoxes(std::vector<FrameBox> boxes, const LinkingOptions& options);

}  // namespace mrsn::eval

#endif  // MRSN_EVAL_TUBES_LINKING_H_
