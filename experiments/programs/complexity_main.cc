// bazel run //experiments:complexity -- --experiment=micro/acre
#include <cstdio>
#include <string>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/strings/str_split.h"
#include "experiments/config/config.h"
#include "experiments/counts/complexity.h"
#include "experiments/counts/complexity_report.h"
#include "experiments/programs/experiment_flag.h"
#include "experiments/tables/render.h"
#include "ops/base/file.h"
#include "ops/base/program.h"
#include "ops/base/runfiles.h"
#include "ops/base/status_macros.h"

ABSL_FLAG(std::string, experiment, "",
          "What to count: a file under experiments/configs without .textproto; several, with commas between "
          "them, are compared.");
ABSL_FLAG(std::string, config, "", "Instead of --experiment: a file of your own, e.g. my.textproto.");
ABSL_FLAG(int, frames, 0, "Of the slow pathway; 0: as the experiment's evaluation data has.");
ABSL_FLAG(int, height, 0, "Pixels; 0: the shorter side of the experiment's evaluation data.");
ABSL_FLAG(int, width, 0, "Pixels; 0: the shorter side of the experiment's evaluation data.");
ABSL_FLAG(int, boxes, 3, "Persons in the clip.");
ABSL_FLAG(int, bank, 63, "Entries in the relation bank's window, for long-term heads.");
ABSL_FLAG(int, depth, 3, "How many names deep modules are listed: head.mrse0.acre is 3.");
ABSL_FLAG(bool, curve, false,
          "Of one experiment: also print multiply-adds of 1 to 20 boxes (the JSON always has them).");
ABSL_FLAG(std::string, relative_to, "", "When comparing: print ratios to this one of the experiments.");
ABSL_FLAG(bool, markdown, false, "Print Markdown instead of text.");
ABSL_FLAG(std::string, json, "", "Also write the counts to this file.");

namespace mrsn::experiments {
namespace {

constexpr char kUsage[] =
    "Counts parameters, multiply-adds and activation memory of an experiment's model, module by module.\n"
    "The model is run without weights or data, so this takes a second.\n\n"
    "  bazel run //experiments:complexity -- --experiment=micro/acre_aare_rse --curve\n"
    "  bazel run //experiments:complexity -- --experiment=ava22/ablation/acre --boxes=5 --json=acre.json\n"
    "  bazel run //experiments:complexity -- --experiment=micro/acre,micro/aare "
    "--relative_to=micro/aare\n\n"
    "A multiply-add counts 1. Convolutions, linear layers, matrix products and attention are counted from\n"
    "what is executed; other operations (norms, activations, pooling, softmax, RoIAlign) are listed as "
    "not\n"
    "counted. The rows of modules have everything inside them. MRSN heads are counted a second time by\n"
    "their plain equations, which repeat work that the program shares between persons.\n"
    "Activation memory, in bytes of float32: 'made' sums all tensors that operations return in one\n"
    "inference, 'alive at once' is the most of them that exist at a time, 'kept for the backward pass' is\n"
    "what exists when a training step's forward pass ends. Input, weights and memory inside of single\n"
    "kernels are left out; attention is taken to store its weights, as it does without a fused kernel.\n";

struct IntFlag {
  const char* name;
  int value, low, high;
};

absl::Status CheckFlags() {
  for (const IntFlag& flag : {IntFlag{"frames", absl::GetFlag(FLAGS_frames), 0, 1024},
                              {"height", absl::GetFlag(FLAGS_height), 0, 8192},
                              {"width", absl::GetFlag(FLAGS_width), 0, 8192},
                              {"boxes", absl::GetFlag(FLAGS_boxes), 1, 10000},
                              {"bank", absl::GetFlag(FLAGS_bank), 0, 1000000},
                              {"depth", absl::GetFlag(FLAGS_depth), 1, 100}}) {
    if (flag.value < flag.low || flag.value > flag.high) {
      return WrongUsage(
          absl::StrCat("--", flag.name, "=", flag.value, "; allowed: ", flag.low, " to ", flag.high));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<ComplexityReport> CountNamed(const std::string& name) {
  MRSN_ASSIGN_OR_RETURN(const ResolvedExperiment resolved,
                        LoadExperiment(DataFilesRoot() + "/experiments/configs", name));
  ComplexitySetting setting = SettingOf(resolved.experiment);
  if (absl::GetFlag(FLAGS_frames) > 0) setting.frames = absl::GetFlag(FLAGS_frames);
  if (absl::GetFlag(FLAGS_height) > 0) setting.height = absl::GetFlag(FLAGS_height);
  if (absl::GetFlag(FLAGS_width) > 0) setting.width = absl::GetFlag(FLAGS_width);
  setting.boxes = absl::GetFlag(FLAGS_boxes);
  setting.bank_entries = absl::GetFlag(FLAGS_bank);
  const auto report = CountComplexity(resolved.name, resolved.experiment, setting);
  if (!report.ok()) return AtItsPlace(resolved, report.status());
  return report;
}

absl::Status Main() {
  MRSN_RETURN_IF_ERROR(CheckFlags());
  MRSN_ASSIGN_OR_RETURN(const std::string experiments,
                        ExperimentFlag(absl::GetFlag(FLAGS_experiment), absl::GetFlag(FLAGS_config)));
  std::vector<ComplexityReport> reports;
  for (const absl::string_view name : absl::StrSplit(experiments, ',')) {
    MRSN_ASSIGN_OR_RETURN(reports.emplace_back(), CountNamed(std::string(name)));
  }
  const int depth = absl::GetFlag(FLAGS_depth);
  const std::string relative_to = absl::GetFlag(FLAGS_relative_to);
  TableView view;
  if (reports.size() == 1 && relative_to.empty()) {
    view = ViewComplexity(reports.front(), depth, absl::GetFlag(FLAGS_curve));
  } else {
    MRSN_ASSIGN_OR_RETURN(view, CompareHeads(reports, relative_to));
  }
  std::printf("%s", (absl::GetFlag(FLAGS_markdown) ? ToMarkdown(view) : ToTerminal(view)).c_str());
  const std::string json = absl::GetFlag(FLAGS_json);
  return json.empty() ? absl::OkStatus()
                      : WriteFileAtomically(UserPath(json), ComplexityJson(reports, depth));
}

}  // namespace
}  // namespace mrsn::experiments

int main(int argc, char** argv) {
  return mrsn::RunProgram(argc, argv, mrsn::experiments::kUsage, mrsn::experiments::Main);
}
