// bazel run //experiments:train -- --experiment=micro/acre
#include <cstdio>
#include <string>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/strings/str_cat.h"
#include "experiments/plan/plan_facts.h"
#include "experiments/plan/training_plan.h"
#include "experiments/programs/device_flag.h"
#include "experiments/programs/experiment_flag.h"
#include "experiments/programs/output_flag.h"
#include "experiments/run/cost_estimate.h"
#include "experiments/run/data_check.h"
#include "experiments/run/opened_run.h"
#include "experiments/run/preflight.h"
#include "experiments/run/run_experiment.h"
#include "experiments/run/run_settings.h"
#include "experiments/score_text.h"
#include "ops/base/file.h"
#include "ops/base/program.h"
#include "ops/base/status_macros.h"
#include "ops/distributed/in_processes.h"
#include "ops/distributed/process_group.h"

ABSL_FLAG(std::string, experiment, "", "What to train: a file under experiments/configs without .textproto.");
ABSL_FLAG(std::string, config, "",
          "Instead of --experiment: a file of your own, e.g. my.textproto; its base is a name, or a path "
          "beside it that ends in .textproto.");
ABSL_FLAG(uint64_t, seed, 0, "Of initial weights, data order, augmentation and dropout.");
ABSL_FLAG(int, workers, 0, "Threads that read clips; 0: by the number of cores. Changes no number.");
ABSL_FLAG(int, threads, 2, "Threads of one LibTorch operation.");
ABSL_FLAG(
    int, processes, 1,
    "Processes on this machine that share each batch, each with --threads threads. Not with torchrun, which "
    "starts processes itself.");
ABSL_FLAG(std::string, device, "cpu", "Where models run: cpu, cuda or cuda:<number>.");
ABSL_FLAG(std::string, data_root, "", "Folder of the data set; nothing is written there.");
ABSL_FLAG(std::string, cache_root, "", "Where generated data go; default: ~/.cache/mrsn.");
ABSL_FLAG(std::string, output_root, "", "Where runs and results go; default: out/ in the workspace.");
ABSL_FLAG(std::string, override, "",
          "A change of the config in text format, e.g. 'train { epochs: 1 }'; the result is then marked "
          "unofficial, unless only places of files below the data root changed.");
ABSL_FLAG(
    bool, dry_run, false,
    "Check the inputs, print the resolved config and a plan of steps, memory, disk and time, and stop: exit "
    "code 1 if an input is missing.");
ABSL_FLAG(int, devices, 0, "With --dry_run: the devices that will share each batch; 0: --processes.");
ABSL_FLAG(
    double, clips_per_second, 0,
    "With --dry_run: the rate of all devices together, for the time; 0: that of an earlier training here.");
ABSL_FLAG(std::string, json, "", "With --dry_run: also write the plan to this file.");
ABSL_FLAG(bool, no_wait, false,
          "If another job writes the same run or bank: end with an error instead of waiting.");
ABSL_FLAG(bool, ignore_data_errors, false,
          "Train although the check of the data found errors, where the data can be read in spite of them.");
ABSL_FLAG(std::string, export_weights, "", "Also write the trained weights to this .safetensors file.");

namespace mrsn::experiments {
namespace {

constexpr char kUsage[] =
    "Trains one experiment, evaluates it and writes its result.\n\n"
    "  bazel run //experiments:train -- --experiment=micro/acre\n"
    "  bazel run //experiments:train -- --experiment=ucf24/real_clips --data_root=/data/ucf24\n"
    "  bazel run //experiments:train -- --experiment=ava22/mrsn_s_r50 --data_root=/data/ava --dry_run\n"
    "  bazel run //experiments:train -- --experiment=ava22/mrsn_s_r50 --data_root=/data/ava --dry_run "
    "--devices=8 \\\n"
    "      --clips_per_second=60 --json=plan.json\n"
    "  bazel run //experiments:train -- --config=my.textproto --data_root=/data/mine\n"
    "  bazel run //experiments:train -- --experiment=micro/acre --processes=2 --threads=1\n"
    "  bazel run --config=cuda //experiments:train -- --experiment=micro/acre --device=cuda\n\n"
    "A run that was stopped goes on from its last checkpoint when started again; a finished run is\n"
    "found on disk. What the experiment needs (pretrained weights, a relation bank) is made first.\n";

absl::Status ShowPlan(const OpenedRun& run, const RunSettings& settings) {
  PlanOptions options;
  options.devices = absl::GetFlag(FLAGS_devices);
  if (options.devices == 0) options.devices = absl::GetFlag(FLAGS_processes);
  options.clips_per_second = absl::GetFlag(FLAGS_clips_per_second);
  options.output_root = settings.output_root;
  MRSN_ASSIGN_OR_RETURN(const PlanFacts facts, PlanFactsOf(run, options));
  MRSN_ASSIGN_OR_RETURN(const std::vector<PlanRow> plan, PlanTraining(facts));
  std::printf("\nPlan for %d device%s\n%s", options.devices, options.devices == 1 ? "" : "s",
              PlanText(plan).c_str());
  const std::string json = absl::GetFlag(FLAGS_json);
  if (json.empty()) return absl::OkStatus();
  return WriteFileAtomically(UserPath(json), PlanJson(run.node->label, options.devices, plan));
}

absl::Status DryRun(const RunRequest& request, RunSettings settings) {
  settings.generate = false;
  MRSN_ASSIGN_OR_RETURN(const OpenedRuns opened, Open(request, settings));
  const auto cost = EstimateCost(*opened.asked, settings.threads);
  std::printf("%s", PreflightText(opened, cost).c_str());
  MRSN_RETURN_IF_ERROR(ShowPlan(*opened.asked, settings));
  const DataCheck data = CheckData(opened.asked->node->resolved->experiment, settings.data_root);
  if (!data.text.empty()) std::printf("\nData\n%s", data.text.c_str());
  MRSN_RETURN_IF_ERROR(opened.AllThere());
  return settings.ignore_data_errors ? absl::OkStatus() : data.Ready();
}

absl::Status Copy(const std::string& from, const std::string& to) {
  MRSN_ASSIGN_OR_RETURN(const std::string bytes, ReadFile(from));
  return WriteFileAtomically(to, bytes);
}

// `exported`: where the weights go, too; "": nowhere. `shows`: whether this process says how the run ended.
absl::Status Train(const RunRequest& request, const RunSettings& settings, const std::string& exported,
                   bool shows) {
  MRSN_ASSIGN_OR_RETURN(const FinishedRun finished, RunExperiment(request, settings));
  if (!shows) return absl::OkStatus();
  if (!exported.empty()) MRSN_RETURN_IF_ERROR(Copy(finished.weights_path, exported));
  const Result& result = finished.result;
  for (const std::string& line : ScoreCounts(result)) std::printf("%s\n", line.c_str());
  std::printf("%s seed %llu: %s; result %s\n", result.experiment().c_str(),
              static_cast<unsigned long long>(request.seed), ScoreText(result).c_str(),
              finished.result_path.c_str());
  return absl::OkStatus();
}

// The first mistake in the flags of --dry_run; "" = none.
std::string WrongPlan() {
  if (!absl::GetFlag(FLAGS_dry_run)) {
    const bool planned = absl::GetFlag(FLAGS_devices) != 0 || absl::GetFlag(FLAGS_clips_per_second) != 0 ||
                         !absl::GetFlag(FLAGS_json).empty();
    return planned ? "--devices, --clips_per_second and --json need --dry_run" : "";
  }
  if (absl::GetFlag(FLAGS_devices) < 0) {
    return absl::StrCat("--devices=", absl::GetFlag(FLAGS_devices), "; allowed: 0 or more");
  }
  const double rate = absl::GetFlag(FLAGS_clips_per_second);
  if (!(rate >= 0 && rate < 1e12)) return absl::StrCat("--clips_per_second=", rate, "; allowed: 0 or more");
  return "";
}

absl::Status Main() {
  if (const std::string wrong = WrongPlan(); !wrong.empty()) return WrongUsage(wrong);
  MRSN_ASSIGN_OR_RETURN(const std::string experiment,
                        ExperimentFlag(absl::GetFlag(FLAGS_experiment), absl::GetFlag(FLAGS_config)));
  std::string exported = absl::GetFlag(FLAGS_export_weights);
  if (!exported.empty()) {
    MRSN_ASSIGN_OR_RETURN(exported, OutputFlag("export_weights", exported, ".safetensors"));
  }
  const RunRequest request = {experiment, absl::GetFlag(FLAGS_override), "", absl::GetFlag(FLAGS_seed)};
  RunSettings settings = DefaultSettings(absl::GetFlag(FLAGS_output_root));
  settings.data_root = UserPath(absl::GetFlag(FLAGS_data_root));
  settings.cache_root = UserPath(absl::GetFlag(FLAGS_cache_root));
  settings.threads = absl::GetFlag(FLAGS_threads);
  settings.workers = absl::GetFlag(FLAGS_workers);
  settings.wait = !absl::GetFlag(FLAGS_no_wait);
  settings.ignore_data_errors = absl::GetFlag(FLAGS_ignore_data_errors);
  MRSN_ASSIGN_OR_RETURN(settings.device, DeviceFlag(absl::GetFlag(FLAGS_device)));
  if (absl::GetFlag(FLAGS_dry_run)) return DryRun(request, settings);
  const std::string asked = settings.device;
  return InProcesses(absl::GetFlag(FLAGS_processes), asked,
                     [&](ProcessGroup& group, const std::string& device) {
                       settings.group = &group;
                       settings.device = device;
                       return Train(request, settings, exported, group.first());
                     });
}

}  // namespace
}  // namespace mrsn::experiments

int main(int argc, char** argv) {
  return mrsn::RunProgram(argc, argv, mrsn::experiments::kUsage, mrsn::experiments::Main);
}
