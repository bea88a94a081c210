// bazel run //datasets:check -- --dataset=ava --root=/data/ava
#include <cstdio>
#include <string>

#include "absl/flags/flag.h"
#include "absl/strings/str_cat.h"
#include "datasets/check/check_dataset.h"
#include "datasets/check/checked_videos.h"
#include "datasets/flow_command.h"
#include "opencv2/core/utility.hpp"
#include "ops/base/file.h"
#include "ops/base/parallel.h"
#include "ops/base/parse_text.h"
#include "ops/base/program.h"
#include "ops/base/status_macros.h"

ABSL_FLAG(std::string, dataset, "",
          "ava, ucf24, or the message in text format, 'ava { train_boxes: \"boxes.csv\" }'; of "
          "dataset_config.proto.");
ABSL_FLAG(std::string, config, "", "Instead of --dataset: a file with a whole DatasetConfig in text format.");
ABSL_FLAG(std::string, train_split, "",
          "ucf24: the list of training videos, without .txt; empty = as the config says.");
ABSL_FLAG(std::string, inference_split, "", "ucf24: the list of the videos that are scored.");
ABSL_FLAG(std::string, root, "", "Folder of the data set.");
ABSL_FLAG(std::string, level, "full",
          "quick: files of rows, and listings of folders. full: also decodes every video and looks at every "
          "image.");
ABSL_FLAG(
    std::string, json, "",
    "File that gets all findings. Until it is written, <file>.parts holds the videos that were checked.");
ABSL_FLAG(int, show, 5, "Findings of one kind on the screen.");
ABSL_FLAG(int, threads, 0, "Videos at a time; 0 = as many as there are cores.");

namespace mrsn::datasets {
namespace {

constexpr char kUsage[] =
    "Checks a data set: annotations, boxes, classes, video files, folders of frames.\n\n"
    "  bazel run //datasets:check -- --dataset=ava --root=/data/ava --json=/data/ava/check.json\n"
    "  bazel run //datasets:check -- --dataset=ucf24 --root=/data/ucf24 --train_split=trainlist01 \\\n"
    "      --inference_split=testlist01\n"
    "  bazel run //datasets:check -- --dataset='ava { frames: \"frames25\" }' --root=own --level=quick\n\n"
    "Prints numbers (rows, classes, the share of annotated boxes that detected ones cover) and findings: "
    "notes,\n"
    "warnings, and errors, which stop a run or make its numbers wrong. The exit code is 1 if there is an "
    "error.\n"
    "With --json a check that was stopped goes on where it was when it is started again.\n";

absl::StatusOr<DatasetConfig> ConfigOfFlags() {
  const std::string dataset = absl::GetFlag(FLAGS_dataset), file = absl::GetFlag(FLAGS_config);
  if (dataset.empty() == file.empty()) return WrongUsage("set either --dataset or --config");
  DatasetConfig config;
  if (!dataset.empty()) {
    const absl::StatusOr<DatasetConfig> parsed = ParseDatasetFlag(dataset);
    if (!parsed.ok()) return WrongUsage(parsed.status().message());
    config = *parsed;
  } else {
    MRSN_ASSIGN_OR_RETURN(const std::string text, ReadFile(UserPath(file)));
    if (const absl::Status parsed = ParseText(text, file, &config); !parsed.ok())
      return WrongUsage(parsed.message());
  }
  if (const std::string split = absl::GetFlag(FLAGS_train_split); !split.empty())
    config.set_train_split(split);
  if (const std::string split = absl::GetFlag(FLAGS_inference_split); !split.empty()) {
    config.set_inference_split(split);
  }
  return config;
}

absl::Status Main() {
  const std::string level = absl::GetFlag(FLAGS_level);
  if (level != "quick" && level != "full")
    return WrongUsage(absl::StrCat("--level=", level, "; allowed: quick, full"));
  const int threads = absl::GetFlag(FLAGS_threads), show = absl::GetFlag(FLAGS_show);
  if (threads < 0 || threads > 1024)
    return WrongUsage(absl::StrCat("--threads is ", threads, "; allowed: 0 to 1024"));
  if (show < 1 || show > 1000000)
    return WrongUsage(absl::StrCat("--show is ", show, "; allowed: 1 to 1000000"));
  MRSN_ASSIGN_OR_RETURN(const DatasetConfig config, ConfigOfFlags());
  if (absl::GetFlag(FLAGS_root).empty()) return WrongUsage("--root, the folder of the data set, is not set");
  const absl::StatusOr<DatasetLayout> layout = LayoutOf(config, UserPath(absl::GetFlag(FLAGS_root)));
  if (!layout.ok()) {
    if (absl::IsInvalidArgument(layout.status())) return WrongUsage(layout.status().message());
    return layout.status();
  }
  cv::setNumThreads(1);  // the videos are what is split over the cores
  const std::string json = absl::GetFlag(FLAGS_json).empty() ? "" : UserPath(absl::GetFlag(FLAGS_json));
  const std::string parts = json.empty() ? "" : absl::StrCat(json, ".parts");
  const CheckReport report = CheckDataset(*layout, level == "quick" ? CheckLevel::kQuick : CheckLevel::kFull,
                                          threads > 0 ? threads : DefaultThreads(), parts);
  std::fputs(CheckSummary(report, show).c_str(), stdout);
  if (!json.empty()) {
    MRSN_RETURN_IF_ERROR(WriteFileAtomically(json, CheckJson(report)));
    CheckedVideos(parts, *layout).Forget();
  }
  const int64_t errors = report.Count(CheckSeverity::kError);
  if (errors == 0) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(errors, " errors in ", report.root, ", first ",
                                                    report.findings[0].subject, ": ",
                                                    report.findings[0].text));
}

}  // namespace
}  // namespace mrsn::datasets

int main(int argc, char** argv) {
  return mrsn::RunProgram(argc, argv, mrsn::datasets::kUsage, mrsn::datasets::Main);
}
