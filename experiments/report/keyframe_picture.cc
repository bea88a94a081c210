#include "experiments/report/keyframe_picture.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "experiments/report/clean_text.h"

namespace mrsn::experiments {
namespace {

// On a photograph, whatever the page's colours are.
constexpr char kAnnotated[] = "#3ddc68", kFound[] = "#ffa02e";
constexpr double kInset = 1.5;  // boxes at the frame's border keep their whole line
constexpr int kPlateHeight = 17, kLetterWidth = 9;

std::string Escaped(const std::string& text) {
  return absl::StrReplaceAll(CleanText(text),
                             {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}, {"\"", "&quot;"}});
}

double Place(float value, int size) {
  const double pixels = std::isfinite(value) ? static_cast<double>(value) * size : 0;
  return std::clamp(pixels, kInset, std::max(kInset, size - kInset));
}

void AppendBox(const MarkedBox& marked, bool annotated, const KeyframeImage& image, std::string* svg) {
  const char* colour = annotated ? kAnnotated : kFound;
  const double left = Place(marked.box.x1, image.width), right = Place(marked.box.x2, image.width);
  const double top = Place(marked.box.y1, image.height), bottom = Place(marked.box.y2, image.height);
  const std::string corners =
      absl::StrFormat("<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"none\"", left, top,
                      std::max(0.0, right - left), std::max(0.0, bottom - top));
  // A dark line below the coloured one is seen on bright frames.
  absl::StrAppend(svg, corners, " stroke=\"#000\" stroke-opacity=\"0.55\" stroke-width=\"4\"/>\n", corners,
                  " stroke=\"", colour, "\" stroke-width=\"2\"", annotated ? "" : " stroke-dasharray=\"7 5\"",
                  "/>\n");
  if (marked.mark.empty()) return;
  const int width = kLetterWidth * static_cast<int>(marked.mark.size()) + 6;
  const double x = std::clamp<double>(annotated ? left : right - width, 0, image.width - width);
  const double y =
      std::clamp<double>(annotated ? top : bottom - kPlateHeight, 0, image.height - kPlateHeight);
  absl::StrAppendFormat(svg,
                        "<rect x=\"%.1f\" y=\"%.1f\" width=\"%d\" height=\"%d\" fill=\"%s\"/>\n"
                        "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\" font-size=\"14\" "
                        "font-family=\"sans-serif\" font-weight=\"bold\" fill=\"#000\">%s</text>\n",
                        x, y, width, kPlateHeight, colour, x + width / 2.0, y + 13.5, Escaped(marked.mark));
}

}  // namespace

std::string DrawKeyframe(const KeyframeImage& image, const std::vector<MarkedBox>& annotated,
                         const std::vector<MarkedBox>& found, const std::string& description) {
  std::string svg = absl::StrFormat(
      "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s\">\n"
      "<image width=\"%d\" height=\"%d\" preserveAspectRatio=\"none\" href=\"data:image/jpeg;base64,%s\"/>\n",
      image.width, image.height, Escaped(description), image.width, image.height,
      absl::Base64Escape(image.jpeg));
  for (const MarkedBox& box : annotated) AppendBox(box, true, image, &svg);
  for (const MarkedBox& box : found) AppendBox(box, false, image, &svg);
  return svg + "</svg>";
}

}  // namespace mrsn::experiments
