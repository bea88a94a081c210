// bazel run //experiments:evaluate -- --experiment=ava22/mrsn_s_r50 --checkpoint=w.safetensors --data_root=D
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>

#include "absl/flags/flag.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "experiments/programs/checkpoint_flag.h"
#include "experiments/programs/device_flag.h"
#include "experiments/programs/experiment_flag.h"
#include "experiments/run/evaluate_weights.h"
#include "experiments/run/run_settings.h"
#include "experiments/score_text.h"
#include "ops/base/file.h"
#include "ops/base/program.h"
#include "ops/base/status_macros.h"
#include "ops/distributed/in_processes.h"
#include "ops/distributed/process_group.h"

ABSL_FLAG(std::string, experiment, "",
          "Whose model and data: a file under experiments/configs without .textproto.");
ABSL_FLAG(std::string, config, "", "Instead of --experiment: a file of your own, e.g. my.textproto.");
ABSL_FLAG(std::string, override, "",
          "A change of the config in text format, e.g. 'eval { iou: 0.75 }'; the result is then unofficial.");
ABSL_FLAG(
    std::string, checkpoint, "",
    "The model's weights: .safetensors of this project, or a file of PySlowFast, PyTorchVideo, mmaction2, "
    "ACAR-Net or AlphAction as it is published; or random:<seed> for untrained ones, to try things out.");
ABSL_FLAG(
    bool, allow_missing, false,
    "Evaluate even if the file does not fill the model, or holds tensors that the model lacks; the result "
    "names them. Tensors of another shape stay an error.");
ABSL_FLAG(std::string, bank, "",
          "For a model that reads the relation bank of another one: the bank of the evaluated videos, as "
          "//experiments:write_bank --videos=eval writes it.");
ABSL_FLAG(std::string, output, "",
          "The folder of the results; default: out/evaluations/<hash of the weights> in the workspace.");
ABSL_FLAG(std::string, device, "cpu", "Where the model runs: cpu, cuda or cuda:<number>.");
ABSL_FLAG(std::string, data_root, "", "Folder of the data set; nothing is written there.");
ABSL_FLAG(std::string, cache_root, "", "Where generated data go; default: ~/.cache/mrsn.");
ABSL_FLAG(int, workers, 0, "Threads that read clips; 0: by the number of cores. Changes no number.");
ABSL_FLAG(int, threads, 2, "Threads of one LibTorch operation.");
ABSL_FLAG(int, processes, 1,
          "Processes on this machine that share the clips, each with --threads threads. Not with torchrun, "
          "which starts processes itself.");
ABSL_FLAG(bool, no_wait, false, "If another job evaluates into the same folder: end with an error.");
ABSL_FLAG(bool, json, false, "Print one JSON object instead of text.");

namespace mrsn::experiments {
namespace {

constexpr char kUsage[] =
    "Scores given weights on an experiment's evaluation data: detections as CSV, and a result with "
    "frame-mAP,\n"
    "AP by class, counts and the origin of the weights.\n\n"
    "  bazel run //experiments:evaluate -- --experiment=ava22/mrsn_s_r50 --data_root=/data/ava \\\n"
    "      --checkpoint=weights.safetensors\n"
    "  bazel run //experiments:evaluate -- --experiment=reference/slowfast_r50_8x8 --data_root=/data/ava \\\n"
    "      --checkpoint=SLOWFAST_32x2_R50_SHORT.pyth\n"
    "  bazel run //experiments:evaluate -- --experiment=micro/acre --checkpoint=random:0 --json\n\n"
    "An evaluation that was stopped goes on when it is started again with the same flags; a finished one is\n"
    "found on disk. //experiments:compare compares results, //experiments:report shows them.\n";

using Json = nlohmann::ordered_json;

// "random, not trained", or the file and what it lacks.
std::string Origin(const GivenWeights& given) {
  if (given.random()) return "random, not trained";
  std::string origin = absl::StrCat(given.file(), ", ", given.format());
  if (given.missing_size() > 0) absl::StrAppend(&origin, ", ", given.missing_size(), " tensors missing");
  if (given.unused_size() > 0) absl::StrAppend(&origin, ", ", given.unused_size(), " tensors unused");
  return origin;
}

Json ToJson(const EvaluatedWeights& evaluated) {
  const Result& result = evaluated.result;
  const GivenWeights& given = result.given_weights();
  Json json = {{"experiment", result.experiment()},
               {"seed", result.seed()},
               {"protocol", result.protocol()},
               {"iou_threshold", result.iou_threshold()},
               {"frame_map", result.has_frame_map() ? Json(result.frame_map()) : Json(nullptr)},
               {"counts", ScoreCounts(result)},
               {"official", result.official()},
               {"weights", {{"hash", result.weights_hash()}, {"random", given.random()}}},
               {"result", evaluated.result_path},
               {"detections", evaluated.detections_path},
               {"ground_truth", evaluated.ground_truth_path},
               {"was_there", evaluated.was_there}};
  Json& weights = json["weights"];
  if (!given.random()) {
    weights["file"] = given.file();
    weights["format"] = given.format();
    weights["sha256"] = given.sha256();
    weights["missing"] = Json::array();
    weights["unused"] = Json::array();
    for (const std::string& name : given.missing()) weights["missing"].push_back(name);
    for (const std::string& name : given.unused()) weights["unused"].push_back(name);
  }
  for (const ClassScore& score : result.per_class()) {
    json["per_class"].push_back({{"id", score.id()},
                                 {"name", score.name()},
                                 {"ap", score.has_ap() ? Json(score.ap()) : Json(nullptr)},
                                 {"num_gt", score.num_gt()}});
  }
  return json;
}

std::string ToText(const EvaluatedWeights& evaluated) {
  const Result& result = evaluated.result;
  return absl::StrCat(absl::StrJoin(ScoreCounts(result), "\n"), "\n", result.experiment(), " seed ",
                      result.seed(), ": ", ScoreText(result), "; weights ",
                      result.weights_hash().substr(0, 12), " (", Origin(result.given_weights()), ")\n",
                      evaluated.was_there ? "was there: " : "result: ", evaluated.result_path,
                      "\ndetections: ", evaluated.detections_path, "\n");
}

absl::Status Main() {
  EvaluateWeightsOptions options;
  MRSN_ASSIGN_OR_RETURN(options.request.experiment,
                        ExperimentFlag(absl::GetFlag(FLAGS_experiment), absl::GetFlag(FLAGS_config)));
  options.request.override_text = absl::GetFlag(FLAGS_override);
  options.checkpoint = CheckpointFlag(absl::GetFlag(FLAGS_checkpoint));
  if (options.checkpoint.empty()) return WrongUsage("--checkpoint is not set");
  options.allow_missing = absl::GetFlag(FLAGS_allow_missing);
  options.bank = UserPath(absl::GetFlag(FLAGS_bank));
  options.output = UserPath(absl::GetFlag(FLAGS_output));
  options.settings = DefaultSettings("");
  options.settings.data_root = UserPath(absl::GetFlag(FLAGS_data_root));
  options.settings.cache_root = UserPath(absl::GetFlag(FLAGS_cache_root));
  options.settings.workers = absl::GetFlag(FLAGS_workers);
  MRSN_ASSIGN_OR_RETURN(options.settings.device, DeviceFlag(absl::GetFlag(FLAGS_device)));
  options.settings.threads = absl::GetFlag(FLAGS_threads);
  if (options.settings.threads < 1) {
    return WrongUsage(absl::StrCat("--threads=", options.settings.threads, "; allowed: 1 and more"));
  }
  options.settings.wait = !absl::GetFlag(FLAGS_no_wait);
  const std::string asked = options.settings.device;
  return InProcesses(absl::GetFlag(FLAGS_processes), asked,
                     [&](ProcessGroup& group, const std::string& device) -> absl::Status {
                       options.settings.group = &group;
                       options.settings.device = device;
                       MRSN_ASSIGN_OR_RETURN(const EvaluatedWeights evaluated, EvaluateWeights(options));
                       if (!group.first()) return absl::OkStatus();
                       // Names come from files and need not be UTF-8.
                       const std::string text =
                           absl::GetFlag(FLAGS_json)
                               ? ToJson(evaluated).dump(2, ' ', false, Json::error_handler_t::replace) + "\n"
                               : ToText(evaluated);
                       std::fputs(text.c_str(), stdout);
                       return absl::OkStatus();
                     });
}

}  // namespace
}  // namespace mrsn::experiments

int main(int argc, char** argv) {
  return mrsn::RunProgram(argc, argv, mrsn::experiments::kUsage, mrsn::experiments::Main);
}
