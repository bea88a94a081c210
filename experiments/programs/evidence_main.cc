// bazel run //experiments:evidence -- --results=out/results --scale=world1.json,world2.json,world3.json
#include <cstdio>
#include <string>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "experiments/evidence/answers.h"
#include "experiments/evidence/answers_page.h"
#include "experiments/evidence/contrasts.h"
#include "experiments/evidence/scale_file.h"
#include "experiments/evidence/scored_runs.h"
#include "experiments/provenance.h"
#include "experiments/report/document.h"
#include "ops/base/file.h"
#include "ops/base/program.h"
#include "ops/base/runfiles.h"
#include "ops/base/status_macros.h"

ABSL_FLAG(std::string, results, "out/results", "The folder of results that sweeps have written.");
ABSL_FLAG(
    std::string, contrasts, "",
    "The contrasts, a file as experiments/evidence/contrasts.proto says; default: those of EVIDENCE.md.");
ABSL_FLAG(
    std::string, scale, "",
    "Files of //experiments:evidence_scale --json, separated by commas, one for each world and one for the "
    "rooms of the probe. Without them no share of headroom is shown.");
ABSL_FLAG(std::string, markdown, "", "Write the answers as Markdown to this file; default: print them.");
ABSL_FLAG(std::string, json, "", "Also write the answers as JSON to this file.");

namespace mrsn::experiments {
namespace {

constexpr char kUsage[] =
    "Answers the questions of experiments/EVIDENCE.md from the results of its sweeps: differences with a "
    "hierarchical\n"
    "paired bootstrap over rooms and pairs of seeds, answers by the page's rules, Holm's correction.\n\n"
    "  bazel run //experiments:evidence_scale -- --experiment=evidence/none --json=world1.json\n"
    "  bazel run //experiments:evidence -- --results=out/results "
    "--scale=world1.json,world2.json,world3.json\n\n"
    "Runs whose seeds, rooms, data or configuration do not belong together are refused. What was not run is "
    "shown as\n"
    "\"not run\".\n";

absl::Status Main() {
  std::string path = UserPath(absl::GetFlag(FLAGS_contrasts));
  if (path.empty()) path = DataFilesRoot() + "/experiments/evidence/contrasts.textproto";
  MRSN_ASSIGN_OR_RETURN(const Contrasts contrasts, ReadContrasts(path));
  std::vector<ScaleOfData> scales;
  for (const auto file : absl::StrSplit(absl::GetFlag(FLAGS_scale), ',', absl::SkipEmpty())) {
    MRSN_ASSIGN_OR_RETURN(scales.emplace_back(), ReadScale(UserPath(std::string(file))));
  }
  ScoredRuns::Options options;
  options.draws = contrasts.draws();
  options.seed = contrasts.seed();
  MRSN_ASSIGN_OR_RETURN(ScoredRuns runs, ScoredRuns::Open(UserPath(absl::GetFlag(FLAGS_results)), options));
  MRSN_ASSIGN_OR_RETURN(const Answers answers, AnswerContrasts(contrasts, scales, &runs));
  const Document document = AnswersPage(
      answers, contrasts,
      absl::StrCat("Made by //experiments:evidence of commit ", SourceCommit(), " on ", Today(), "."));
  const std::string json = UserPath(absl::GetFlag(FLAGS_json));
  if (!json.empty()) MRSN_RETURN_IF_ERROR(WriteFileAtomically(json, AnswersJson(answers, contrasts)));
  const std::string markdown = UserPath(absl::GetFlag(FLAGS_markdown));
  if (!markdown.empty()) MRSN_RETURN_IF_ERROR(WriteFileAtomically(markdown, ToMarkdown(document)));
  std::fputs(markdown.empty() ? ToMarkdown(document).c_str() : (document.summary + "\n").c_str(), stdout);
  return absl::OkStatus();
}

}  // namespace
}  // namespace mrsn::experiments

int main(int argc, char** argv) {
  return mrsn::RunProgram(argc, argv, mrsn::experiments::kUsage, mrsn::experiments::Main);
}
