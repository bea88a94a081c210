// Person boxes out of the output tensors of YOLO detectors, and their input images.
#ifndef MRSN_DATASETS_PERSONS_YOLO_OUTPUTS_H_
#define MRSN_DATASETS_PERSONS_YOLO_OUTPUTS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "opencv2/core.hpp"

namespace mrsn::datasets {

// How a network writes its A boxes of C classes. Cells are those of strides 8, 16 and 32 over the input, the
// finest first, each level row by row.
enum class YoloLayout {
  // [1, A, 5 + C], one box a cell: dx, dy (of the cell's corner, in cells), log width, log height (in cells),
  // objectness, C scores. Some files hold decoded boxes instead: centre and size in pixels. Input: BGR
  // 0..255,
  // the frame at the upper left, 114 elsewhere (YOLOX).
  kYolox,
  // [1, A, 5 + C], three boxes a cell: centre and size in pixels, objectness, C scores. Input: RGB 0..1, the
  // frame in the middle (YOLOv5).
  kYoloV5,
  // [1, 4 + C, A], one box a cell: centre and size in pixels, C scores. Input as YOLOv5 (YOLOv8).
  kYoloV8,
};
std::string YoloLayoutName(YoloLayout layout);  // "YOLOX", "YOLOv5", "YOLOv8"

// The layout that fits an output's shape, for an input of `input` pixels. The error names the shape and what
// the layouts would have.
absl::StatusOr<YoloLayout> LayoutOfShape(const std::vector<int>& shape, cv::Size input);

// Where a frame lies in the network's input: input pixel = frame pixel * scale + (left, top).
struct Letterbox {
  double scale = 1;
  int left = 0, top = 0;
  cv::Size frame;
};

// The network's input [1, 3, height, width] in float for a BGR frame, as `layout` wants it.
cv::Mat MakeYoloInput(const cv::Mat& bgr, YoloLayout layout, cv::Size input, Letterbox* letterbox);

// A box in pixels of the network's input.
struct ScoredRect {
  cv::Rect2d rect;
  float score = 0;  // objectness times the person's score; YOLOv8: the person's score
};

// The persons of an output of `layout`: boxes whose best class is `person_class` and whose score is above
// `min_score`. Boxes that are not finite are left out. Nothing is suppressed yet.
std::vector<ScoredRect> DecodePersons(const cv::Mat& output, YoloLayout layout, cv::Size input,
                                      int person_class, float min_score);

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_PERSONS_YOLO_OUTPUTS_H_
