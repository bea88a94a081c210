#include "datasets/ucf24/ucf24_config.h"

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "datasets/ucf24/ucf24.h"
#include "ops/base/config_reader.h"
#include "ops/base/file.h"
#include "ops/base/status_macros.h"
#include "ops/formats/class_lists.h"

namespace mrsn::datasets {
namespace {

void AddFiles(const Ucf24Options& options, Usage usage, const std::string& root, DatasetLayout* layout) {
  layout->keyframes = DatasetLayout::Keyframes::kFrames;
  layout->annotation_frame_size = options.frame;
  const std::string classes = Below(root, options.classes.empty() ? "classes.txt" : options.classes);
  if (!options.classes.empty() || FileExists(classes)) layout->class_list = classes;
  AddMedia(options.media, root, layout);
  SplitLayout split;
  split.name = options.split;
  split.annotations = Below(root, options.annotations);
  split.boxes = Below(root, options.detections);
  split.video_list = Below(root, options.split + ".txt");
  split.inference = usage == Usage::kInference;
  layout->splits.push_back(std::move(split));
}

}  // namespace

absl::StatusOr<DatasetOpener> ReadUcf24(const DatasetConfig& config, Usage usage) {
  Ucf24Options options;
  options.split = SplitOf(config, usage);
  ConfigReader reader(config, "dataset");
  ConfigReader ucf24 = reader.In("ucf24");
  ucf24.Read("annotations", &options.annotations);
  ucf24.Read("detections", &options.detections);
  ucf24.Choose("inference_keyframes", &options.every_frame, {{"ANNOTATED", false}, {"EVERY_FRAME", true}});
  ucf24.Read("classes", &options.classes);
  ucf24.Read("annotation_width", &options.frame.width, Between(1, 65536));
  ucf24.Read("annotation_height", &options.frame.height, Between(1, 65536));
  options.media = ReadMedia(&ucf24);
  int train_step = options.keyframe_step, inference_step = options.keyframe_step;
  ucf24.Read("train_keyframe_step", &train_step, Between(1, 1000));
  ucf24.Read("inference_keyframe_step", &inference_step, Between(1, 1000));
  options.keyframe_step = usage == Usage::kTrain ? train_step : inference_step;
  options.proposals = ReadProposals(&reader);
  MRSN_RETURN_IF_ERROR(reader.status());
  DatasetOpener opener;
  opener.open = [options](ClipDatasetOptions clip_dataset, const std::string& root) {
    return OpenUcf24(options, std::move(clip_dataset), root);
  };
  opener.add_files = [options, usage](const std::string& root, DatasetLayout* layout) {
    AddFiles(options, usage, root, layout);
    return absl::OkStatus();
  };
  if (config.ucf24().has_classes()) {
    opener.classes = ClassesInFile("ucf24.classes", options.classes);
  } else {
    opener.classes = formats::Ucf24Classes();
  }
  opener.names = KeyframeNames{formats::Timestamps::kFrames};
  opener.first_class = 0;
  return opener;
}

}  // namespace mrsn::datasets
