// Finds the persons of a frame: with a YOLO network of the user's, or with OpenCV's own HOG detector.
#ifndef MRSN_DATASETS_PERSONS_PERSON_DETECTOR_H_
#define MRSN_DATASETS_PERSONS_PERSON_DETECTOR_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "opencv2/core.hpp"
#include "ops/base/box.h"

namespace mrsn::datasets {

struct PersonDetectorOptions {
  float min_score = 0.1;  // in [0,1]; boxes above it are kept
  float nms_iou = 0.45;   // of two boxes with a higher IoU, the one with the lower score is dropped
  int person_class = 0;   // of the network; COCO's person is 0
  cv::Size input;         // of the network, for files that leave it open; {0,0} = as the file says
};

struct PersonBox {
  Box box;          // normalised, inside the frame
  float score = 0;  // in [0,1]
};

// One object for each thread.
class PersonDetector {
 public:
  virtual ~PersonDetector() = default;
  // `bgr`: 8-bit, three channels. The persons, highest score first; equal frames give equal boxes.
  virtual absl::StatusOr<std::vector<PersonBox>> Detect(const cv::Mat& bgr) = 0;
  virtual std::string Name() const = 0;  // for messages: "YOLOX, yolox_nano.onnx, 416x416"
};

// The layout (yolo_outputs.h) is recognised by the shape of the output of the first frame. Errors name the
// file: not readable, no ONNX model, operators that OpenCV lacks, an input size that is neither in the
// file nor in the options, and (from Detect) outputs of an unknown shape.
absl::StatusOr<std::unique_ptr<PersonDetector>> MakeOnnxPersonDetector(const std::string& path,
                                                                       const PersonDetectorOptions& options);

// Needs no file, finds upright persons of 96 pixels' height and more, and misses many. The score is the
// logistic function of the SVM's margin, no probability.
std::unique_ptr<PersonDetector> MakeHogPersonDetector(const PersonDetectorOptions& options);

// Non-maximum suppression, and boxes in pixels of the frame cut at its borders and normalised.
std::vector<PersonBox> SuppressAndNormalise(const std::vector<cv::Rect2d>& rects,
                                            const std::vector<float>& scores, cv::Size frame,
                                            const PersonDetectorOptions& options);

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_PERSONS_PERSON_DETECTOR_H_
