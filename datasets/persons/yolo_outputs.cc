#include "datasets/persons/yolo_outputs.h"

#include <algorithm>
#include <cmath>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "opencv2/dnn.hpp"
#include "opencv2/imgproc.hpp"

namespace mrsn::datasets {
namespace {

constexpr int kStrides[] = {8, 16, 32};
constexpr int kMostClasses = 10000;
constexpr double kGrey = 114;
// Raw YOLOX widths are logarithms of cells: above e^10 cells no box lies in any image. Decoded ones are
// pixels.
constexpr float kHighestLog = 10;

int64_t Cells(cv::Size input) {
  int64_t cells = 0;
  for (const int stride : kStrides) cells += int64_t{input.width / stride} * (input.height / stride);
  return cells;
}

// The numbers of one box: `stride` floats lie between them.
struct BoxNumbers {
  const float* first;
  int stride;
  float operator[](int i) const { return first[static_cast<int64_t>(i) * stride]; }
};

// The class with the highest score among `classes` numbers from `from` on; the first of equal ones.
int BestClass(const BoxNumbers& box, int from, int classes) {
  int best = 0;
  for (int c = 1; c < classes; ++c) {
    if (box[from + c] > box[from + best]) best = c;
  }
  return best;
}

// Adds a box given by its centre and size.
void Add(float x, float y, float width, float height, float score, std::vector<ScoredRect>* persons) {
  const bool usable = std::isfinite(x) && std::isfinite(y) && std::isfinite(score) && std::isfinite(width) &&
                      std::isfinite(height) && width > 0 && height > 0;
  if (usable) persons->push_back({{x - width / 2.0, y - height / 2.0, width, height}, score});
}

bool HoldsDecodedBoxes(const cv::Mat& rows) {
  double highest = 0;
  cv::minMaxLoc(rows.colRange(2, 4), nullptr, &highest);
  return highest > kHighestLog;
}

}  // namespace

std::string YoloLayoutName(YoloLayout layout) {
  switch (layout) {
    case YoloLayout::kYolox:
      return "YOLOX";
    case YoloLayout::kYoloV5:
      return "YOLOv5";
    case YoloLayout::kYoloV8:
      return "YOLOv8";
  }
  return "";
}

absl::StatusOr<YoloLayout> LayoutOfShape(const std::vector<int>& shape, cv::Size input) {
  const int64_t cells = Cells(input);
  if (shape.size() == 3 && shape[0] == 1 && cells > 0) {
    const auto has_classes = [](int64_t numbers, int others) {
      return numbers > others && numbers <= others + kMostClasses;
    };
    if (shape[1] == cells && has_classes(shape[2], 5)) return YoloLayout::kYolox;
    if (shape[1] == 3 * cells && has_classes(shape[2], 5)) return YoloLayout::kYoloV5;
    if (shape[2] == cells && has_classes(shape[1], 4)) return YoloLayout::kYoloV8;
  }
  return absl::InvalidArgumentError(absl::StrCat("an output of shape (", absl::StrJoin(shape, ","),
                                                 ") for an input of ", input.width, "x", input.height,
                                                 " is none of YOLOX (1,", cells, ",5+classes), YOLOv5 (1,",
                                                 3 * cells, ",5+classes), YOLOv8 (1,4+classes,", cells, ")"));
}

cv::Mat MakeYoloInput(const cv::Mat& bgr, YoloLayout layout, cv::Size input, Letterbox* letterbox) {
  const bool centred = layout != YoloLayout::kYolox;
  const double scale =
      std::min(static_cast<double>(input.width) / bgr.cols, static_cast<double>(input.height) / bgr.rows);
  // YOLOX cuts fractions of a pixel off, YOLOv5 rounds.
  const auto pixels = [&](int length, int most) {
    return std::clamp(
        static_cast<int>(centred ? std::round(length * scale) : std::floor(length * scale + 1e-9)), 1, most);
  };
  const cv::Size size(pixels(bgr.cols, input.width), pixels(bgr.rows, input.height));
  letterbox->scale = scale;
  letterbox->frame = bgr.size();
  letterbox->left = centred ? static_cast<int>(std::round((input.width - size.width) / 2.0 - 0.1)) : 0;
  letterbox->top = centred ? static_cast<int>(std::round((input.height - size.height) / 2.0 - 0.1)) : 0;
  cv::Mat canvas(input, CV_8UC3, cv::Scalar::all(kGrey));
  cv::resize(bgr, canvas(cv::Rect({letterbox->left, letterbox->top}, size)), size, 0, 0, cv::INTER_LINEAR);
  return cv::dnn::blobFromImage(canvas, centred ? 1 / 255.0 : 1.0, input, cv::Scalar(), /*swapRB=*/centred,
                                /*crop=*/false, CV_32F);
}

std::vector<ScoredRect> DecodePersons(const cv::Mat& output, YoloLayout layout, cv::Size input,
                                      int person_class, float min_score) {
  CV_Assert(output.dims == 3 && output.type() == CV_32F && output.isContinuous());
  const int rows = output.size[1], columns = output.size[2];
  const float* values = output.ptr<float>();
  std::vector<ScoredRect> persons;
  if (layout == YoloLayout::kYoloV8) {
    for (int i = 0; i < columns; ++i) {
      const BoxNumbers box{values + i, columns};
      if (BestClass(box, 4, rows - 4) != person_class || !(box[4 + person_class] > min_score)) continue;
      Add(box[0], box[1], box[2], box[3], box[4 + person_class], &persons);
    }
    return persons;
  }
  const auto box_of = [&](int64_t i) { return BoxNumbers{values + i * columns, 1}; };
  // The score, or 0 for a box of another class.
  const auto score_of = [&](const BoxNumbers& box) {
    return BestClass(box, 5, columns - 5) == person_class ? box[4] * box[5 + person_class] : 0;
  };
  const bool pixels = layout == YoloLayout::kYoloV5 ||
                      HoldsDecodedBoxes(cv::Mat(rows, columns, CV_32F, const_cast<float*>(values)));
  if (pixels) {
    for (int i = 0; i < rows; ++i) {
      const BoxNumbers box = box_of(i);
      if (const float score = score_of(box); score > min_score) {
        Add(box[0], box[1], box[2], box[3], score, &persons);
      }
    }
    return persons;
  }
  int64_t i = 0;
  for (const int stride : kStrides) {
    for (int y = 0; y < input.height / stride; ++y) {
      for (int x = 0; x < input.width / stride; ++x, ++i) {
        const BoxNumbers box = box_of(i);
        const float score = score_of(box);
        if (!(score > min_score)) continue;
        Add((box[0] + x) * stride, (box[1] + y) * stride, std::exp(box[2]) * stride,
            std::exp(box[3]) * stride, score, &persons);
      }
    }
  }
  return persons;
}

}  // namespace mrsn::datasets
