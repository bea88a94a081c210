// Paired comparison of two detection files on the same ground truth.
#include <cstdio>
#include <string>

#include "absl/flags/flag.h"
#include "eval/analysis/compare.h"
#include "eval/evaluation_flags.h"
#include "ops/base/file.h"
#include "ops/base/program.h"
#include "ops/base/status_macros.h"

ABSL_FLAG(std::string, a, "", "detections A; formats as frame_map's --detections");
ABSL_FLAG(std::string, b, "", "detections B");

namespace mrsn::eval {
namespace {

constexpr char kUsage[] =
    "Which of two detection files is better, by how much, how sure.\n\n"
    "  bazel run //eval:compare -- --groundtruth=ava_val_v2.2.csv --a=baseline.csv --b=mine.csv\n";

absl::Status Main() {
  MRSN_ASSIGN_OR_RETURN(EvaluationFiles files, FilesFromFlags());
  if (absl::GetFlag(FLAGS_a).empty() || absl::GetFlag(FLAGS_b).empty())
    return WrongUsage("--a and --b are needed");
  std::vector<FrameMapEvaluator> evaluators;
  for (const std::string& path : {absl::GetFlag(FLAGS_a), absl::GetFlag(FLAGS_b)}) {
    files.detections = FlagPath(path);
    MRSN_ASSIGN_OR_RETURN(LoadedEvaluation loaded, LoadEvaluation(files));
    MRSN_RETURN_IF_ERROR(ReportWarnings(loaded));
    evaluators.push_back(std::move(loaded.evaluator));
  }
  MRSN_ASSIGN_OR_RETURN(const Comparison comparison,
                        Compare(evaluators[0], evaluators[1], BootstrapFromFlags()));
  std::printf("%s", ToText(comparison, absl::GetFlag(FLAGS_a), absl::GetFlag(FLAGS_b)).c_str());
  if (const std::string json = FlagPath(absl::GetFlag(FLAGS_json)); !json.empty()) {
    MRSN_RETURN_IF_ERROR(WriteFileAtomically(json, ToJson(comparison)));
  }
  return absl::OkStatus();
}

}  // namespace
}  // namespace mrsn::eval

int main(int argc, char** argv) {
  absl::SetFlag(&FLAGS_bootstrap, 1000);  // the point of this program; --bootstrap still overrides
  return mrsn::RunProgram(argc, argv, mrsn::eval::kUsage, mrsn::eval::Main);
}
