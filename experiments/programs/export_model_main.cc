// bazel run //experiments:export_model -- --experiment=micro/acre --checkpoint=w.safetensors --output=m.onnx
#include <cstdio>
#include <string>
#include <vector>

#include "absl/flags/flag.h"
#include "experiments/config/config.h"
#include "experiments/onnx/export_model.h"
#include "experiments/programs/checkpoint_flag.h"
#include "experiments/programs/experiment_flag.h"
#include "experiments/programs/output_flag.h"
#include "ops/base/file.h"
#include "ops/base/program.h"
#include "ops/base/runfiles.h"
#include "ops/base/status_macros.h"

ABSL_FLAG(std::string, experiment, "",
          "Whose model is exported: a file under experiments/configs without .textproto.");
ABSL_FLAG(std::string, config, "", "Instead of --experiment: a file of your own, e.g. my.textproto.");
ABSL_FLAG(std::string, override, "",
          "A change of the experiment in text format, e.g. 'model { num_classes: 60 }'.");
ABSL_FLAG(std::string, checkpoint, "",
          "Its weights: .safetensors, or a .pth or .pyth of PySlowFast, PyTorchVideo or mmaction2; or "
          "random:<seed> for untrained ones, to try things out.");
ABSL_FLAG(std::string, class_list, "",
          "The names of the model's classes, one a line, or a label map; default: those of the experiment's "
          "data set as published.");
ABSL_FLAG(std::string, output, "", "The .onnx file to write.");

namespace mrsn::experiments {
namespace {

constexpr char kUsage[] =
    "Writes an experiment's model with its weights as an ONNX file.\n\n"
    "  bazel run //experiments:export_model -- --experiment=ava22/mrsn_s_r50 \\\n"
    "      --checkpoint=weights.safetensors --output=mrsn.onnx\n"
    "  bazel run //experiments:export_model -- --experiment=micro/acre --checkpoint=random:0 "
    "--output=try.onnx\n"
    "\n"
    "The file takes clips, boxes of persons and the clip of each box, and gives logits and scores of each "
    "box.\n"
    "The numbers of clips and boxes and the frames' height and width are free; 0 boxes are allowed. "
    "Backbone,\n"
    "RoIAlign and head are inside, in float32 with the operators of opset 17. All backbones are exported, "
    "and\n"
    "the heads linear, mrsn and context_average; a long-term mrsn takes the bank's entries as inputs, too.\n"
    "The file's metadata hold the names of the classes, how clips are cut and pixels are scaled, and where "
    "the\n"
    "weights come from.\n";

void Show(const char* title, const std::vector<std::string>& tensors) {
  std::printf("%s\n", title);
  for (const std::string& tensor : tensors) std::printf("  %s\n", tensor.c_str());
}

absl::Status Main() {
  MRSN_ASSIGN_OR_RETURN(const std::string experiment,
                        ExperimentFlag(absl::GetFlag(FLAGS_experiment), absl::GetFlag(FLAGS_config)));
  ExportModelOptions options;
  if (absl::GetFlag(FLAGS_checkpoint).empty()) return WrongUsage("--checkpoint is not set");
  options.checkpoint = CheckpointFlag(absl::GetFlag(FLAGS_checkpoint));
  options.class_list = UserPath(absl::GetFlag(FLAGS_class_list));
  MRSN_ASSIGN_OR_RETURN(options.output, OutputFlag("output", absl::GetFlag(FLAGS_output), ".onnx"));
  MRSN_ASSIGN_OR_RETURN(
      const ResolvedExperiment resolved,
      LoadExperiment(DataFilesRoot() + "/experiments/configs", experiment, absl::GetFlag(FLAGS_override)));
  MRSN_ASSIGN_OR_RETURN(const ExportedModel exported, ExportModel(resolved, options));
  if (IsRandom(options.checkpoint)) {
    std::fprintf(stderr, "note: %s: the weights are random, so the scores mean nothing\n",
                 options.checkpoint.c_str());
  }
  if (exported.bfloat16) {
    std::fprintf(stderr,
                 "note: %s computes in bfloat16, the file in float32; logits differ in the third digit\n",
                 resolved.name.c_str());
  }
  Show("inputs", exported.inputs);
  Show("outputs", exported.outputs);
  std::printf("%s written: %.1f MB, %lld nodes\n", options.output.c_str(), exported.bytes / 1e6,
              static_cast<long long>(exported.nodes));
  return absl::OkStatus();
}

}  // namespace
}  // namespace mrsn::experiments

int main(int argc, char** argv) {
  return mrsn::RunProgram(argc, argv, mrsn::experiments::kUsage, mrsn::experiments::Main);
}
