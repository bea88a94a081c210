// bazel run --config=cuda //experiments:gpu_check
#include <cstdio>
#include <string>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "experiments/device_check/check_models.h"
#include "experiments/device_check/check_ops.h"
#include "experiments/device_check/device_report.h"
#include "experiments/programs/device_flag.h"
#include "experiments/provenance.h"
#include "ops/base/program.h"
#include "ops/base/runfiles.h"
#include "ops/base/status_macros.h"
#include "ops/device/device_name.h"

ABSL_FLAG(std::string, device, "cuda",
          "What to check: cuda or cuda:<number>; cpu compares the CPU with itself.");
ABSL_FLAG(std::string, experiments,
          "micro/none,micro/acre_aare_rse_lrb,ava21/slowfast_r50,ava21/mrsn_s_r50,ava21/mrsn_l_r50,"
          "ava21/lfb_r50,ava21/acar_r50,ava21/acrn_flow,ucf24/aia_r50,ucf24/act,ucf24/step_i3d_flow",
          "Whose models: files under experiments/configs without .textproto, with commas.");
ABSL_FLAG(int, clips, 8, "Clips of a batch that is timed.");
ABSL_FLAG(int, steps, 10, "Steps of training that are timed for each model.");

namespace mrsn::experiments {
namespace {

constexpr char kUsage[] =
    "Checks a CUDA device: operations and models beside the CPU, time and memory of a step of training.\n\n"
    "  bazel run --config=cuda //experiments:gpu_check\n"
    "  bazel run --config=cuda //experiments:gpu_check -- --experiments=ava21/mrsn_s_r50 --clips=16\n\n"
    "Prints tables for BENCHMARKS.md. Reads no data set. Ends with 1 if a number differs too much, or if\n"
    "there is no such device.\n";

absl::Status Main() {
  const int clips = absl::GetFlag(FLAGS_clips), steps = absl::GetFlag(FLAGS_steps);
  if (clips < 1 || steps < 1) {
    return WrongUsage(
        absl::StrCat("--clips is ", clips, " and --steps is ", steps, "; both must be at least 1"));
  }
  MRSN_ASSIGN_OR_RETURN(const std::string name, DeviceFlag(absl::GetFlag(FLAGS_device)));
  MRSN_ASSIGN_OR_RETURN(const c10::Device device, DeviceNamed(name));
  CheckModelOptions options;
  options.configs_root = DataFilesRoot() + "/experiments/configs";
  options.clips = clips;
  options.steps = steps;
  DeviceReport report = {DeviceName(name), Today(), SourceCommit(), CheckOps(device), {}, {}};
  const std::vector<std::string> experiments =
      absl::StrSplit(absl::GetFlag(FLAGS_experiments), ',', absl::SkipEmpty());
  for (const std::string& experiment : experiments) {
    std::fprintf(stderr, "%s\n", experiment.c_str());
    const auto checked = CheckModel(experiment, options, device);
    if (checked.ok()) {
      report.models.push_back(*checked);
    } else {
      report.errors.emplace_back(checked.status().message());
    }
  }
  std::printf("%s", ToMarkdown(report).c_str());
  return report.AllOk();
}

}  // namespace
}  // namespace mrsn::experiments

int main(int argc, char** argv) {
  return mrsn::RunProgram(argc, argv, mrsn::experiments::kUsage, mrsn::experiments::Main);
}
