#include "experiments/detect/drawing.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "opencv2/imgproc.hpp"

namespace mrsn::experiments {
namespace {

constexpr int kFont = cv::FONT_HERSHEY_SIMPLEX;
constexpr double kLetterHeight = 22;  // of the font's capitals at scale 1, in pixels
constexpr double kPlateOpacity = 0.82;

// How a text of a height is drawn.
struct Pen {
  explicit Pen(int text_height)
      : scale(text_height / kLetterHeight),
        thickness(std::max(1, static_cast<int>(std::lround(text_height / 11.0)))),
        margin(std::max(2, text_height / 4)),
        line(text_height + 2 * margin) {}

  int WidthOf(const std::string& text) const {
    int baseline = 0;
    return cv::getTextSize(text, kFont, scale, thickness, &baseline).width;
  }
  // At most `most` pixels wide.
  std::string Fitted(std::string text, int most) const {
    if (WidthOf(text) <= most) return text;
    while (!text.empty() && WidthOf(text + "..") > most) text.pop_back();
    return text + "..";
  }

  double scale;
  int thickness;
  int margin;  // around a text
  int line;    // from one line to the next
};

// Black or white, whichever is seen better.
cv::Scalar InkOn(const cv::Scalar& plate) {
  const double luma = 0.114 * plate[0] + 0.587 * plate[1] + 0.299 * plate[2];
  return luma > 128 ? cv::Scalar(0, 0, 0) : cv::Scalar(255, 255, 255);
}

void FillPlate(const cv::Rect& place, const cv::Scalar& colour, cv::Mat* bgr) {
  const cv::Rect inside = place & cv::Rect(0, 0, bgr->cols, bgr->rows);
  if (inside.empty()) return;
  cv::Mat part = (*bgr)(inside);
  const cv::Mat plate(part.size(), part.type(), colour);
  cv::addWeighted(plate, kPlateOpacity, part, 1 - kPlateOpacity, 0, part);
}

void DrawLines(const std::vector<std::string>& lines, const cv::Rect& place, const Pen& pen,
               const cv::Scalar& colour, cv::Mat* bgr) {
  FillPlate(place, colour, bgr);
  for (size_t i = 0; i < lines.size(); ++i) {
    const cv::Point base(place.x + pen.margin, place.y + pen.line * static_cast<int>(i + 1) - pen.margin);
    cv::putText(*bgr, lines[i], base, kFont, pen.scale, InkOn(colour), pen.thickness, cv::LINE_AA);
  }
}

// The box in whole pixels, at least one wide and high, as far as it lies in the picture.
cv::Rect PixelsOf(const Box& box, cv::Size picture) {
  const auto pixel = [](float value, int size) {
    const double place = std::isfinite(value) ? static_cast<double>(value) * size : 0;
    return static_cast<int>(std::lround(std::clamp(place, 0.0, static_cast<double>(size - 1))));
  };
  const int left = pixel(box.x1, picture.width), top = pixel(box.y1, picture.height);
  return {left, top, std::max(1, pixel(box.x2, picture.width) - left),
          std::max(1, pixel(box.y2, picture.height) - top)};
}

// Where a plate of `size` goes: above the box, within it at its top, below it, within it at its bottom; the
// first place in the picture that covers no plate, else the one that covers least of them.
cv::Rect PlaceFor(cv::Size size, const cv::Rect& box, const std::vector<cv::Rect>& plates, cv::Size picture) {
  const int left = std::clamp(box.x, 0, std::max(0, picture.width - size.width));
  const int most = std::max(0, picture.height - size.height);
  cv::Rect best;
  int64_t least = std::numeric_limits<int64_t>::max();
  for (const int wanted : {box.y - size.height, box.y, box.br().y, box.br().y - size.height}) {
    const cv::Rect place(left, std::clamp(wanted, 0, most), size.width, size.height);
    int64_t covered = std::abs(place.y - wanted);  // moved into the picture
    for (const cv::Rect& plate : plates) covered += int64_t{10} * (place & plate).area();
    if (covered >= least) continue;
    least = covered;
    best = place;
  }
  return best;
}

}  // namespace

int TextHeight(int picture_height) {
  return std::max(9, static_cast<int>(std::lround(picture_height / 40.0)));
}

cv::Scalar TrackColour(int track) {
  // Steps of the golden ratio around the circle of hues never come close to the last few.
  constexpr double kStep = 0.61803398875;
  const double hue = std::fmod(track * kStep, 1.0);
  cv::Mat colour(1, 1, CV_8UC3, cv::Scalar(hue * 180, track % 2 == 0 ? 150 : 215, 255));
  cv::cvtColor(colour, colour, cv::COLOR_HSV2BGR);
  const cv::Vec3b bgr = colour.at<cv::Vec3b>(0, 0);
  return {static_cast<double>(bgr[0]), static_cast<double>(bgr[1]), static_cast<double>(bgr[2])};
}

void DrawPersons(const std::vector<DrawnPerson>& persons, cv::Mat* bgr) {
  const Pen pen(TextHeight(bgr->rows));
  const int border = std::max(2, static_cast<int>(std::lround(TextHeight(bgr->rows) / 7.0)));
  std::vector<cv::Rect> boxes;
  for (const DrawnPerson& person : persons) {
    boxes.push_back(PixelsOf(person.box, bgr->size()));
    cv::rectangle(*bgr, boxes.back(), TrackColour(person.track), border, cv::LINE_8);
  }
  std::vector<cv::Rect> plates;
  for (size_t n = 0; n < persons.size(); ++n) {
    std::vector<std::string> lines;
    int width = 0;
    for (const std::string& line : persons[n].lines) {
      lines.push_back(pen.Fitted(line, bgr->cols - 2 * pen.margin));
      width = std::max(width, pen.WidthOf(lines.back()));
    }
    if (lines.empty()) continue;
    const cv::Size size(width + 2 * pen.margin, pen.line * static_cast<int>(lines.size()));
    plates.push_back(PlaceFor(size, boxes[n], plates, bgr->size()));
    DrawLines(lines, plates.back(), pen, TrackColour(persons[n].track), bgr);
  }
}

cv::Size PlateSize(const std::string& text, int text_height) {
  const Pen pen(text_height);
  return {pen.WidthOf(text) + 2 * pen.margin, pen.line};
}

void DrawPlate(const std::string& text, cv::Point at, int text_height, const cv::Scalar& plate,
               cv::Mat* bgr) {
  const Pen pen(text_height);
  const std::string fitted = pen.Fitted(text, bgr->cols - at.x - 2 * pen.margin);
  DrawLines({fitted}, cv::Rect(at, PlateSize(fitted, text_height)), pen, plate, bgr);
}

std::string ShortActionName(const std::string& name) {
  std::string kept;
  for (size_t i = 0; i < name.size(); ++i) {
    if (name.compare(i, 5, "(e.g.") == 0) {
      const size_t end = name.find(')', i);
      if (end == std::string::npos) break;
      i = end;
    } else if (name[i] != '(' && name[i] != ')') {
      kept += absl::ascii_isprint(name[i]) ? name[i] : '?';
    }
  }
  absl::RemoveExtraAsciiWhitespace(&kept);
  return kept;
}

}  // namespace mrsn::experiments
