// A page of HTML that shows clips with their boxes, labels and scores.
#ifndef MRSN_DATASETS_PREVIEW_PREVIEW_PAGE_H_
#define MRSN_DATASETS_PREVIEW_PREVIEW_PAGE_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "ops/base/box.h"

namespace mrsn::datasets {

struct PreviewBox {
  Box box;                          // normalised to the frame
  std::vector<std::string> labels;  // of annotated boxes
  double score = 1;                 // of detected boxes
};

struct PreviewClip {
  std::string video, keyframe;  // "v_1", "second 902"
  std::string jpeg;             // bytes of the key frame's image; empty if it cannot be read
  int width = 0, height = 0;    // of the image
  std::string fault;            // why there is no image
  std::vector<std::pair<std::string, std::string>> around;  // captions ("-1 s") and bytes of small images
  std::vector<PreviewBox> annotated, detected;
};

struct PreviewPage {
  std::string root, split;
  int64_t keyframes = 0;    // that the clips were drawn from
  bool has_boxes = false;   // whether the data set has a list of detected boxes
  double threshold = 0.85;  // detected boxes above it are shown at first
  std::vector<PreviewClip> clips;
};

// The page, complete in one file: it loads nothing. Names are escaped, whatever they hold. The page has
// filters by class and video, and switches for the two kinds of boxes; without JavaScript everything is
// shown.
std::string PreviewHtml(const PreviewPage& page);

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_PREVIEW_PREVIEW_PAGE_H_
