// Paired comparison of two detection files on the same ground truth.
#include <cstdio>
#include <string>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "absl/strings/str_cat.h"
#include "eval/compare.h"
#include "eval/evaluation_flags.h"
#include "ops/base/file.h"

ABSL_FLAG(std::string, a, "", "detections A; formats as frame_map's --detections");
ABSL_FLAG(std::string, b, "", "detections B");

namespace mrsn::eval {
namespace {

constexpr char kUsage[] =
    "Which of two detection files is better, by how much, how sure.\n\n"
    "  bazel run //eval:compare -- --groundtruth=ava_val_v2.2.csv --a=baseline.csv --b=mine.csv\n";

int Fail(const absl::Status& status) {
  std::fprintf(stderr, "compare: %s\n", std::string(status.message()).c_str());
  return 1;
}

int Usage(const std::string& message) {
  std::fprintf(stderr, "compare: %s\nSee --help.\n", message.c_str());
  return 2;
}

int Run() {
  absl::StatusOr<EvaluationFiles> files = FilesFromFlags();
  if (!files.ok()) return Usage(std::string(files.status().message()));
  if (absl::GetFlag(FLAGS_a).empty() || absl::GetFlag(FLAGS_b).empty())
    return Usage("--a and --b are needed");
  std::vector<FrameMapEvaluator> evaluators;
  for (const std::string& path : {absl::GetFlag(FLAGS_a), absl::GetFlag(FLAGS_b)}) {
    files->detections = FlagPath(path);
    absl::StatusOr<LoadedEvaluation> loaded = LoadEvaluation(*files);
    if (!loaded.ok()) return Fail(loaded.status());
    for (const Warning& warning : loaded->warnings) {
      std::fprintf(stderr, "warning: %s\n", ToString(warning).c_str());
    }
    evaluators.push_back(std::move(loaded->evaluator));
  }
  const absl::StatusOr<Comparison> comparison = Compare(evaluators[0], evaluators[1], BootstrapFromFlags());
  if (!comparison.ok()) return Fail(comparison.status());
  std::printf("%s", ToText(*comparison, absl::GetFlag(FLAGS_a), absl::GetFlag(FLAGS_b)).c_str());
  if (const std::string json = FlagPath(absl::GetFlag(FLAGS_json)); !json.empty()) {
    const absl::Status status = WriteFileAtomically(json, ToJson(*comparison));
    if (!status.ok()) return Fail(status);
  }
  return 0;
}

}  // namespace
}  // namespace mrsn::eval

int main(int argc, char** argv) {
  absl::SetProgramUsageMessage(mrsn::eval::kUsage);
  absl::SetFlag(&FLAGS_bootstrap, 1000);  // the point of this program; --bootstrap still overrides
  const std::vector<char*> rest = absl::ParseCommandLine(argc, argv);
  if (rest.size() > 1) return mrsn::eval::Usage(absl::StrCat("unexpected argument '", rest[1], "'"));
  return mrsn::eval::Run();
}
