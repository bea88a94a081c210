#include "experiments/detect/contact_sheet.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_format.h"
#include "opencv2/imgproc.hpp"

namespace mrsn::experiments {
namespace {

constexpr double kCellArea = 400 * 300;
constexpr double kSheetAspect = 1.6;  // width to height
constexpr int kGap = 6, kTitleHeight = 14, kLeastWidth = 640;
const cv::Scalar kPaper(32, 30, 28), kTimePlate(20, 20, 20);

std::string Clock(double seconds) {
  const auto whole = static_cast<int64_t>(seconds);
  if (whole >= 3600) return absl::StrFormat("%d:%02d:%02d", whole / 3600, whole / 60 % 60, whole % 60);
  const auto tenths = static_cast<int64_t>((seconds - static_cast<double>(whole)) * 10 + 1e-6);
  return absl::StrFormat("%d:%02d", whole / 60, whole % 60) +
         (tenths > 0 ? absl::StrFormat(".%d", tenths) : "");
}

}  // namespace

std::vector<size_t> SheetKeyframes(const DetectedVideo& video, size_t most) {
  std::vector<size_t> all, with_persons;
  for (size_t i = 0; i < video.keyframes.size(); ++i) {
    all.push_back(i);
    if (!video.keyframes[i].persons.empty()) with_persons.push_back(i);
  }
  const std::vector<size_t>& from = with_persons.empty() ? all : with_persons;
  if (from.size() <= most) return from;
  std::vector<size_t> chosen;
  for (size_t i = 0; i < most; ++i) chosen.push_back(from[(2 * i + 1) * from.size() / (2 * most)]);
  return chosen;
}

cv::Mat SheetCell(const cv::Mat& picture, const std::vector<DrawnPerson>& persons, double seconds) {
  const double scale = std::sqrt(kCellArea / picture.cols / picture.rows);
  const cv::Size size(std::max(1, static_cast<int>(std::lround(scale * picture.cols))),
                      std::max(1, static_cast<int>(std::lround(scale * picture.rows))));
  cv::Mat cell;
  cv::resize(picture, cell, size, 0, 0, scale < 1 ? cv::INTER_AREA : cv::INTER_CUBIC);
  DrawPersons(persons, &cell);
  const std::string time = Clock(seconds);
  const cv::Size plate = PlateSize(time, TextHeight(cell.rows));
  DrawPlate(time, {0, cell.rows - plate.height}, TextHeight(cell.rows), kTimePlate, &cell);
  return cell;
}

cv::Mat ContactSheet(const std::vector<cv::Mat>& cells, const std::string& title) {
  const cv::Size cell = cells.empty() ? cv::Size() : cells[0].size();
  const auto count = static_cast<int>(cells.size());
  int columns = 0, rows = 0;
  if (count > 0) {
    const double ideal = std::sqrt(kSheetAspect * count * cell.height / cell.width);
    columns = std::clamp(static_cast<int>(std::ceil(ideal)), 1, count);
    rows = (count + columns - 1) / columns;
  }
  const int top = PlateSize(title, kTitleHeight).height + 2 * kGap;
  const int width = std::max(kLeastWidth, columns * (cell.width + kGap) + kGap);
  cv::Mat sheet(top + rows * (cell.height + kGap), width, CV_8UC3, kPaper);
  DrawPlate(title, {kGap, kGap}, kTitleHeight, kPaper, &sheet);
  for (int i = 0; i < count; ++i) {
    const cv::Point at(kGap + i % columns * (cell.width + kGap), top + i / columns * (cell.height + kGap));
    cells[i].copyTo(sheet(cv::Rect(at, cell)));
  }
  return sheet;
}

}  // namespace mrsn::experiments
