// bazel run //datasets:preview -- --dataset=ava --root=/data/ava --output=preview.html
#include <cstdio>
#include <string>
#include <utility>

#include "absl/flags/flag.h"
#include "absl/strings/str_cat.h"
#include "datasets/check/check_dataset.h"
#include "datasets/flow_command.h"
#include "datasets/preview/preview_page.h"
#include "datasets/preview/read_clips.h"
#include "opencv2/core/utility.hpp"
#include "ops/base/file.h"
#include "ops/base/parallel.h"
#include "ops/base/program.h"
#include "ops/base/status_macros.h"

ABSL_FLAG(std::string, dataset, "",
          "ava, ucf24, or the message in text format, 'ava { train_boxes: \"boxes.csv\" }'; of "
          "dataset_config.proto.");
ABSL_FLAG(std::string, root, "", "Folder of the data set.");
ABSL_FLAG(std::string, split, "",
          "ucf24: the list of videos, without .txt; ava: train or val. Empty = train.");
ABSL_FLAG(std::string, output, "preview.html", "The page to be written.");
ABSL_FLAG(int, clips, 24, "Clips on the page, at most.");
ABSL_FLAG(uint64_t, seed, 1, "Another seed draws other clips.");
ABSL_FLAG(std::string, video, "", "Only videos whose names hold this text.");
ABSL_FLAG(std::string, class_name, "", "Only clips of this class: its name or its number.");
ABSL_FLAG(double, around, 1,
          "Seconds before and after the key frame that small images show; 0 = no small images.");
ABSL_FLAG(int, short_side, 360, "Pixels of the images' shorter side, at most.");

namespace mrsn::datasets {
namespace {

constexpr char kUsage[] =
    "Writes a page of HTML that shows clips of a data set: key frames with annotated and detected boxes, "
    "labels and\n"
    "scores. The page is one file that loads nothing.\n\n"
    "  bazel run //datasets:preview -- --dataset=ava --root=/data/ava --split=val --output=preview.html\n"
    "  bazel run //datasets:preview -- --dataset='ucf24 { detections: \"detections.csv\" }' "
    "--root=/data/ucf24 \\\n"
    "      --split=testlist01 --class_name=Surfing --clips=60\n\n"
    "Look at it before a training: boxes that lie beside the persons, frames of another second, labels that "
    "do not\n"
    "fit are seen at once, and no program finds all of them.\n";

absl::StatusOr<PreviewOptions> OptionsFromFlags() {
  PreviewOptions options;
  options.clips = absl::GetFlag(FLAGS_clips);
  options.seed = absl::GetFlag(FLAGS_seed);
  options.video = absl::GetFlag(FLAGS_video);
  options.class_name = absl::GetFlag(FLAGS_class_name);
  options.around = absl::GetFlag(FLAGS_around);
  options.short_side = absl::GetFlag(FLAGS_short_side);
  options.threads = DefaultThreads();
  if (options.clips < 1 || options.clips > 2000) {
    return WrongUsage(absl::StrCat("--clips is ", options.clips, "; allowed: 1 to 2000"));
  }
  if (options.short_side < 64 || options.short_side > 4096) {
    return WrongUsage(absl::StrCat("--short_side is ", options.short_side, "; allowed: 64 to 4096"));
  }
  if (!(options.around >= 0 && options.around <= 60)) {
    return WrongUsage(absl::StrCat("--around is ", options.around, "; allowed: 0 to 60"));
  }
  return options;
}

// The data set's files, and the place of the split --split in it.
absl::StatusOr<std::pair<DatasetLayout, int>> LayoutFromFlags() {
  auto config = ParseDatasetFlag(absl::GetFlag(FLAGS_dataset));
  if (!config.ok()) return WrongUsage(config.status().message());
  const std::string split = absl::GetFlag(FLAGS_split);
  if (config->dataset_case() == DatasetConfig::kUcf24 && !split.empty()) {
    config->set_train_split(split);
    config->set_inference_split(split);
  }
  MRSN_ASSIGN_OR_RETURN(DatasetLayout layout, LayoutOf(*config, UserPath(absl::GetFlag(FLAGS_root))));
  if (split.empty()) return std::pair(std::move(layout), 0);
  for (size_t i = 0; i < layout.splits.size(); ++i) {
    if (layout.splits[i].name == split) return std::pair(std::move(layout), static_cast<int>(i));
  }
  return WrongUsage(absl::StrCat("--split=", split, "; allowed: train, val"));
}

absl::Status Main() {
  if (absl::GetFlag(FLAGS_dataset).empty()) return WrongUsage("--dataset is not set");
  if (absl::GetFlag(FLAGS_root).empty()) return WrongUsage("--root, the folder of the data set, is not set");
  MRSN_ASSIGN_OR_RETURN(PreviewOptions options, OptionsFromFlags());
  MRSN_ASSIGN_OR_RETURN(const auto layout, LayoutFromFlags());
  options.split = layout.second;
  cv::setNumThreads(1);
  MRSN_ASSIGN_OR_RETURN(const PreviewPage page, ReadPreview(layout.first, options));
  int64_t faults = 0;
  for (const PreviewClip& clip : page.clips) {
    if (clip.jpeg.empty()) ++faults;
  }
  const std::string output = UserPath(absl::GetFlag(FLAGS_output)), html = PreviewHtml(page);
  MRSN_RETURN_IF_ERROR(WriteFileAtomically(output, html));
  std::printf("%zu of %lld key frames, %lld without an image: %s (%.1f MB)\n", page.clips.size(),
              static_cast<long long>(page.keyframes), static_cast<long long>(faults), output.c_str(),
              static_cast<double>(html.size()) / 1e6);
  return absl::OkStatus();
}

}  // namespace
}  // namespace mrsn::datasets

int main(int argc, char** argv) {
  return mrsn::RunProgram(argc, argv, mrsn::datasets::kUsage, mrsn::datasets::Main);
}
