#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "experiments/report/cells.h"
#include "experiments/report/figures.h"
#include "experiments/report/sections.h"
#include "experiments/tables/statistics.h"
#include "ops/base/status_macros.h"

namespace mrsn::experiments {
namespace {

constexpr int kDecimals = 2;

// Runs behind a gain.
std::string BothRuns(const ReportedExperiment& a, const ReportedExperiment& b) {
  return &a == &b ? a.RunIds() : absl::StrCat(a.RunIds(), " ", b.RunIds());
}

struct ScoredClass {
  std::string name, kind;
  int64_t boxes = 0;
  std::optional<Estimate> ap, gain;
  double baseline = 0;  // percent; where gain has a value
};

// Best first; classes without ground truth last.
std::vector<ScoredClass> SortedClasses(const ReportedExperiment& experiment,
                                       const ReportedExperiment& baseline) {
  std::vector<ScoredClass> classes;
  for (const ClassScore& score : experiment.runs.front().result.per_class()) {
    ScoredClass scored;
    scored.name = score.name();
    scored.kind = score.kind();
    scored.boxes = score.num_gt();
    const BySeed values = ClassAps(experiment, score.id()), reference = ClassAps(baseline, score.id());
    scored.ap = MeanOf(values);
    if (&experiment != &baseline) scored.gain = GainOf(values, reference);
    if (const auto mean = MeanOf(reference)) scored.baseline = mean->mean;
    classes.push_back(std::move(scored));
  }
  std::stable_sort(classes.begin(), classes.end(), [](const ScoredClass& a, const ScoredClass& b) {
    return (a.ap ? a.ap->mean : -1) > (b.ap ? b.ap->mean : -1);
  });
  return classes;
}

DocumentTable ClassTable(const ReportedExperiment& experiment, const ReportedExperiment& baseline) {
  const bool gains = &experiment != &baseline;
  DocumentTable table;
  table.caption = absl::StrCat("AP by class, ", experiment.name,
                               gains ? absl::StrCat(", gain over ", baseline.name) : "");
  table.columns = {{"class"}, {"kind"}, {"boxes", true}, {"AP", true}, {"95 % interval", true}};
  if (gains) {
    table.columns.push_back({"gain", true});
    table.columns.push_back({"95 % interval of the gain", true});
  }
  const std::string runs = experiment.RunIds(), both = BothRuns(experiment, baseline);
  for (const ScoredClass& scored : SortedClasses(experiment, baseline)) {
    DocumentTable::Row row;
    row.cells = {Text(scored.name), Text(scored.kind), Measured(absl::StrCat(scored.boxes), runs),
                 scored.ap ? MeasuredValue(scored.ap, kDecimals, runs) : Text("no boxes"),
                 MeasuredInterval(scored.ap, kDecimals, runs)};
    if (gains) {
      row.cells.push_back(MeasuredGain(scored.gain, kDecimals, both));
      row.cells.push_back(MeasuredInterval(scored.gain, kDecimals, both, true));
    }
    table.rows.push_back(std::move(row));
  }
  return WithoutEmptyColumns(std::move(table));
}

std::vector<std::string> KindsOf(const ResultSet& results) {
  std::vector<std::string> kinds;
  for (const KindScore& score : results.first().by_kind()) {
    if (!score.kind().empty()) kinds.push_back(score.kind());
  }
  return kinds;
}

}  // namespace

absl::StatusOr<Section> ExperimentsSection(const ResultSet& results, const Viewpoint& view) {
  DocumentTable table;
  table.caption = absl::StrCat("All experiments, gain over ", view.baseline->name);
  table.columns = {{"experiment"},
                   {"#", true},
                   {"our mAP", true},
                   {"95 % interval", true},
                   {"gain", true},
                   {"95 % interval of the gain", true},
                   {"seeds", true},
                   {"M parameters", true},
                   {"GMACs", true},
                   {"clips/s", true},
                   {"minutes of training", true},
                   {"peak memory, MiB", true}};
  const BySeed reference = FrameMaps(*view.baseline);
  int number = 0;
  for (const ReportedExperiment& experiment : results.experiments) {
    const std::string runs = experiment.RunIds(), both = BothRuns(experiment, *view.baseline);
    const BySeed values = FrameMaps(experiment);
    const auto mean = MeanOf(values);
    const auto gain = &experiment == view.baseline ? std::nullopt : GainOf(values, reference);
    const Result& first = experiment.runs.front().result;
    BySeed minutes, memory;
    for (const ReportedRun& run : experiment.runs) {
      if (run.result.has_train_seconds()) minutes[run.result.seed()] = run.result.train_seconds() / 60;
      if (run.result.has_peak_memory_bytes())
        memory[run.result.seed()] = run.result.peak_memory_bytes() / double{1 << 20};
    }
    const auto count = [&](bool known, double value) {
      return known ? Measured(ShortNumber(value), runs) : Text("");
    };
    const auto mean_of = [&](const BySeed& by_seed) {
      return by_seed.empty() ? Text("") : Measured(ShortNumber(MeanOf(by_seed)->mean), runs);
    };
    DocumentTable::Row row;
    row.cells = {Text(experiment.name),
                 Text(absl::StrCat(++number)),
                 mean ? MeasuredValue(mean, kDecimals, runs) : Text("no boxes"),
                 MeasuredInterval(mean, kDecimals, runs),
                 MeasuredGain(gain, kDecimals, both),
                 MeasuredInterval(gain, kDecimals, both, true),
                 Measured(absl::StrCat(experiment.runs.size()), runs),
                 count(first.has_parameters(), first.parameters().total() / 1e6),
                 count(first.has_multiply_adds(), first.multiply_adds().total() / 1e9),
                 experiment.speed
                     ? Measured(ShortNumber(experiment.speed->clips_per_second()), SpeedId(number))
                     : Text(""),
                 mean_of(minutes),
                 mean_of(memory)};
    table.rows.push_back(std::move(row));
  }
  Section section{"experiments", "All experiments", {}};
  section.blocks.push_back(Shown(WithoutEmptyColumns(std::move(table))));
  section.blocks.push_back(Paragraph(
      "mAP is the mean over seeds, in percent. Intervals are Student's over seeds. A gain is paired by seed "
      "where both experiments have the same seeds."));
  return section;
}

absl::StatusOr<Section> ClassesSection(const ResultSet& results, const Viewpoint& view) {
  Section section{"classes", "AP by class", {}};
  if (view.focus != view.baseline) {
    std::vector<Change> changes;
    for (const ScoredClass& scored : SortedClasses(*view.focus, *view.baseline)) {
      if (scored.ap && scored.gain) changes.push_back({scored.name, scored.baseline, scored.ap->mean});
    }
    if (!changes.empty()) {
      MRSN_ASSIGN_OR_RETURN(
          std::string svg,
          DrawChanges(
              {"classes-plot",
               absl::StrCat("AP of every class, ", view.baseline->name, " and ", view.focus->name), "AP, %"},
              view.baseline->name, view.focus->name, changes));
      section.blocks.push_back(
          Pictures({{std::move(svg), absl::StrCat("Every class, best first: from ", view.baseline->name,
                                                  " to ", view.focus->name, ", means over seeds.")}}));
    }
  }
  section.blocks.push_back(Shown(ClassTable(*view.focus, *view.baseline)));
  for (const ReportedExperiment& experiment : results.experiments) {
    if (&experiment != view.focus) section.blocks.push_back(Folded(ClassTable(experiment, *view.baseline)));
  }
  return section;
}

absl::StatusOr<Section> KindsSection(const ResultSet& results, const Viewpoint& view) {
  Section section{"kinds", "AP by kind of class", {}};
  const std::vector<std::string> kinds = KindsOf(results);
  if (kinds.empty()) return section;
  DocumentTable table, gains;
  table.caption = "Mean AP over the classes of a kind";
  gains.caption = absl::StrCat("Gain over ", view.baseline->name, " by kind of class, with 95 % intervals");
  table.columns = gains.columns = {{"experiment"}};
  for (const std::string& kind : kinds) {
    table.columns.push_back({kind, true});
    gains.columns.push_back({kind, true});
    gains.columns.push_back({"interval", true});
  }
  for (const ReportedExperiment& experiment : results.experiments) {
    DocumentTable::Row values, differences;
    values.cells = differences.cells = {Text(experiment.name)};
    for (const std::string& kind : kinds) {
      const BySeed means = KindMeans(experiment, kind);
      const auto gain = GainOf(means, KindMeans(*view.baseline, kind));
      const std::string both = BothRuns(experiment, *view.baseline);
      values.cells.push_back(means.empty() ? Text("no boxes")
                                           : MeasuredValue(MeanOf(means), kDecimals, experiment.RunIds()));
      differences.cells.push_back(MeasuredGain(gain, kDecimals, both));
      differences.cells.push_back(MeasuredInterval(gain, kDecimals, both, true));
    }
    table.rows.push_back(std::move(values));
    if (&experiment != view.baseline) gains.rows.push_back(std::move(differences));
  }
  std::vector<Change> changes;
  for (const std::string& kind : kinds) {
    const auto before = MeanOf(KindMeans(*view.baseline, kind)), after = MeanOf(KindMeans(*view.focus, kind));
    if (before && after) changes.push_back({kind, before->mean, after->mean});
  }
  if (view.focus != view.baseline && !changes.empty()) {
    MRSN_ASSIGN_OR_RETURN(
        std::string svg, DrawChanges({"kinds-plot",
                                      absl::StrCat("Mean AP by kind of class, ", view.baseline->name, " and ",
                                                   view.focus->name),
                                      "mean AP, %"},
                                     view.baseline->name, view.focus->name, changes));
    section.blocks.push_back(
        Pictures({{std::move(svg), "Means over the classes of a kind and over seeds."}}));
  }
  section.blocks.push_back(Shown(std::move(table)));
  if (!gains.rows.empty()) section.blocks.push_back(Folded(std::move(gains)));
  return section;
}

absl::StatusOr<Section> CostSection(const ResultSet& results) {
  Section section{"cost", "mAP against cost", {}};
  std::vector<Bubble> by_parameters, by_operations;
  std::string settings;
  for (size_t e = 0; e < results.experiments.size(); ++e) {
    const Result& first = results.experiments[e].runs.front().result;
    const auto mean = MeanOf(FrameMaps(results.experiments[e]));
    if (!mean || !first.has_parameters() || !first.has_multiply_adds()) continue;
    const double parameters = first.parameters().total() / 1e6,
                 operations = first.multiply_adds().total() / 1e9;
    by_parameters.push_back({absl::StrCat(e + 1), parameters, mean->mean, operations});
    by_operations.push_back({absl::StrCat(e + 1), operations, mean->mean, parameters});
    const std::string& setting = first.multiply_adds().setting();
    if (!absl::StrContains(settings, setting))
      absl::StrAppend(&settings, settings.empty() ? "" : "; ", setting);
  }
  if (by_parameters.empty()) return section;
  MRSN_ASSIGN_OR_RETURN(
      std::string parameters,
      DrawBubbles({"parameters-plot", "mAP against parameters; the area of a bubble is its multiply-adds",
                   "million parameters"},
                  "frame-mAP, %", by_parameters));
  MRSN_ASSIGN_OR_RETURN(
      std::string operations,
      DrawBubbles(
          {"operations-plot", "mAP against multiply-adds; the area of a bubble is its parameters", "GMACs"},
          "frame-mAP, %", by_operations));
  section.blocks.push_back(
      Pictures({{std::move(parameters), "A bubble's area is proportional to its GMACs."},
                {std::move(operations), "A bubble's area is proportional to its parameters."}}));
  section.blocks.push_back(Paragraph(absl::StrCat(
      "The numbers in the bubbles are those of the table of all experiments. Multiply-adds are counted on: ",
      settings, ".")));
  return section;
}

}  // namespace mrsn::experiments
