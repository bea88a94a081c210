// bazel run //experiments:convert_checkpoint -- --in=slowfast.pyth --experiment=... --out=weights.safetensors
#include <ATen/ATen.h>

#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "experiments/config/config.h"
#include "experiments/engine/training_snapshot.h"
#include "experiments/programs/experiment_flag.h"
#include "experiments/provenance.h"
#include "mrsn/build_model.h"
#include "mrsn/checkpoint/load_checkpoint.h"
#include "mrsn/checkpoint/name_map.h"
#include "mrsn/checkpoint/scalar_type.h"
#include "ops/base/file.h"
#include "ops/base/program.h"
#include "ops/base/runfiles.h"
#include "ops/base/status_macros.h"

ABSL_FLAG(std::string, in, "", "The checkpoint: .pyth, .pth or .pt of torch.save, or .safetensors.");
ABSL_FLAG(std::string, format, "auto",
          "Whose names it has: auto, acar, alphaction, caffe2, mmaction2, native, pyslowfast, pytorchvideo, "
          "torchvision.");
ABSL_FLAG(std::string, experiment, "",
          "Whose model it is for: a file under experiments/configs without .textproto.");
ABSL_FLAG(std::string, config, "", "Instead of --experiment: a file of your own, e.g. my.textproto.");
ABSL_FLAG(std::string, override, "",
          "A change of the experiment in text format, e.g. 'model { num_classes: 60 }'.");
ABSL_FLAG(std::string, out, "", "Where the weights go: a .safetensors file.");
ABSL_FLAG(std::string, report, "", "Also write the report to this .json file.");
ABSL_FLAG(
    bool, backbone_only, false,
    "Take the backbone alone, of a Kinetics or ImageNet classifier, say; the head stays as initialised.");
ABSL_FLAG(bool, allow_partial, false,
          "Write the weights even if tensors are missing, unexpected or do not fit.");
ABSL_FLAG(bool, list, false, "Only print what is in --in.");

namespace mrsn::experiments {
namespace {

constexpr char kUsage[] =
    "Converts a checkpoint of PySlowFast, PyTorchVideo, mmaction2 and others to this project's format.\n\n"
    "  bazel run //experiments:convert_checkpoint -- --in=SLOWFAST.pyth --list\n"
    "  bazel run //experiments:convert_checkpoint -- --in=SLOW_8x8_R50.pyth \\\n"
    "      --experiment=ava22/ablation/none --out=slow.safetensors --report=slow.json\n"
    "  ... --in=resnet50.pth --backbone_only      # image kernels are inflated over time\n\n"
    "A converted file experiments/checkpoints/<experiment>.safetensors is what other experiments start "
    "from\n"
    "that name the experiment in inputs.initialise_from.\n\n"
    "Prints what became of every tensor: copied, inflated, left out, missing, unexpected, of another "
    "shape.\n"
    "Nothing in a file is executed, whatever it contains. A model that is not complete is an error.\n";

absl::Status List(const std::string& in) {
  MRSN_ASSIGN_OR_RETURN(const NamedTensors tensors, ReadTensors(in));
  std::vector<std::string> names;
  int64_t elements = 0;
  for (const auto& [name, tensor] : tensors) {
    names.push_back(name);
    elements += tensor.numel();
  }
  const auto map = ChooseNameMap("auto", names, /*two_pathways=*/false, in);
  std::printf("%s: %zu tensors, %lld elements, format %s\n", in.c_str(), tensors.size(),
              static_cast<long long>(elements), map.ok() ? map->format().c_str() : "not recognised");
  for (const auto& [name, tensor] : tensors) {
    std::printf("  %s %s [%s]\n", name.c_str(), DtypeName(tensor.scalar_type()),
                absl::StrJoin(tensor.sizes(), ",").c_str());
  }
  return absl::OkStatus();
}

absl::Status Convert(const std::string& in, const std::string& out) {
  MRSN_ASSIGN_OR_RETURN(const std::string experiment,
                        ExperimentFlag(absl::GetFlag(FLAGS_experiment), absl::GetFlag(FLAGS_config)));
  MRSN_ASSIGN_OR_RETURN(
      const ResolvedExperiment resolved,
      LoadExperiment(DataFilesRoot() + "/experiments/configs", experiment, absl::GetFlag(FLAGS_override)));
  at::manual_seed(0);  // of what the file leaves as initialised
  auto model = BuildDetector(resolved.experiment.model(), at::kCPU);
  if (!model.ok()) return AtItsPlace(resolved, model.status());
  ImportOptions options;
  options.backbone_only = absl::GetFlag(FLAGS_backbone_only);
  options.allow_partial = true;  // the whole report first, then judge it
  MRSN_ASSIGN_OR_RETURN(const ImportReport report,
                        LoadCheckpoint(in, absl::GetFlag(FLAGS_format), **model, options));
  std::fputs(report.Text().c_str(), stdout);
  const std::string report_path = UserPath(absl::GetFlag(FLAGS_report));
  if (!report_path.empty()) MRSN_RETURN_IF_ERROR(WriteFileAtomically(report_path, report.Json()));
  if (!report.complete() && !absl::GetFlag(FLAGS_allow_partial)) {
    return absl::InvalidArgumentError(
        absl::StrFormat("%s does not fit the model of %s: %s; nothing is written without --allow_partial (or "
                        "--backbone_only)",
                        in, resolved.name, report.Summary()));
  }
  Checkpoint about;
  about.set_experiment(resolved.name);
  about.set_config_fingerprint(resolved.fingerprint);
  about.set_commit(SourceCommit());
  about.set_seed(0);
  Checkpoint::Source& source = *about.mutable_imported_from();
  source.set_format(report.format);
  source.set_file(std::filesystem::path(in).filename());
  source.set_sha256(report.file_sha256);
  source.set_backbone_only(options.backbone_only);
  source.set_complete(report.complete());
  MRSN_RETURN_IF_ERROR(WriteSafetensors(out, Weights(**model, about)));
  std::printf("written: %s, weights %s\n", out.c_str(), WeightsHash(**model).c_str());
  return absl::OkStatus();
}

absl::Status Main() {
  const std::string in = UserPath(absl::GetFlag(FLAGS_in)), out = UserPath(absl::GetFlag(FLAGS_out));
  const bool list = absl::GetFlag(FLAGS_list);
  if (in.empty() || (!list && out.empty())) {
    return WrongUsage("--in and either --list or --experiment and --out are needed");
  }
  try {
    return list ? List(in) : Convert(in, out);
  } catch (const std::exception& error) {  // LibTorch, out of memory; the message then names the file
    return absl::InternalError(absl::StrCat(in, ": ", error.what()));
  }
}

}  // namespace
}  // namespace mrsn::experiments

int main(int argc, char** argv) {
  return mrsn::RunProgram(argc, argv, mrsn::experiments::kUsage, mrsn::experiments::Main);
}
