// bazel run //experiments:evidence_scale -- --experiment=micro/none
#include <algorithm>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/strings/str_cat.h"
#include "datasets/generated_data.h"
#include "datasets/open_dataset.h"
#include "eval/protocol.h"
#include "experiments/config/config.h"
#include "experiments/programs/experiment_flag.h"
#include "experiments/scale/scale.h"
#include "ops/base/file.h"
#include "ops/base/program.h"
#include "ops/base/runfiles.h"
#include "ops/base/status_macros.h"

ABSL_FLAG(std::string, experiment, "",
          "Whose data and protocol: a file under experiments/configs without .textproto.");
ABSL_FLAG(std::string, config, "", "Instead of --experiment: a file of your own, e.g. my.textproto.");
ABSL_FLAG(std::string, split, "", "The split that is evaluated; empty: the experiment's.");
ABSL_FLAG(std::string, data_root, "", "Folder of the data; empty for generated data.");
ABSL_FLAG(std::string, json, "", "Also write the numbers to this file.");

namespace mrsn::experiments {
namespace {

constexpr char kUsage[] =
    "Prints the scale of an experiment's evaluation: the frame-mAP, in percent, of chance, of the pose "
    "alone, of the\n"
    "true labels on the detector's boxes (the most that any model can reach), and of the annotated boxes.\n\n"
    "  bazel run //experiments:evidence_scale -- --experiment=micro/none --split=val\n\n"
    "No clip is read and nothing is trained, so this takes seconds. The classes need a kind \"pose\".\n";

using Json = nlohmann::ordered_json;

double Percent(const std::optional<double>& value) { return value.has_value() ? 100 * *value : 0; }

Json JsonOf(const std::vector<ScaleRow>& rows, const std::string& data) {
  Json all = Json::array();
  for (const ScaleRow& row : rows) {
    Json kinds, classes;
    for (const eval::KindResult& kind : row.measured.by_kind) kinds[kind.kind] = Percent(kind.mean_ap);
    for (const eval::ClassResult& c : row.measured.per_class) classes[c.name] = Percent(c.ap);
    all.push_back({{"row", row.name},
                   {"data", data},
                   {"frame_map", Percent(row.measured.frame_map)},
                   {"by_kind", std::move(kinds)},
                   {"by_class", std::move(classes)}});
  }
  return all;
}

void Print(const Json& rows) {
  std::printf("%-14s %9s", "", "frame-mAP");
  for (const auto& [kind, value] : rows[0]["by_kind"].items()) std::printf("  %*s", 9, kind.c_str());
  std::printf("\n");
  for (const Json& row : rows) {
    std::printf("%-14s %9.2f", row["row"].get<std::string>().c_str(), row["frame_map"].get<double>());
    for (const auto& [kind, value] : row["by_kind"].items()) {
      std::printf("  %*.2f", std::max(9, static_cast<int>(kind.size())), value.get<double>());
    }
    std::printf("\n");
  }
}

absl::Status Main() {
  MRSN_ASSIGN_OR_RETURN(const std::string name,
                        ExperimentFlag(absl::GetFlag(FLAGS_experiment), absl::GetFlag(FLAGS_config)));
  MRSN_ASSIGN_OR_RETURN(const ResolvedExperiment resolved,
                        LoadExperiment(DataFilesRoot() + "/experiments/configs", name));
  const Experiment& experiment = resolved.experiment;
  DatasetConfig evaluated = experiment.eval_data();
  if (!absl::GetFlag(FLAGS_split).empty()) evaluated.set_inference_split(absl::GetFlag(FLAGS_split));
  ScaleOptions options;
  MRSN_ASSIGN_OR_RETURN(options.protocol, eval::ParseProtocol(experiment.eval().protocol()));
  options.iou_threshold = experiment.eval().iou();
  const std::string root = UserPath(absl::GetFlag(FLAGS_data_root));
  datasets::GeneratedData described;
  described.make = false;  // videos are not needed
  MRSN_ASSIGN_OR_RETURN(
      const std::unique_ptr<datasets::Dataset> training,
      datasets::OpenDataset(experiment.train_data(), datasets::Usage::kTrain, root, described));
  MRSN_ASSIGN_OR_RETURN(const std::unique_ptr<datasets::Dataset> evaluation,
                        datasets::OpenDataset(evaluated, datasets::Usage::kInference, root, described));
  MRSN_ASSIGN_OR_RETURN(const std::vector<ScaleRow> rows, MeasureScale(*training, *evaluation, options));
  const Json json = JsonOf(rows, evaluation->Fingerprint());
  Print(json);
  const std::string path = UserPath(absl::GetFlag(FLAGS_json));
  return path.empty() ? absl::OkStatus() : WriteFileAtomically(path, json.dump(2) + "\n");
}

}  // namespace
}  // namespace mrsn::experiments

int main(int argc, char** argv) {
  return mrsn::RunProgram(argc, argv, mrsn::experiments::kUsage, mrsn::experiments::Main);
}
