// The pictures of a report. Each takes its numbers and gives an <svg> element (ops/plot/themed_svg.h).
#ifndef MRSN_EXPERIMENTS_REPORT_FIGURES_H_
#define MRSN_EXPERIMENTS_REPORT_FIGURES_H_

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace mrsn::experiments {

// What every picture has: an id that differs from the others of the page, and a text for those who do not see
// it.
struct FigureText {
  std::string id;
  std::string description;
  std::string axis;  // under the values, with the unit
};

struct Bar {
  std::string label;
  std::optional<double> value;                        // none: the row says "not run"
  std::optional<std::pair<double, double>> interval;  // drawn as an error bar
};

// Horizontal bars from zero, in the given order from top to bottom, with their values.
absl::StatusOr<std::string> DrawBars(const FigureText& text, const std::vector<Bar>& bars);

// Horizontal differences: a point and its interval beside the line of zero.
absl::StatusOr<std::string> DrawDifferences(const FigureText& text, const std::vector<Bar>& differences);

struct Stack {
  std::string label;
  std::vector<double> parts;  // from zero on; one for each name
};

// Horizontal bars of parts side by side, in the given order from top to bottom, with a legend.
absl::StatusOr<std::string> DrawStacks(const FigureText& text, const std::vector<std::string>& names,
                                       const std::vector<Stack>& stacks);

struct Change {
  std::string label;
  double before = 0, after = 0;
};

// Two points and the way between them for each line; green to the right, red to the left.
absl::StatusOr<std::string> DrawChanges(const FigureText& text, const std::string& before,
                                        const std::string& after, const std::vector<Change>& changes);

struct Bubble {
  std::string label;  // one or two characters, in the middle
  double x = 0, y = 0;
  double size = 0;  // the area is proportional to it
};

// The x axis is logarithmic where the values of x differ by more than 20 times.
absl::StatusOr<std::string> DrawBubbles(const FigureText& text, const std::string& y_axis,
                                        const std::vector<Bubble>& bubbles);

struct Curve {
  std::string label;
  std::vector<std::pair<double, double>> points;  // in order of x
};

struct CurveAxes {
  std::string y_axis;
  bool unit_square = false;  // both axes from 0 to 1
  bool log_y = false;
};

absl::StatusOr<std::string> DrawCurves(const FigureText& text, const CurveAxes& axes,
                                       const std::vector<Curve>& curves);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_REPORT_FIGURES_H_
