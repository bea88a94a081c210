#include "eval/analysis/curves.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "eval/analysis/precision_recall.h"
#include "ops/base/file.h"
#include "ops/base/status_macros.h"
#include "ops/plot/gnuplot.h"

namespace mrsn::eval {
namespace {

// "recall precision" lines.
std::string Points(const ClassMatches& matched) {
  std::string points;
  for (const auto& [recall, precision] : PrecisionRecall(matched)) {
    absl::StrAppendFormat(&points, "%.5f %.5f\n", recall, precision);
  }
  return points.empty() ? "0 0\n" : points;
}

}  // namespace

std::string CurveScript(const FrameMapResult& result, const MatchedFrames& matched,
                        const std::string& folder) {
  std::string script =
      "set terminal svg size 640,480 noenhanced background rgb 'white'\n"
      "set xlabel 'recall'\nset ylabel 'precision'\nset xrange [0:1]\nset yrange [0:1.02]\nset grid\n";
  const std::string suffix =
      absl::StrCat(" (", ProtocolName(result.protocol), ", IoU ", result.iou_threshold, ")");
  std::vector<std::string> drawn;
  for (size_t i = 0; i < result.per_class.size(); ++i) {
    const ClassResult& c = result.per_class[i];
    if (c.num_gt == 0) continue;
    absl::StrAppend(
        &script, "$c", i, " << EOD\n", Points(matched.classes[i]), "EOD\n", "set output ",
        GnuplotQuote(absl::StrCat(folder, "/", c.id, ".svg")), "\nset title ",
        GnuplotQuote(absl::StrCat(c.name, absl::StrFormat(": AP %.2f", 100 * c.ap.value_or(0)), suffix)),
        "\nplot $c", i, " with lines linewidth 2 notitle\n");
    drawn.push_back(absl::StrCat("$c", i, " with lines title ", GnuplotQuote(c.name)));
  }
  if (drawn.empty()) return "";
  absl::StrAppend(
      &script,
      "set terminal svg size 1280,960 noenhanced background rgb 'white'\nset key outside font ',8'\n",
      "set output ", GnuplotQuote(folder + "/all.svg"), "\nset title ",
      GnuplotQuote(absl::StrCat("all classes: mAP ",
                                absl::StrFormat("%.2f", 100 * result.frame_map.value_or(0)), suffix)),
      "\nplot ");
  for (size_t i = 0; i < drawn.size(); ++i) absl::StrAppend(&script, i == 0 ? "" : ", ", drawn[i]);
  return script + "\nunset output\n";
}

absl::Status WriteCurves(const FrameMapResult& result, const MatchedFrames& matched,
                         const std::string& folder) {
  MRSN_RETURN_IF_ERROR(MakeFolders(folder));
  const std::string script = CurveScript(result, matched, folder);
  if (script.empty())
    return absl::FailedPreconditionError("no class has ground truth, so there is no curve to draw");
  // Kept beside the curves, for those who want other axes or colours.
  const std::string path = absl::StrCat(folder, "/curves.gnuplot");
  MRSN_RETURN_IF_ERROR(WriteFileAtomically(path, script));
  return RunGnuplot(path);
}

}  // namespace mrsn::eval
