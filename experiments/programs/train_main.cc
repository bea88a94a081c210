// bazel run //experiments:train -- --experiment=micro/acre
#include <cstdio>
#include <string>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "experiments/provenance.h"
#include "experiments/run/pipeline.h"
#include "experiments/run/preflight.h"
#include "ops/base/file.h"

ABSL_FLAG(std::string, experiment, "", "What to train: a file under experiments/configs without .textproto.");
ABSL_FLAG(uint64_t, seed, 0, "Of initial weights, data order, augmentation and dropout.");
ABSL_FLAG(int, threads, 2, "Threads of one LibTorch operation.");
ABSL_FLAG(std::string, data_root, "", "Folder of the data set; empty for embedded or generated data.");
ABSL_FLAG(std::string, output_root, "", "Where runs and results go; default: out/ in the workspace.");
ABSL_FLAG(std::string, override, "",
          "A change of the config in text format, e.g. 'train { epochs: 1 }'; the result is then marked "
          "unofficial.");
ABSL_FLAG(
    bool, dry_run, false,
    "Check the inputs, print the resolved config and an estimate of memory and cost, and stop: exit code 1 "
    "if an input is missing.");
ABSL_FLAG(std::string, export_weights, "", "Also write the trained weights to this .safetensors file.");

namespace {

using mrsn::UserPath;

int DryRun(const std::string& name, const mrsn::experiments::PipelineOptions& options) {
  const auto preflight = mrsn::experiments::CheckNeeds(name, options);
  if (!preflight.ok()) {
    std::fprintf(stderr, "error: %s\n", std::string(preflight.status().message()).c_str());
    return 1;
  }
  const auto cost = mrsn::experiments::EstimateCost(name, options);
  std::printf("%s", mrsn::experiments::DescribePreflight(name, *preflight, cost).c_str());
  return preflight->AllMet().ok() ? 0 : 1;
}

int Main() {
  const std::string name = absl::GetFlag(FLAGS_experiment);
  if (name.empty()) {
    std::fprintf(stderr, "error: --experiment is not set; see --help\n");
    return 2;
  }
  mrsn::experiments::PipelineOptions options =
      mrsn::experiments::DefaultOptions(absl::GetFlag(FLAGS_output_root));
  options.data_root = UserPath(absl::GetFlag(FLAGS_data_root));
  options.override_text = absl::GetFlag(FLAGS_override);
  options.seed = absl::GetFlag(FLAGS_seed);
  options.threads = absl::GetFlag(FLAGS_threads);
  if (absl::GetFlag(FLAGS_dry_run)) return DryRun(name, options);
  const auto result = RunExperiment(name, options);
  if (!result.ok()) {
    std::fprintf(stderr, "error: %s\n", std::string(result.status().message()).c_str());
    return 1;
  }
  const std::string exported = absl::GetFlag(FLAGS_export_weights);
  if (!exported.empty()) {
    const absl::Status status = ExportWeights(name, options, UserPath(exported));
    if (!status.ok()) {
      std::fprintf(stderr, "error: %s\n", std::string(status.message()).c_str());
      return 1;
    }
  }
  std::printf("%s seed %llu: frame-mAP@%.2f %.4f (%s); result %s\n", name.c_str(),
              static_cast<unsigned long long>(options.seed), result->iou_threshold(), result->frame_map(),
              result->protocol().c_str(),
              mrsn::experiments::ResultPath(options.output_root, result->experiment(), options.seed).c_str());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  absl::SetProgramUsageMessage(
      "Trains one experiment, evaluates it and writes its result.\n\n"
      "  bazel run //experiments:train -- --experiment=micro/acre\n"
      "  bazel run //experiments:train -- --experiment=ucf24/real_clips\n"
      "  bazel run //experiments:train -- --experiment=ava22/mrsn_s_r50 --data_root=/data/ava --dry_run\n\n"
      "A run that was stopped goes on from its last checkpoint when started again; a finished run is\n"
      "found on disk. What the experiment needs (pretrained weights, a relation bank) is made first.\n"
      "Exit code: 0 done, 1 failed, 2 wrong usage.");
  const std::vector<char*> rest = absl::ParseCommandLine(argc, argv);
  if (rest.size() > 1) {
    std::fprintf(stderr, "error: unexpected argument '%s'; see --help\n", rest[1]);
    return 2;
  }
  return Main();
}
