// bazel run //experiments:forward -- --experiment=micro/acre --checkpoint=random:0 --input=.. --output=..
#include <cstdio>
#include <string>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "experiments/parity/forward.h"
#include "experiments/programs/checkpoint_flag.h"
#include "experiments/programs/device_flag.h"
#include "experiments/programs/experiment_flag.h"
#include "ops/base/file.h"
#include "ops/base/program.h"
#include "ops/base/runfiles.h"
#include "ops/base/status_macros.h"

ABSL_FLAG(std::string, experiment, "",
          "Whose model is run: a file under experiments/configs without .textproto.");
ABSL_FLAG(std::string, config, "", "Instead of --experiment: a file of your own, e.g. my.textproto.");
ABSL_FLAG(std::string, checkpoint, "",
          "Its weights: .safetensors, or a .pth or .pyth of PySlowFast, PyTorchVideo or mmaction2; or "
          "random:<seed> for untrained ones, to try things out.");
ABSL_FLAG(std::string, input, "", "A .safetensors file with the tensors below.");
ABSL_FLAG(std::string, output, "", "The .safetensors file to write.");
ABSL_FLAG(std::string, taps, "", "More tensors to write: names from --list_taps with commas, or all.");
ABSL_FLAG(bool, list_taps, false, "Print the names and shapes of the model's taps; needs --experiment only.");
ABSL_FLAG(std::string, device, "cpu", "Where the model runs: cpu, cuda or cuda:<number>.");
ABSL_FLAG(std::string, precision, "", "float32 or bfloat16 (autocast) instead of the experiment's.");
ABSL_FLAG(int, threads, 2, "Threads of one LibTorch operation.");

namespace mrsn::experiments {
namespace {

// Before and after the list of input tensors.
constexpr char kUsage[] =
    "Runs an experiment's model once, in evaluation mode, on tensors of a file.\n\n"
    "  bazel run //experiments:forward -- --experiment=micro/acre --list_taps\n"
    "  bazel run //experiments:forward -- --experiment=micro/acre --checkpoint=random:0 \\\n"
    "      --input=in.safetensors --output=out.safetensors --taps=R_context,X\n\n"
    "Input, B clips of T frames, N boxes, M bank entries and O objects over all clips, as far as the\n"
    "model reads them; those of the bank and of objects may be left out together:\n";
constexpr char kOutput[] =
    "Output, float32: features [B,C,h,w] (averaged over time), roi_features [N,C,7,7], G [N,g],\n"
    "logits [N,K] (before the sigmoid) and the taps asked for. F, A and G of --list_taps are features,\n"
    "roi_features and G. N may be 0: then all that comes after features has no rows. The file's metadata\n"
    "names experiment, config, weights, input, commit, device and threads.\n";

absl::Status PrintTaps(const std::string& configs_root, const std::string& experiment) {
  MRSN_ASSIGN_OR_RETURN(const std::vector<TapShape> taps, ListTaps(configs_root, experiment));
  std::printf("taps of %s in order of computation, for one clip with 2 boxes:\n", experiment.c_str());
  for (const TapShape& tap : taps) {
    std::printf("  %-24s [%s]\n", tap.name.c_str(), absl::StrJoin(tap.shape, ",").c_str());
  }
  return absl::OkStatus();
}

absl::Status Main() {
  ForwardOptions options;
  options.configs_root = DataFilesRoot() + "/experiments/configs";
  MRSN_ASSIGN_OR_RETURN(options.experiment,
                        ExperimentFlag(absl::GetFlag(FLAGS_experiment), absl::GetFlag(FLAGS_config)));
  if (absl::GetFlag(FLAGS_list_taps)) return PrintTaps(options.configs_root, options.experiment);
  for (const auto& [name, value] : {std::make_pair("checkpoint", absl::GetFlag(FLAGS_checkpoint)),
                                    std::make_pair("input", absl::GetFlag(FLAGS_input)),
                                    std::make_pair("output", absl::GetFlag(FLAGS_output))}) {
    if (value.empty()) return WrongUsage(absl::StrCat("--", name, " is not set"));
  }
  options.checkpoint = CheckpointFlag(absl::GetFlag(FLAGS_checkpoint));
  options.input = UserPath(absl::GetFlag(FLAGS_input));
  options.output = UserPath(absl::GetFlag(FLAGS_output));
  options.taps = absl::StrSplit(absl::GetFlag(FLAGS_taps), ',', absl::SkipEmpty());
  MRSN_ASSIGN_OR_RETURN(options.device, DeviceFlag(absl::GetFlag(FLAGS_device)));
  options.precision = absl::GetFlag(FLAGS_precision);
  options.threads = absl::GetFlag(FLAGS_threads);
  if (options.threads < 1)
    return WrongUsage(absl::StrCat("--threads=", options.threads, "; allowed: 1 and more"));
  MRSN_RETURN_IF_ERROR(RunForward(options));
  std::printf("%s written\n", options.output.c_str());
  return absl::OkStatus();
}

}  // namespace
}  // namespace mrsn::experiments

int main(int argc, char** argv) {
  using namespace mrsn::experiments;
  const std::string usage = absl::StrCat(kUsage, InputTensorsHelp(), kOutput);
  return mrsn::RunProgram(argc, argv, usage, Main);
}
