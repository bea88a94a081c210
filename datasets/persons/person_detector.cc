#include "datasets/persons/person_detector.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "datasets/persons/onnx_input.h"
#include "datasets/persons/yolo_outputs.h"
#include "opencv2/dnn.hpp"
#include "opencv2/imgproc.hpp"
#include "opencv2/objdetect.hpp"
#include "ops/base/file.h"
#include "ops/base/status_macros.h"

namespace mrsn::datasets {
namespace {

std::vector<int> ShapeOf(const cv::Mat& tensor) {
  return std::vector<int>(tensor.size.p, tensor.size.p + tensor.dims);
}

class OnnxPersonDetector : public PersonDetector {
 public:
  OnnxPersonDetector(std::string path, cv::dnn::Net net, cv::Size input, PersonDetectorOptions options)
      : path_(std::move(path)), net_(std::move(net)), input_(input), options_(std::move(options)) {}

  absl::StatusOr<std::vector<PersonBox>> Detect(const cv::Mat& bgr) override {
    try {
      if (!layout_.has_value()) {
        MRSN_RETURN_IF_ERROR(Recognise(bgr.size()));
      }
      Letterbox letterbox;
      net_.setInput(MakeYoloInput(bgr, *layout_, input_, &letterbox));
      const cv::Mat output = net_.forward(output_);
      const int classes = *layout_ == YoloLayout::kYoloV8 ? output.size[1] - 4 : output.size[2] - 5;
      if (options_.person_class >= classes) {
        return absl::InvalidArgumentError(absl::StrCat(path_, ": the person's class is ",
                                                       options_.person_class, ", the network has ", classes,
                                                       " classes"));
      }
      std::vector<cv::Rect2d> rects;
      std::vector<float> scores;
      for (const ScoredRect& person :
           DecodePersons(output, *layout_, input_, options_.person_class, options_.min_score)) {
        const cv::Rect2d& rect = person.rect;
        rects.emplace_back((rect.x - letterbox.left) / letterbox.scale,
                           (rect.y - letterbox.top) / letterbox.scale, rect.width / letterbox.scale,
                           rect.height / letterbox.scale);
        scores.push_back(person.score);
      }
      return SuppressAndNormalise(rects, scores, bgr.size(), options_);
    } catch (const cv::Exception& error) {
      return absl::InvalidArgumentError(absl::StrCat(path_, ": ", error.err));
    }
  }

  std::string Name() const override {
    return absl::StrCat(layout_.has_value() ? YoloLayoutName(*layout_) : "ONNX", ", ",
                        std::filesystem::path(path_).filename().string(), ", ", input_.width, "x",
                        input_.height);
  }

 private:
  // Finds the output that has one of the layouts, with a grey frame.
  absl::Status Recognise(cv::Size frame) {
    Letterbox ignored;
    net_.setInput(
        MakeYoloInput(cv::Mat(frame, CV_8UC3, cv::Scalar::all(114)), YoloLayout::kYolox, input_, &ignored));
    const std::vector<cv::String> names = net_.getUnconnectedOutLayersNames();
    std::vector<cv::Mat> outputs;
    net_.forward(outputs, names);
    absl::Status error = absl::InvalidArgumentError("it has no output");
    for (size_t i = 0; i < outputs.size(); ++i) {
      const absl::StatusOr<YoloLayout> layout = LayoutOfShape(ShapeOf(outputs[i]), input_);
      if (layout.ok()) {
        layout_ = *layout;
        output_ = names[i];
        return absl::OkStatus();
      }
      error = layout.status();
    }
    return absl::InvalidArgumentError(absl::StrCat(path_, ": ", error.message()));
  }

  const std::string path_;
  cv::dnn::Net net_;
  const cv::Size input_;
  const PersonDetectorOptions options_;
  std::optional<YoloLayout> layout_;
  cv::String output_;
};

class HogPersonDetector : public PersonDetector {
 public:
  explicit HogPersonDetector(PersonDetectorOptions options) : options_(std::move(options)) {
    hog_.setSVMDetector(cv::HOGDescriptor::getDefaultPeopleDetector());
  }

  absl::StatusOr<std::vector<PersonBox>> Detect(const cv::Mat& bgr) override {
    // The window is 64x128; smaller frames are enlarged so that it fits.
    const double scale = std::max({1.0, 64.0 / bgr.cols, 128.0 / bgr.rows});
    std::vector<cv::Rect> found;
    std::vector<double> margins;
    try {
      cv::Mat frame = bgr;
      if (scale > 1) cv::resize(bgr, frame, cv::Size(), scale, scale, cv::INTER_LINEAR);
      hog_.detectMultiScale(frame, found, margins, /*hitThreshold=*/0, /*winStride=*/{8, 8},
                            /*padding=*/{16, 16}, /*scale=*/1.05, /*groupThreshold=*/0);
    } catch (const cv::Exception& error) {
      return absl::InvalidArgumentError(absl::StrCat("HOG: ", error.err));
    }
    std::vector<cv::Rect2d> rects;
    std::vector<float> scores;
    for (size_t i = 0; i < found.size(); ++i) {
      // The window has background around the person; OpenCV's example peopledetect.cpp cuts as much off.
      const cv::Rect& window = found[i];
      rects.emplace_back((window.x + 0.1 * window.width) / scale, (window.y + 0.07 * window.height) / scale,
                         0.8 * window.width / scale, 0.8 * window.height / scale);
      scores.push_back(static_cast<float>(1 / (1 + std::exp(-margins[i]))));
    }
    return SuppressAndNormalise(rects, scores, bgr.size(), options_);
  }

  std::string Name() const override { return "HOG"; }

 private:
  cv::HOGDescriptor hog_;
  const PersonDetectorOptions options_;
};

}  // namespace

std::vector<PersonBox> SuppressAndNormalise(const std::vector<cv::Rect2d>& rects,
                                            const std::vector<float>& scores, cv::Size frame,
                                            const PersonDetectorOptions& options) {
  std::vector<int> kept;
  cv::dnn::NMSBoxes(rects, scores, options.min_score, options.nms_iou, kept);
  std::vector<PersonBox> persons;
  for (const int i : kept) {
    const auto cut = [](double value, int most) {
      return static_cast<float>(std::clamp(value / most, 0.0, 1.0));
    };
    PersonBox person;
    person.box = {cut(rects[i].x, frame.width), cut(rects[i].y, frame.height),
                  cut(rects[i].x + rects[i].width, frame.width),
                  cut(rects[i].y + rects[i].height, frame.height)};
    person.score = std::min(scores[i], 1.0f);
    if (person.box.Valid()) persons.push_back(person);
  }
  return persons;
}

absl::StatusOr<std::unique_ptr<PersonDetector>> MakeOnnxPersonDetector(const std::string& path,
                                                                       const PersonDetectorOptions& options) {
  MRSN_ASSIGN_OR_RETURN(const std::string bytes, ReadFile(path));
  MRSN_ASSIGN_OR_RETURN(cv::Size input, OnnxInputSize(bytes, path));
  const auto choose = [](int in_file, int wanted) { return in_file > 0 ? in_file : wanted; };
  if ((input.width > 0 && options.input.width > 0 && input.width != options.input.width) ||
      (input.height > 0 && options.input.height > 0 && input.height != options.input.height)) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": its input is ", input.width, "x", input.height,
                                                   ", not ", options.input.width, "x", options.input.height));
  }
  input = {choose(input.width, options.input.width), choose(input.height, options.input.height)};
  if (input.width <= 0 || input.height <= 0) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": the file does not say the size of its input; it has to be given"));
  }
  try {
    cv::dnn::Net net = cv::dnn::readNetFromONNX(bytes.data(), bytes.size());
    if (net.empty()) return absl::InvalidArgumentError(absl::StrCat(path, ": an empty network"));
    net.setPreferableBackend(cv::dnn::DNN_BACKEND_OPENCV);
    net.setPreferableTarget(cv::dnn::DNN_TARGET_CPU);
    return std::make_unique<OnnxPersonDetector>(path, std::move(net), input, options);
  } catch (const cv::Exception& error) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": OpenCV cannot read this network: ", error.err));
  }
}

std::unique_ptr<PersonDetector> MakeHogPersonDetector(const PersonDetectorOptions& options) {
  return std::make_unique<HogPersonDetector>(options);
}

}  // namespace mrsn::datasets
