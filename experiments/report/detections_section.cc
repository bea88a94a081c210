#include "experiments/report/detections_section.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "experiments/report/cells.h"
#include "experiments/report/figures.h"
#include "experiments/report/scored_files.h"
#include "ops/base/progress.h"
#include "ops/base/status_macros.h"

namespace mrsn::experiments {
namespace {

struct ErrorKind {
  const char* name;
  double eval::ErrorShares::*share;
};

constexpr ErrorKind kErrors[] = {
    {"duplicates", &eval::ErrorShares::duplicate},
    {"wrong class", &eval::ErrorShares::wrong_class},
    {"badly placed", &eval::ErrorShares::badly_placed},
    {"false persons", &eval::ErrorShares::false_person},
    {"missed", &eval::ErrorShares::missed},
};

constexpr char kHowErrorsAreShared[] =
    "The errors of a row and its AP add up to 100: each number is the gain of AP if, in this order, "
    "duplicates "
    "are removed, then detections of another class on annotated boxes, then boxes with an IoU of 0.1 or more "
    "but below the threshold are put right, then the other false detections are removed, then missed boxes "
    "are no longer counted.";

std::string Percent(double value) { return absl::StrFormat("%.2f", 100 * value); }

Cell PercentCell(const std::optional<double>& value, const std::string& run) {
  return value ? Measured(Percent(*value), run) : Text("no boxes");
}

absl::StatusOr<Figure> DrawPrecisionRecall(const std::string& id, const std::string& caption,
                                           const std::vector<Curve>& curves) {
  CurveAxes axes;
  axes.y_axis = "precision";
  axes.unit_square = true;
  MRSN_ASSIGN_OR_RETURN(std::string svg, DrawCurves({id, caption, "recall"}, axes, curves));
  return Figure{std::move(svg), caption};
}

// The number comes first, because long names are cut.
std::string WithAp(const std::string& name, double ap) { return absl::StrFormat("%.1f %s", 100 * ap, name); }

// The curves of the three best and the three worst classes.
std::vector<Curve> ExtremeClasses(const std::vector<AnalysedClass>& classes) {
  constexpr size_t kOfEachEnd = 3;
  std::vector<Curve> curves;
  for (size_t c = 0; c < classes.size(); ++c) {
    if (c >= kOfEachEnd && c + kOfEachEnd < classes.size()) continue;
    if (!classes[c].curve.empty())
      curves.push_back({WithAp(classes[c].name, classes[c].ap), classes[c].curve});
  }
  return curves;
}

absl::Status AddCurves(const AnalysedResults& analysed, const AnalysedRun& shown, Section* section) {
  std::vector<Figure> figures;
  std::vector<Curve> means, kinds;
  for (const AnalysedRun& run : analysed.runs) {
    if (!run.analysis.mean_curve.empty()) {
      means.push_back(
          {WithAp(run.experiment->name, run.analysis.frame_map.value_or(0)), run.analysis.mean_curve});
    }
  }
  for (const auto& [kind, curve] : shown.analysis.kind_curves) kinds.push_back({kind, curve});
  const std::vector<Curve> extremes = ExtremeClasses(shown.analysis.classes);
  const auto add = [&](const char* id, const std::string& caption,
                       const std::vector<Curve>& curves) -> absl::Status {
    if (curves.empty()) return absl::OkStatus();
    MRSN_ASSIGN_OR_RETURN(Figure figure, DrawPrecisionRecall(id, caption, curves));
    figures.push_back(std::move(figure));
    return absl::OkStatus();
  };
  MRSN_RETURN_IF_ERROR(add(
      "curves-means", "Precision at a recall, mean over the classes; the numbers are the frame-mAP.", means));
  if (kinds.size() > 1) {
    MRSN_RETURN_IF_ERROR(
        add("curves-kinds", absl::StrCat(shown.Name(), ": means over the classes of a kind."), kinds));
  }
  MRSN_RETURN_IF_ERROR(add("curves-classes",
                           absl::StrCat(shown.Name(), ": the best and the worst classes with their AP."),
                           extremes));
  if (!figures.empty()) section->blocks.push_back(Pictures(std::move(figures)));
  return absl::OkStatus();
}

DocumentTable ErrorTable(const std::string& caption, const std::string& first_column) {
  DocumentTable table;
  table.caption = caption;
  table.columns = {{first_column}, {"AP", true}};
  for (const ErrorKind& kind : kErrors) table.columns.push_back({kind.name, true});
  return table;
}

DocumentTable::Row ErrorRow(const std::string& name, const std::optional<double>& ap,
                            const std::optional<eval::ErrorShares>& shares, const std::string& run) {
  DocumentTable::Row row;
  row.cells = {Text(name), PercentCell(ap, run)};
  for (const ErrorKind& kind : kErrors) {
    row.cells.push_back(shares ? Measured(Percent((*shares).*kind.share), run) : Text(""));
  }
  return row;
}

absl::Status AddErrors(const AnalysedResults& analysed, const AnalysedRun& shown, Section* section) {
  std::vector<std::string> names = {"AP"};
  for (const ErrorKind& kind : kErrors) names.emplace_back(kind.name);
  std::vector<Stack> stacks;
  DocumentTable table = ErrorTable("Lost frame-mAP by kind of error, in points", "experiment");
  for (const AnalysedRun& run : analysed.runs) {
    const auto& shares = run.analysis.errors.shares;
    table.rows.push_back(ErrorRow(run.experiment->name, run.analysis.frame_map, shares, run.run->id));
    if (!shares || !run.analysis.frame_map) continue;
    Stack stack{run.experiment->name, {100 * *run.analysis.frame_map}};
    for (const ErrorKind& kind : kErrors) {
      // Under the protocol `act`, whose AP has no envelope, mending may cost AP.
      stack.parts.push_back(std::max(0.0, 100 * (*shares).*kind.share));
    }
    stacks.push_back(std::move(stack));
  }
  if (!stacks.empty()) {
    MRSN_ASSIGN_OR_RETURN(
        std::string svg,
        DrawStacks({"errors-plot", "frame-mAP and the kinds of errors that it lacks to 100 %", "points"},
                   names, stacks));
    section->blocks.push_back(
        Pictures({{std::move(svg), "frame-mAP, and what is lost to each kind of error."}}));
  }
  section->blocks.push_back(Shown(std::move(table)));
  DocumentTable classes =
      ErrorTable(absl::StrCat("Lost AP of each class by kind of error, ", shown.Name()), "class");
  for (const AnalysedClass& one : shown.analysis.classes) {
    classes.rows.push_back(ErrorRow(one.name, one.ap, one.errors, shown.run->id));
  }
  section->blocks.push_back(Folded(std::move(classes)));
  section->blocks.push_back(Paragraph(kHowErrorsAreShared));
  return absl::OkStatus();
}

// The slices of all experiments as columns of one table; bars of the shown run.
absl::Status AddSlices(const AnalysedResults& analysed, const AnalysedRun& shown, const std::string& id,
                       const std::string& title, std::vector<eval::Slice> DetectionAnalysis::*slices,
                       std::vector<Figure>* figures, Section* section) {
  DocumentTable table;
  table.caption = absl::StrCat("frame-mAP by ", title, ", in percent");
  table.columns = {{"experiment"}};
  std::vector<Bar> bars;
  for (const eval::Slice& slice : shown.analysis.*slices) {
    table.columns.push_back({slice.name, true});
    Bar bar;
    bar.label = slice.name;
    if (slice.frame_map) bar.value = 100 * *slice.frame_map;
    if (slice.num_gt > 0) bars.push_back(bar);
  }
  if (bars.empty()) return absl::OkStatus();
  DocumentTable::Row counts;
  counts.cells = {Text("annotated rows")};
  for (const eval::Slice& slice : shown.analysis.*slices) {
    counts.cells.push_back(Measured(absl::StrCat(slice.num_gt), shown.run->id));
  }
  for (const AnalysedRun& run : analysed.runs) {
    DocumentTable::Row row;
    row.cells = {Text(run.experiment->name)};
    for (const eval::Slice& slice : run.analysis.*slices) {
      row.cells.push_back(PercentCell(slice.frame_map, run.run->id));
    }
    table.rows.push_back(std::move(row));
  }
  table.rows.push_back(std::move(counts));
  const std::string caption = absl::StrCat(shown.Name(), ", by ", title, ".");
  MRSN_ASSIGN_OR_RETURN(std::string svg, DrawBars({id, caption, "frame-mAP, %"}, bars));
  figures->push_back({std::move(svg), caption});
  section->blocks.push_back(Shown(std::move(table)));
  return absl::OkStatus();
}

void AddMissing(const AnalysedResults& analysed, Section* section) {
  if (analysed.missing.empty()) return;
  DocumentTable table;
  table.caption = "Without detections";
  table.columns = {{"experiment"}, {"found"}, {"command that makes them"}};
  for (const AnalysedResults::Missing& missing : analysed.missing) {
    DocumentTable::Row row;
    row.cells = {Text(missing.experiment), Sentence(missing.why),
                 Code(absl::StrCat("./bazelw run //experiments:evaluate -- --experiment=", missing.experiment,
                                   " --checkpoint=<weights> --output=<folder of results>"))};
    table.rows.push_back(std::move(row));
  }
  section->blocks.push_back(Paragraph(absl::StrCat(
      "These parts are drawn from detections. //experiments:evaluate writes them beside its result; "
      "//experiments:train leaves them in the folder of the run, which --runs names. ",
      analysed.missing.size(), analysed.missing.size() == 1 ? " experiment has" : " experiments have",
      " none that can be used.")));
  section->blocks.push_back(analysed.runs.empty() ? Shown(std::move(table)) : Folded(std::move(table)));
}

struct FoundRun {
  const ReportedExperiment* experiment = nullptr;
  const ReportedRun* run = nullptr;
  ScoredFiles files;
};

// The experiment's first run with detections, or why there is none.
absl::StatusOr<FoundRun> FindRun(const ReportedExperiment& experiment, const std::string& runs_root) {
  absl::Status first = absl::NotFoundError("no run");
  for (const ReportedRun& run : experiment.runs) {
    absl::StatusOr<ScoredFiles> files = FindScoredFiles(run.path, run.result, runs_root);
    if (files.ok()) return FoundRun{&experiment, &run, *std::move(files)};
    if (!absl::IsNotFound(files.status())) return files.status();
    if (&run == &experiment.runs.front()) first = files.status();
  }
  return first;
}

absl::StatusOr<AnalysedRun> AnalyseRun(const FoundRun& found, const AnalysisOptions& options, int threads) {
  AnalysedRun analysed{found.experiment, found.run, {}};
  MRSN_ASSIGN_OR_RETURN(const eval::FrameMapEvaluator evaluator,
                        LoadScored(found.files, found.run->result, analysed.Name(), threads));
  analysed.analysis = AnalyseDetections(evaluator, options);
  return analysed;
}

}  // namespace

std::string AnalysedRun::Name() const { return absl::StrCat(experiment->name, " seed ", run->result.seed()); }

const AnalysedRun& AnalysedResults::Shown(const Viewpoint& view) const {
  const AnalysedRun* focus = Find(*view.focus);
  return focus != nullptr ? *focus : runs.front();
}

const AnalysedRun* AnalysedResults::Find(const ReportedExperiment& experiment) const {
  for (const AnalysedRun& run : runs) {
    if (run.experiment == &experiment) return &run;
  }
  return nullptr;
}

AnalysedResults AnalyseResults(const ResultSet& results, const std::string& runs_root,
                               const AnalysisOptions& options, int threads) {
  AnalysedResults analysed;
  std::vector<FoundRun> found;
  const auto add_missing = [&](const ReportedExperiment& experiment, const absl::Status& status) {
    analysed.missing.push_back({experiment.name, std::string(status.message())});
  };
  for (const ReportedExperiment& experiment : results.experiments) {
    absl::StatusOr<FoundRun> run = FindRun(experiment, runs_root);
    if (run.ok()) {
      found.push_back(*std::move(run));
    } else {
      add_missing(experiment, run.status());
    }
  }
  if (found.empty()) return analysed;
  ProgressBar bar("analyse detections", static_cast<int64_t>(found.size()), "runs");
  for (size_t f = 0; f < found.size(); ++f) {
    const FoundRun& run = found[f];
    absl::StatusOr<AnalysedRun> done = AnalyseRun(run, options, threads);
    if (done.ok()) {
      analysed.runs.push_back(*std::move(done));
    } else {
      add_missing(*run.experiment, done.status());
    }
    const auto count = static_cast<int64_t>(f + 1);
    bar.Update(count, count, run.experiment->name);
  }
  bar.Finish();
  return analysed;
}

absl::StatusOr<Section> DetectionsSection(const AnalysedResults& analysed, const Viewpoint& view) {
  Section section{"detections", "Detections", {}};
  if (!analysed.runs.empty()) {
    const AnalysedRun& shown = analysed.Shown(view);
    section.blocks.push_back(Paragraph(
        "From the detections of one run of each experiment, the first one whose detections are at hand."));
    MRSN_RETURN_IF_ERROR(AddCurves(analysed, shown, &section));
    MRSN_RETURN_IF_ERROR(AddErrors(analysed, shown, &section));
    std::vector<Figure> figures;
    const size_t place = section.blocks.size();
    MRSN_RETURN_IF_ERROR(AddSlices(analysed, shown, "sizes-plot", "size of the box",
                                   &DetectionAnalysis::by_box_size, &figures, &section));
    MRSN_RETURN_IF_ERROR(AddSlices(analysed, shown, "persons-plot", "number of persons in the key frame",
                                   &DetectionAnalysis::by_number_of_actors, &figures, &section));
    if (!figures.empty()) {
      section.blocks.insert(section.blocks.begin() + static_cast<int64_t>(place),
                            Pictures(std::move(figures)));
    }
  }
  AddMissing(analysed, &section);
  return section;
}

}  // namespace mrsn::experiments
