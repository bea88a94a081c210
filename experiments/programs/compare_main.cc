// bazel run //experiments:compare --
// --results=main/micro/acre/seed0.textproto,mine/micro/acre/seed0.textproto
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/types/optional.h"
#include "eval/analysis/bootstrap.h"
#include "experiments/provenance.h"
#include "experiments/report/comparison.h"
#include "experiments/report/comparison_page.h"
#include "experiments/report/document.h"
#include "ops/base/file.h"
#include "ops/base/program.h"
#include "ops/base/status_macros.h"

ABSL_FLAG(
    std::string, results, "",
    "Two or more results, seed<k>.textproto of //experiments:evaluate or //experiments:train, separated by "
    "commas. The first one is the baseline.");
ABSL_FLAG(std::string, output, "", "Also write the comparison as one HTML page to this file.");
ABSL_FLAG(std::string, markdown, "",
          "Write the comparison as Markdown to this file, for a pull request; default: print it.");
ABSL_FLAG(bool, json, false, "Print one JSON object instead of Markdown.");
ABSL_FLAG(
    absl::optional<double>, fail_below, absl::nullopt,
    "End with exit code 1 if a result is worse than the baseline by more than so many points of frame-mAP "
    "and its 95 % interval lies below zero; 0 or less, e.g. -0.5. Default: never.");
ABSL_FLAG(int, bootstrap, 1000, "Number of resamplings.");
ABSL_FLAG(uint64_t, seed, 1, "Of the resamplings.");

namespace mrsn::experiments {
namespace {

constexpr char kUsage[] =
    "Which of several results is better, by how much, how sure: differences of frame-mAP and of every "
    "class's\n"
    "AP, with a paired bootstrap over videos.\n\n"
    "  bazel run //experiments:compare -- --output=compare.html \\\n"
    "      --results=out/results/micro/none/seed0.textproto,out/results/micro/acre/seed0.textproto\n"
    "  bazel run //experiments:compare -- --markdown=summary.md --fail_below=-0.5 \\\n"
    "      --results=main/micro/acre/seed0.textproto,mine/micro/acre/seed0.textproto\n\n"
    "Results of different protocols, data or class lists are refused. The detections are found beside a\n"
    "result of //experiments:evaluate, and in the run's folder for a result of //experiments:train.\n";

absl::Status Main() {
  std::vector<std::string> paths;
  for (const auto path : absl::StrSplit(absl::GetFlag(FLAGS_results), ',', absl::SkipEmpty())) {
    paths.push_back(UserPath(std::string(path)));
  }
  if (paths.size() < 2) return WrongUsage("--results needs two or more files");
  eval::BootstrapOptions bootstrap;
  bootstrap.samples = absl::GetFlag(FLAGS_bootstrap);
  bootstrap.seed = absl::GetFlag(FLAGS_seed);
  if (bootstrap.samples < 1) {
    return WrongUsage(absl::StrCat("--bootstrap=", bootstrap.samples, "; allowed: 1 and more"));
  }
  const absl::optional<double> fail_below = absl::GetFlag(FLAGS_fail_below);
  if (fail_below && !(*fail_below <= 0)) {
    return WrongUsage(absl::StrCat("--fail_below=", *fail_below, "; allowed: 0 or less"));
  }
  MRSN_ASSIGN_OR_RETURN(const ResultComparison comparison, CompareResults(paths, bootstrap));
  const Document document = ComparisonPage(
      comparison,
      absl::StrCat("Made by //experiments:compare of commit ", SourceCommit(), " on ", Today(), "."));
  const std::string output = UserPath(absl::GetFlag(FLAGS_output));
  if (!output.empty()) {
    MRSN_ASSIGN_OR_RETURN(const std::string page, ToHtml(document));
    MRSN_RETURN_IF_ERROR(WriteFileAtomically(output, page));
  }
  const std::string markdown = UserPath(absl::GetFlag(FLAGS_markdown));
  if (!markdown.empty()) MRSN_RETURN_IF_ERROR(WriteFileAtomically(markdown, ToMarkdown(document)));
  if (absl::GetFlag(FLAGS_json)) {
    std::fputs(ComparisonJson(comparison).c_str(), stdout);
  } else {
    std::fputs(markdown.empty() ? ToMarkdown(document).c_str() : (document.summary + "\n").c_str(), stdout);
  }
  if (!fail_below) return absl::OkStatus();
  const std::vector<std::string> worse = WorseBy(comparison, -*fail_below);
  if (worse.empty()) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrJoin(worse, "; "));
}

}  // namespace
}  // namespace mrsn::experiments

int main(int argc, char** argv) {
  return mrsn::RunProgram(argc, argv, mrsn::experiments::kUsage, mrsn::experiments::Main);
}
