// ./bazelw run //experiments:report -- --results=out/results --output=report.html
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "experiments/provenance.h"
#include "experiments/report/document.h"
#include "experiments/report/report.h"
#include "experiments/report/result_set.h"
#include "ops/base/file.h"
#include "ops/base/program.h"
#include "ops/base/runfiles.h"
#include "ops/base/status_macros.h"

ABSL_FLAG(std::string, results, "",
          "Results: folders (all files seed<k>.textproto below them), or files such as "
          "experiments/records/results/<table>.textproto; separated by commas. Default: out/results.");
ABSL_FLAG(std::string, experiments, "",
          "Which experiments: names or shell patterns such as 'micro/*', separated by commas. Default: all.");
ABSL_FLAG(std::string, output, "report.html", "The page.");
ABSL_FLAG(std::string, title, "Results", "Heading of the page.");
ABSL_FLAG(std::string, baseline, "",
          "Experiment that gains are counted from. Default: the first row of the first table.");
ABSL_FLAG(std::string, focus, "",
          "Experiment that is shown class by class. Default: the one of the best mAP.");
ABSL_FLAG(std::string, tables, "",
          "Tables to show, such as table4_micro, separated by commas. Default: all with a measured row.");
ABSL_FLAG(
    std::string, runs, "",
    "Folder of the runs, for the curves of their trainings and for their detections. Default: the folder "
    "`runs` beside --results.");
ABSL_FLAG(std::string, data_root, "",
          "Folder of the evaluated data, for pictures of the worst key frames. Generated data needs none.");
ABSL_FLAG(std::string, cache_root, "", "Where generated data are; default: ~/.cache/mrsn.");

namespace mrsn::experiments {
namespace {

constexpr char kUsage[] =
    "Writes one HTML page about results: tables, bars, classes, costs, curves of precision and recall, "
    "kinds\n"
    "of errors, the worst videos with their key frames, training curves, and the origin of every number. "
    "The\n"
    "page needs no network and no other file.\n\n"
    "  ./bazelw run //experiments:report -- --results=out/results --output=report.html\n"
    "  ./bazelw run //experiments:report -- --results=experiments/records/results/table4_micro.textproto\n"
    "  ./bazelw run //experiments:report -- --experiments='micro/*' --baseline=micro/none\n"
    "  ./bazelw run //experiments:report -- --results=out/results --data_root=/data/ava\n\n"
    "Results of different protocols, data or class lists are refused: --experiments chooses.\n";

std::vector<std::string> List(const std::string& value) {
  return absl::StrSplit(value, ',', absl::SkipEmpty());
}

// The folder `runs` beside the first source, or "".
std::string RunsBeside(const std::string& results) {
  const std::filesystem::path beside =
      std::filesystem::absolute(results).lexically_normal().parent_path() / "runs";
  return FileExists(beside) ? beside.string() : "";
}

absl::Status Main() {
  if (absl::GetFlag(FLAGS_output).empty()) return WrongUsage("--output is not set");
  std::vector<std::string> sources;
  for (const std::string& source : List(absl::GetFlag(FLAGS_results))) sources.push_back(UserPath(source));
  if (sources.empty()) sources.push_back(DefaultOutputRoot() + "/results");
  MRSN_ASSIGN_OR_RETURN(ResultSet results, ReadResultSet(sources, List(absl::GetFlag(FLAGS_experiments))));
  ReportOptions options;
  options.title = absl::GetFlag(FLAGS_title);
  options.source = absl::GetFlag(FLAGS_results).empty() ? "out/results" : absl::GetFlag(FLAGS_results);
  options.made_by =
      absl::StrCat("Made by //experiments:report of commit ", SourceCommit(), " on ", Today(), ".");
  options.baseline = absl::GetFlag(FLAGS_baseline);
  options.focus = absl::GetFlag(FLAGS_focus);
  options.tables = List(absl::GetFlag(FLAGS_tables));
  const std::string root = DataFilesRoot();
  options.tables_root = root + "/experiments/tables";
  options.configs_root = root + "/experiments/configs";
  options.counts_path = root + "/experiments/records/counts.textproto";
  options.runs_root =
      absl::GetFlag(FLAGS_runs).empty() ? RunsBeside(sources.front()) : UserPath(absl::GetFlag(FLAGS_runs));
  options.data_root = UserPath(absl::GetFlag(FLAGS_data_root));
  options.cache_root = UserPath(absl::GetFlag(FLAGS_cache_root));
  MRSN_ASSIGN_OR_RETURN(const Document document, Report(std::move(results), options));
  MRSN_ASSIGN_OR_RETURN(const std::string page, ToHtml(document));
  const std::string output = UserPath(absl::GetFlag(FLAGS_output));
  MRSN_RETURN_IF_ERROR(WriteFileAtomically(output, page));
  std::printf("%s\n", output.c_str());
  return absl::OkStatus();
}

}  // namespace
}  // namespace mrsn::experiments

int main(int argc, char** argv) {
  return mrsn::RunProgram(argc, argv, mrsn::experiments::kUsage, mrsn::experiments::Main);
}
