// Pictures of gnuplot for a page that has a light and a dark form.
#ifndef MRSN_OPS_PLOT_THEMED_SVG_H_
#define MRSN_OPS_PLOT_THEMED_SVG_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace mrsn {

// A colour of a gnuplot program that the page chooses: `lc rgb PageColour(3)` becomes var(--c3) in the SVG.
// `index` is 1 to 99. Black, gnuplot's own colour of axes and texts, becomes currentColor.
std::string PageColour(int index);

struct SvgOptions {
  std::string id;           // letters and digits; differs from the other pictures of the page
  std::string description;  // read out where the picture is not seen
  int width = 520;          // of the viewBox; the page sets the shown size
  int height = 340;
};

// An <svg> element to stand inside an HTML page, drawn by a gnuplot program without `set terminal` and
// `set output`. It names no address, and its ids begin with options.id. Errors as RunGnuplot.
absl::StatusOr<std::string> DrawThemedSvg(absl::string_view program, const SvgOptions& options);

}  // namespace mrsn

#endif  // MRSN_OPS_PLOT_THEMED_SVG_H_
