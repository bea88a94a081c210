// bazel run //experiments:write_bank -- --experiment=ava22/mrsn_s_r50 --checkpoint=w.safetensors
// --data_root=D
#include <cstdio>
#include <string>

#include "absl/flags/flag.h"
#include "absl/strings/str_cat.h"
#include "experiments/programs/checkpoint_flag.h"
#include "experiments/programs/device_flag.h"
#include "experiments/programs/experiment_flag.h"
#include "experiments/run/run_settings.h"
#include "experiments/run/write_bank.h"
#include "ops/base/file.h"
#include "ops/base/program.h"
#include "ops/base/status_macros.h"
#include "ops/distributed/in_processes.h"
#include "ops/distributed/process_group.h"

ABSL_FLAG(std::string, experiment, "",
          "Whose model and data: a file under experiments/configs without .textproto.");
ABSL_FLAG(std::string, config, "", "Instead of --experiment: a file of your own, e.g. my.textproto.");
ABSL_FLAG(std::string, override, "", "A change of the config in text format, e.g. 'train_data { ... }'.");
ABSL_FLAG(
    std::string, checkpoint, "",
    "The model's weights: .safetensors, or a .pth or .pyth of PySlowFast, PyTorchVideo or mmaction2; or "
    "random:<seed> for untrained ones, to try things out.");
ABSL_FLAG(std::string, videos, "train", "Whose features: train or eval, as the experiment splits its data.");
ABSL_FLAG(std::string, bank, "",
          "The folder to write; default: out/banks/<experiment>/<videos>-<identity> in the workspace.");
ABSL_FLAG(std::string, device, "cpu", "Where the model runs: cpu, cuda or cuda:<number>.");
ABSL_FLAG(std::string, data_root, "", "Folder of the data set; nothing is written there.");
ABSL_FLAG(std::string, cache_root, "", "Where generated data go; default: ~/.cache/mrsn.");
ABSL_FLAG(int, workers, 0, "Threads that read clips; 0: by the number of cores. Changes no number.");
ABSL_FLAG(int, threads, 2, "Threads of one LibTorch operation.");
ABSL_FLAG(int, processes, 1,
          "Processes on this machine that share the clips, each with --threads threads. Not with torchrun, "
          "which starts processes itself.");
ABSL_FLAG(bool, no_wait, false, "If another job writes the same bank: end with an error instead of waiting.");

namespace mrsn::experiments {
namespace {

constexpr char kUsage[] =
    "Writes the relation bank of a model: the features of every person of every clip.\n\n"
    "  bazel run //experiments:write_bank -- --experiment=ava22/mrsn_s_r50 --data_root=/data/ava \\\n"
    "      --checkpoint=weights.safetensors\n"
    "  bazel run //experiments:write_bank -- --config=my.textproto --data_root=/data/mine "
    "--checkpoint=random:0\n\n"
    "A program that was stopped goes on where it was when it is started again with the same flags; a\n"
    "finished bank is left as it is. //experiments:inspect_bank shows its contents.\n";

absl::Status Main() {
  WriteBankOptions options;
  MRSN_ASSIGN_OR_RETURN(options.request.experiment,
                        ExperimentFlag(absl::GetFlag(FLAGS_experiment), absl::GetFlag(FLAGS_config)));
  options.request.override_text = absl::GetFlag(FLAGS_override);
  options.checkpoint = CheckpointFlag(absl::GetFlag(FLAGS_checkpoint));
  if (options.checkpoint.empty()) return WrongUsage("--checkpoint is not set");
  const std::string videos = absl::GetFlag(FLAGS_videos);
  if (videos != "train" && videos != "eval") {
    return WrongUsage(absl::StrCat("--videos=", videos, "; allowed: train, eval"));
  }
  options.evaluated_videos = videos == "eval";
  options.bank = UserPath(absl::GetFlag(FLAGS_bank));
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
                       MRSN_ASSIGN_OR_RETURN(const WrittenBank written, WriteBank(options));
                       if (!group.first()) return absl::OkStatus();
                       std::printf("%s %s; weights %s%s\n", written.path.c_str(),
                                   written.was_there ? "was there already" : "written",
                                   written.identity.checkpoint.substr(0, 12).c_str(),
                                   IsRandom(options.checkpoint) ? " (random, not trained)" : "");
                       return absl::OkStatus();
                     });
}

}  // namespace
}  // namespace mrsn::experiments

int main(int argc, char** argv) {
  return mrsn::RunProgram(argc, argv, mrsn::experiments::kUsage, mrsn::experiments::Main);
}
