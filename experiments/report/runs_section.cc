#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "experiments/report/cells.h"
#include "experiments/report/sections.h"
#include "experiments/result_precision.h"
#include "experiments/score_text.h"

namespace mrsn::experiments {
namespace {

constexpr int kFingerprintDigits = 12;

std::string Shown12(const std::string& fingerprint) { return fingerprint.substr(0, kFingerprintDigits); }

// Every value of one field, sorted.
template <typename ValueOf>
std::set<std::string> AllOf(const ResultSet& results, const ValueOf& value_of) {
  std::set<std::string> values;
  for (const ReportedExperiment& experiment : results.experiments) {
    for (const ReportedRun& run : experiment.runs) values.insert(value_of(run.result));
  }
  values.erase("");
  return values;
}

// "4 runs: micro/acre seed 0, .."; "" for none.
template <typename Condition>
std::string RunsWhere(const ResultSet& results, const Condition& condition) {
  std::vector<std::string> runs;
  for (const ReportedExperiment& experiment : results.experiments) {
    for (const ReportedRun& run : experiment.runs) {
      if (condition(run.result)) runs.push_back(absl::StrCat(experiment.name, " seed ", run.result.seed()));
    }
  }
  constexpr size_t kNamed = 4;
  if (runs.empty()) return "";
  const std::string more = runs.size() > kNamed ? ", .." : "";
  const std::string count = absl::StrCat(runs.size(), runs.size() == 1 ? " run: " : " runs: ");
  if (runs.size() > kNamed) runs.resize(kNamed);
  return absl::StrCat(count, absl::StrJoin(runs, ", "), more);
}

std::string Pretraining(const Result& result) {
  if (result.has_pretrained_sha256()) {
    return absl::StrCat(result.pretraining(), result.pretraining().empty() ? "" : ", ", "file ",
                        Shown12(result.pretrained_sha256()));
  }
  return result.pretraining();
}

// Whatever the run left out.
std::string LeftOut(const Result& result) {
  std::vector<std::string> parts;
  if (result.skipped_clips() > 0) parts.push_back(absl::StrCat(result.skipped_clips(), " training clips"));
  if (result.nan_batches() > 0) parts.push_back(absl::StrCat(result.nan_batches(), " batches"));
  if (result.unread_evaluation_clips() > 0) {
    parts.push_back(absl::StrCat(result.unread_evaluation_clips(), " evaluated clips"));
  }
  return absl::StrJoin(parts, ", ");
}

// No rows without speeds.
DocumentTable SpeedTable(const ResultSet& results) {
  DocumentTable table;
  table.caption = "Every speed and its origin";
  table.columns = {{"speed"},         {"experiment"}, {"clips/s", true}, {"measured on"}, {"rounds", true},
                   {"configuration"}, {"commit"},     {"device"},        {"date"}};
  int number = 0;
  for (const ReportedExperiment& experiment : results.experiments) {
    ++number;
    if (!experiment.speed) continue;
    const Speed& speed = *experiment.speed;
    DocumentTable::Row row;
    row.id = SpeedId(number);
    row.cells = {Text(row.id),
                 Text(experiment.name),
                 Measured(ShortNumber(speed.clips_per_second()), row.id),
                 Text(speed.setting()),
                 Text(absl::StrCat(speed.rounds())),
                 Code(Shown12(speed.config_fingerprint())),
                 Code(speed.commit()),
                 Text(speed.device()),
                 Text(speed.date())};
    table.rows.push_back(std::move(row));
  }
  return table;
}

}  // namespace

Section RunsSection(const ResultSet& results) {
  DocumentTable table;
  table.caption = "Every run and the origin of its numbers";
  table.columns = {{"run"},
                   {"experiment"},
                   {"seed", true},
                   {"mAP", true},
                   {"configuration"},
                   {"evaluated data"},
                   {"training data"},
                   {"weights"},
                   {"pretraining"},
                   {"commit"},
                   {"device"},
                   {"precision"},
                   {"processes", true},
                   {"date"},
                   {"iterations", true},
                   {"training, s", true},
                   {"evaluation, s", true},
                   {"left out"},
                   {"official"}};
  for (const ReportedExperiment& experiment : results.experiments) {
    for (const ReportedRun& run : experiment.runs) {
      const Result& result = run.result;
      const auto seconds = [&](bool known, double value) {
        return known ? Measured(absl::StrFormat("%.0f", value), run.id) : Text("");
      };
      DocumentTable::Row row;
      row.id = run.id;
      row.cells = {Text(run.id),
                   Text(experiment.name),
                   Text(absl::StrCat(result.seed())),
                   result.has_frame_map()
                       ? Measured(absl::StrFormat("%.4f", 100 * result.frame_map()), run.id)
                       : Text("no boxes"),
                   Code(Shown12(result.config_fingerprint())),
                   Code(Shown12(result.data_fingerprint())),
                   Code(Shown12(result.train_data_fingerprint())),
                   Code(Shown12(result.weights_hash())),
                   Text(Pretraining(result)),
                   Code(result.commit()),
                   Text(result.device()),
                   Text(result.precision()),
                   Text(result.has_training_processes() ? absl::StrCat(result.training_processes()) : ""),
                   Text(result.date()),
                   Measured(absl::StrCat(result.iterations()), run.id),
                   seconds(result.has_train_seconds(), result.train_seconds()),
                   seconds(result.has_evaluate_seconds(), result.evaluate_seconds()),
                   Text(LeftOut(result)),
                   Text(result.official() ? "yes" : "no")};
      table.rows.push_back(std::move(row));
    }
  }
  Section section{"runs", "Runs", {}};
  section.blocks.push_back(Paragraph(
      "Every measured number of this page comes from the runs below. Fingerprints and hashes are the first "
      "digits of a SHA-256; the result's file has all of them."));
  section.blocks.push_back(Shown(WithoutEmptyColumns(std::move(table))));
  if (DocumentTable speeds = SpeedTable(results); !speeds.rows.empty()) {
    section.blocks.push_back(Shown(std::move(speeds)));
  }
  return section;
}

std::vector<std::pair<std::string, std::string>> Facts(const ResultSet& results) {
  const auto joined = [](const std::set<std::string>& values) { return absl::StrJoin(values, "; "); };
  const auto of = [&](const auto& value_of) { return joined(AllOf(results, value_of)); };
  int runs = 0;
  for (const ReportedExperiment& experiment : results.experiments)
    runs += static_cast<int>(experiment.runs.size());
  int64_t boxes = 0;
  for (const ClassScore& score : results.first().per_class()) boxes += score.num_gt();
  std::vector<std::pair<std::string, std::string>> facts = {
      {"Experiments and runs", absl::StrCat(results.experiments.size(), " and ", runs)},
      {"Protocol", absl::StrFormat("%s at IoU %g", results.protocol, results.iou_threshold)},
      {"Classes and labelled boxes", absl::StrCat(results.first().per_class_size(), " and ", boxes)},
      {"Evaluated data", Shown12(results.data_fingerprint)},
      {"Training data", of([](const Result& r) { return Shown12(r.train_data_fingerprint()); })},
      {"Pretraining", of(Pretraining)},
      {"Device", of([](const Result& r) { return r.device(); })},
      {"Commit", of([](const Result& r) { return r.commit(); })},
      {"Date", of([](const Result& r) { return r.date(); })}};
  for (auto& [name, value] : facts) {
    if (value.empty()) value = "not recorded";
  }
  return facts;
}

std::vector<std::string> Warnings(const ResultSet& results) {
  std::vector<std::string> warnings;
  const auto warn = [&](const std::string& runs, const std::string& what) {
    if (!runs.empty()) warnings.push_back(absl::StrCat(what, " (", runs, ")."));
  };
  warn(
      RunsWhere(results, [](const Result& r) { return !r.official(); }),
      "Not official: the configuration was overridden by hand, the weights are not those that the experiment "
      "trains, or the result does not say");
  warn(RunsWhere(results, [](const Result& r) { return r.given_weights().random(); }),
       "Scores of random weights, not of trained ones");
  warn(RunsWhere(results, [](const Result& r) { return r.given_weights().missing_size() > 0; }),
       "The file of the weights did not fill the model");
  warn(RunsWhere(results, [](const Result& r) { return absl::EndsWith(r.commit(), "-dirty"); }),
       "Measured with code that was not committed");
  warn(RunsWhere(results, [](const Result& r) { return r.unread_evaluation_clips() > 0; }),
       "Clips could not be read in the evaluation, and nobody was found in them");
  warn(RunsWhere(results, [](const Result& r) { return r.skipped_clips() > 0 || r.nan_batches() > 0; }),
       "Training left out clips or batches");
  warn(RunsWhere(results, [](const Result& r) { return !r.has_frame_map(); }),
       "No class has ground truth, so that there is no mAP");
  for (const ReportedExperiment& experiment : results.experiments) {
    for (const ReportedRun& run : experiment.runs) {
      if (IsExtreme(run.result)) warnings.push_back(absl::StrCat(run.id, ": ", ExtremeText(run.result), "."));
    }
  }
  const auto trained_on = AllOf(results, [](const Result& r) { return r.train_data_fingerprint(); });
  if (trained_on.size() > 1) warnings.push_back("The experiments were not all trained on the same data.");
  const auto precisions = AllOf(results, PrecisionOf);
  if (precisions.size() > 1) {
    warnings.push_back(absl::StrCat(
        "The runs were computed in different precisions: ", absl::StrJoin(precisions, ", "), "."));
  }
  const auto devices = AllOf(results, [](const Result& r) { return r.device(); });
  if (devices.size() > 1) {
    warnings.push_back("The runs were measured on different devices: times and memory cannot be compared.");
  }
  return warnings;
}

}  // namespace mrsn::experiments
