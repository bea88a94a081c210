#include "experiments/report/figures.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "experiments/report/clean_text.h"
#include "ops/plot/gnuplot.h"
#include "ops/plot/themed_svg.h"

namespace mrsn::experiments {
namespace {

// Indices of the page's colours (page.css): 1 to 8 lines and bars, 11 to 18 the same but pale, then grey
// ones.
constexpr int kColours = 8, kPale = 10, kGrid = 20, kAxis = 21, kBefore = 22;
constexpr int kBlue = 1, kGreen = 3, kRed = 4;
constexpr int kWidth = 440;
constexpr int kLabelCharacters = 24;
constexpr char kErrorBars[] = "1:2:3:4 with xerrorbars pt 0 ps 0 lw 1.5";

std::string Label(const std::string& text) { return GnuplotQuote(Shortened(text, kLabelCharacters)); }

std::string Common(const FigureText& text) {
  return absl::StrCat("set border 1 lc rgb ", PageColour(kAxis), "\nset tics nomirror scale 0.5\nset xlabel ",
                      GnuplotQuote(CleanText(text.axis)), "\nset grid xtics lt 1 lw 0.5 lc rgb ",
                      PageColour(kGrid), "\n");
}

// Lines from top to bottom, each with its label.
template <typename Lines>
std::string LabelsOfLines(const Lines& lines) {
  std::string script = absl::StrCat("set yrange [", lines.size() - 0.4, ":-0.6]\nset ytics scale 0 (");
  for (size_t i = 0; i < lines.size(); ++i) {
    absl::StrAppend(&script, i == 0 ? "" : ", ", Label(lines[i].label), " ", i);
  }
  return absl::StrCat(script, ")\n");
}

SvgOptions SvgOf(const FigureText& text, int height) {
  SvgOptions options;
  options.id = text.id;
  options.description = CleanText(text.description);
  options.width = kWidth;
  options.height = height;
  return options;
}

// One line alone is still a picture, also where a phone shows it.
int HeightOfLines(size_t lines, int each) { return std::max(104, 62 + each * static_cast<int>(lines)); }

// Named data and the plots of it. gnuplot crashes on labels of data without points, hence data without lines
// are left out with their plots.
class Layers {
 public:
  // `plots` read the data as $<name>.
  void Add(const std::string& name, const std::string& lines, const std::vector<std::string>& plots) {
    if (lines.empty()) return;
    absl::StrAppend(&data_, "$", name, " << EOD\n", lines, "EOD\n");
    for (const std::string& plot : plots) {
      absl::StrAppend(&plots_, plots_.empty() ? "plot $" : ", $", name, " using ", plot);
    }
  }
  std::string Script() const { return absl::StrCat(data_, plots_.empty() ? "plot NaN notitle" : plots_); }

 private:
  std::string data_, plots_;
};

std::string Coloured(int colour) { return absl::StrCat(" lc rgb ", PageColour(colour)); }

}  // namespace

absl::StatusOr<std::string> DrawBars(const FigureText& text, const std::vector<Bar>& bars) {
  std::string values, errors, none;
  double longest = 0;
  for (size_t i = 0; i < bars.size(); ++i) {
    if (!bars[i].value) {
      absl::StrAppend(&none, "0 ", i, "\n");
      continue;
    }
    const double value = *bars[i].value;
    const double end = bars[i].interval ? std::max(bars[i].interval->second, value) : value;
    absl::StrAppendFormat(&values, "%.6g %d %.6g %.2f\n", value, i, end, value);
    if (bars[i].interval) {
      absl::StrAppendFormat(&errors, "%.6g %d %.6g %.6g\n", value, i, bars[i].interval->first,
                            bars[i].interval->second);
    }
    longest = std::max(longest, end);
  }
  Layers layers;
  layers.Add(
      "values", values,
      {absl::StrCat("(0):2:(0):1:($2-0.32):($2+0.32) with boxxyerror", Coloured(kPale + kBlue), " notitle")});
  layers.Add("errors", errors, {absl::StrCat(kErrorBars, Coloured(kBlue), " notitle")});
  // Numbers stand above bars and error bars.
  layers.Add("numbers", values, {"3:2:4 with labels left offset 0.8,0 notitle"});
  layers.Add("none", none, {"1:2:('not run') with labels left offset 0.5,0 notitle"});
  const std::string script =
      absl::StrCat(Common(text), LabelsOfLines(bars), "set xrange [0:", longest > 0 ? 1.18 * longest : 1,
                   "]\nset style fill solid 1 noborder\n", layers.Script());
  return DrawThemedSvg(script, SvgOf(text, HeightOfLines(bars.size(), 26)));
}

absl::StatusOr<std::string> DrawStacks(const FigureText& text, const std::vector<std::string>& names,
                                       const std::vector<Stack>& stacks) {
  Layers layers;
  double longest = 0;
  std::vector<double> ends(stacks.size(), 0);
  for (size_t p = 0; p < names.size(); ++p) {
    std::string lines;
    for (size_t i = 0; i < stacks.size(); ++i) {
      const double begin = ends[i];
      ends[i] += stacks[i].parts[p];
      absl::StrAppendFormat(&lines, "%.6g %d %.6g\n", begin, i, ends[i]);
      longest = std::max(longest, ends[i]);
    }
    layers.Add(absl::StrCat("part", p), lines,
               {absl::StrCat("1:2:1:3:($2-0.32):($2+0.32) with boxxyerror",
                             Coloured(static_cast<int>(p % kColours) + 1), " title ", Label(names[p]))});
  }
  // Above the bars: below them it would cover the axis where the bars are few.
  const int legend = 18 * static_cast<int>((names.size() + 1) / 2) + 18;
  const std::string script = absl::StrCat(
      Common(text), LabelsOfLines(stacks), "set xrange [0:", longest > 0 ? longest : 1,
      "]\nset style fill solid 1 noborder\nset key outside top center horizontal maxcols 2 samplen 1\n",
      layers.Script());
  return DrawThemedSvg(script, SvgOf(text, HeightOfLines(stacks.size(), 26) + legend));
}

absl::StatusOr<std::string> DrawDifferences(const FigureText& text, const std::vector<Bar>& differences) {
  std::string points, errors;
  double low = 0, high = 0;
  for (size_t i = 0; i < differences.size(); ++i) {
    if (!differences[i].value) continue;
    const double value = *differences[i].value;
    const auto ends = differences[i].interval.value_or(std::pair(value, value));
    absl::StrAppendFormat(&points, "%.6g %d %.6g %+.2f\n", value, i, ends.second, value);
    if (differences[i].interval) {
      absl::StrAppendFormat(&errors, "%.6g %d %.6g %.6g\n", value, i, ends.first, ends.second);
    }
    low = std::min(low, ends.first);
    high = std::max(high, ends.second);
  }
  const double span = std::max(high - low, 1e-3);
  Layers layers;
  layers.Add("errors", errors, {absl::StrCat(kErrorBars, Coloured(kBlue), " notitle")});
  layers.Add("points", points,
             {absl::StrCat("1:2 with points pt 7 ps 0.7", Coloured(kBlue), " notitle"),
              "3:2:4 with labels left offset 0.8,0 notitle"});
  const std::string script =
      absl::StrCat(Common(text), LabelsOfLines(differences), "set xrange [", low - 0.05 * span, ":",
                   high + 0.2 * span, "]\nset arrow 1 from first 0, graph 0 to first 0, graph 1 nohead lw 1",
                   Coloured(kAxis), "\n", layers.Script());
  return DrawThemedSvg(script, SvgOf(text, HeightOfLines(differences.size(), 26)));
}

absl::StatusOr<std::string> DrawChanges(const FigureText& text, const std::string& before,
                                        const std::string& after, const std::vector<Change>& changes) {
  std::string better, worse;
  double longest = 0;
  for (size_t i = 0; i < changes.size(); ++i) {
    const Change& change = changes[i];
    absl::StrAppendFormat(change.after >= change.before ? &better : &worse, "%.6g %d %.6g\n", change.before,
                          i, change.after);
    longest = std::max({longest, change.before, change.after});
  }
  const auto layer = [](int colour, const std::string& before_title, const std::string& after_title) {
    return std::vector<std::string>{
        absl::StrCat("1:2:($3-$1):(0) with vectors nohead lw 2", Coloured(kPale + colour), " notitle"),
        absl::StrCat("1:2 with points pt 7 ps 0.7", Coloured(kBefore), before_title),
        absl::StrCat("3:2 with points pt 7 ps 0.7", Coloured(colour), after_title)};
  };
  const auto title = [](const std::string& name, const char* more) {
    return absl::StrCat(" title ", GnuplotQuote(absl::StrCat(Shortened(name, kLabelCharacters), more)));
  };
  Layers layers;
  layers.Add("better", better, layer(kGreen, title(before, ""), title(after, ", better")));
  layers.Add("worse", worse,
             layer(kRed, better.empty() ? title(before, "") : " notitle", title(after, ", worse")));
  const std::string script =
      absl::StrCat(Common(text), LabelsOfLines(changes), "set xrange [0:", longest > 0 ? 1.05 * longest : 1,
                   "]\nset key below horizontal samplen 1\n", layers.Script());
  return DrawThemedSvg(script, SvgOf(text, HeightOfLines(changes.size(), 18) + 40));
}

absl::StatusOr<std::string> DrawBubbles(const FigureText& text, const std::string& y_axis,
                                        const std::vector<Bubble>& bubbles) {
  std::string data;
  double low_x = INFINITY, high_x = 0, low_y = INFINITY, high_y = 0, largest = 0;
  for (const Bubble& bubble : bubbles) {
    largest = std::max(largest, bubble.size);
    low_x = std::min(low_x, bubble.x), high_x = std::max(high_x, bubble.x);
    low_y = std::min(low_y, bubble.y), high_y = std::max(high_y, bubble.y);
  }
  for (size_t i = 0; i < bubbles.size(); ++i) {
    const double share = largest > 0 ? bubbles[i].size / largest : 0;
    absl::StrAppendFormat(&data, "%.6g %.6g %.3g %d %s\n", bubbles[i].x, bubbles[i].y,
                          1.6 + 3.4 * std::sqrt(share), i % kColours, bubbles[i].label);
  }
  const bool logarithmic = low_x > 0 && high_x > 20 * low_x;
  const double margin_y = std::max(0.12 * (high_y - low_y), 0.1);
  const double margin_x = std::max(0.1 * (high_x - low_x), 0.02 * high_x);
  const std::string range_x =
      logarithmic ? absl::StrFormat("[%g:%g]", low_x / 1.5, high_x * 1.5)
                  : absl::StrFormat("[%g:%g]", std::max(0.0, low_x - margin_x), high_x + margin_x);
  std::vector<std::string> plots;
  for (size_t colour = 0; colour < std::min<size_t>(kColours, bubbles.size()); ++colour) {
    plots.push_back(absl::StrCat("($4==", colour, "?$1:NaN):2:3 with points pt 7 ps variable",
                                 Coloured(kPale + 1 + static_cast<int>(colour)), " notitle"));
  }
  plots.push_back("1:2:5 with labels center notitle");
  Layers layers;
  layers.Add("bubbles", data, plots);
  const std::string script = absl::StrCat(
      Common(text), "set border 3\nset ylabel ", GnuplotQuote(CleanText(y_axis)),
      "\nset grid xtics ytics lt 1 lw 0.5", Coloured(kGrid), "\n", logarithmic ? "set logscale x\n" : "",
      "set xrange ", range_x, absl::StrFormat("\nset yrange [%g:%g]\n", low_y - margin_y, high_y + margin_y),
      layers.Script());
  return DrawThemedSvg(script, SvgOf(text, 330));
}

absl::StatusOr<std::string> DrawCurves(const FigureText& text, const CurveAxes& axes,
                                       const std::vector<Curve>& curves) {
  constexpr size_t kMaxPoints = 400;
  Layers layers;
  for (size_t c = 0; c < curves.size(); ++c) {
    const auto& points = curves[c].points;
    const size_t step = points.size() / kMaxPoints + 1;
    std::string lines;
    for (size_t i = 0; i < points.size(); ++i) {
      if (i % step != 0 && i + 1 != points.size()) continue;
      absl::StrAppendFormat(&lines, "%.6g %.6g\n", points[i].first, points[i].second);
    }
    // Eight colours, then the same ones dashed.
    layers.Add(
        absl::StrCat("c", c), lines,
        {absl::StrCat("1:2 with lines lw 1.5 dt ", c / kColours + 1,
                      Coloured(static_cast<int>(c % kColours) + 1), " title ", Label(curves[c].label))});
  }
  const int legend = 16 * static_cast<int>((curves.size() + 1) / 2);
  const std::string script =
      absl::StrCat(Common(text), "set border 3\nset ylabel ", GnuplotQuote(CleanText(axes.y_axis)),
                   "\nset grid xtics ytics lt 1 lw 0.5", Coloured(kGrid),
                   "\nset xlabel offset 0,0.6\nset key below vertical maxcols 2 samplen 2\n",
                   axes.unit_square ? "set xrange [0:1]\nset yrange [0:1.02]\n" : "",
                   axes.log_y ? "set logscale y\n" : "", layers.Script());
  return DrawThemedSvg(script, SvgOf(text, 280 + legend));
}

}  // namespace mrsn::experiments
