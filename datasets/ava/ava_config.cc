#include "datasets/ava/ava_config.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "ops/base/config_reader.h"
#include "ops/base/file.h"
#include "ops/base/status_macros.h"
#include "ops/formats/class_lists.h"

namespace mrsn::datasets {
namespace {

// The files of one split.
AvaOptions ReadFiles(const std::string& split, ConfigReader* reader) {
  ConfigReader ava = reader->In("ava");
  std::string version = "v2.2";
  ava.Read("version", &version);
  if (version != "v2.1" && version != "v2.2")
    ava.Fail("version", ConfigReader::TextOf(version), "v2.1, v2.2");
  const std::string stem = absl::StrCat("annotations/ava_", split, "_");
  AvaOptions options;
  options.annotations = absl::StrCat(stem, version, ".csv");
  options.excluded = absl::StrCat(stem, "excluded_timestamps_", version, ".csv");
  options.boxes = absl::StrCat(stem, "predicted_boxes.csv");
  options.label_map = absl::StrCat("annotations/ava_action_list_", version, ".pbtxt");
  options.evaluated_label_map = absl::StrCat("annotations/ava_action_list_", version, "_for_activitynet_",
                                             version == "v2.1" ? "2018" : "2019", ".pbtxt");
  const auto read_path = [&](const std::string& field, std::string* path) {
    ava.Read(field, path);
    if (path->empty()) ava.Fail(field, "empty", "a path");
  };
  if (split == "train" || split == "val") {  // others have the names of the defaults
    read_path(split + "_annotations", &options.annotations);
    ava.Read(split + "_excluded", &options.excluded);
    ava.Read(split + "_boxes", &options.boxes);
  }
  options.classes_txt = !ava.Has("label_map") && !ava.Has("evaluated_label_map");
  read_path("label_map", &options.label_map);
  read_path("evaluated_label_map", &options.evaluated_label_map);
  options.media = ReadMedia(&ava);
  ava.Read("first_second", &options.first_second, Between(0, 1e6));
  ava.Read("frames_per_second", &options.frames_per_second, Between(0.1, 1000));
  ava.Read("video_first_second", &options.video_first_second, Between(0, 1e6));
  KeyframeNames& keyframes = options.keyframes;
  ava.Read("first_keyframe_second", &keyframes.first, Between(0, 1e6));
  ava.Read("last_keyframe_second", &keyframes.last, Between(0, 1e6));
  if (ava.ok() && keyframes.last < keyframes.first) {
    ava.Fail("last_keyframe_second", absl::StrCat(keyframes.last),
             absl::StrCat("first_keyframe_second, ", keyframes.first, ", and more"));
  }
  return options;
}

constexpr int kClasses = 80;

// The published ids 1 to 80. The lists name the 60 that are evaluated.
std::vector<ActionClass> PublishedClasses() {
  std::vector<ActionClass> classes;
  for (int id = 1; id <= kClasses; ++id) classes.push_back({id, absl::StrCat("class ", id), "", false});
  for (ActionClass& c : formats::AvaEvaluatedClasses()) {
    const int position = c.id - 1;
    classes[position] = std::move(c);
  }
  return classes;
}

void AddFiles(const AvaOptions& options, const std::string& split_name, Usage usage, const std::string& root,
              DatasetLayout* layout) {
  SplitLayout split;
  split.name = split_name;
  split.annotations = Below(root, options.annotations);
  split.excluded = Below(root, options.excluded);
  split.boxes = Below(root, options.boxes);
  split.inference = usage == Usage::kInference;
  layout->splits.push_back(std::move(split));
  layout->label_map = Below(root, options.label_map);
  layout->evaluated_label_map = Below(root, options.evaluated_label_map);
  if (options.classes_txt && !FileExists(layout->label_map) && FileExists(Below(root, "classes.txt"))) {
    layout->class_list = Below(root, "classes.txt");
  }
  AddMedia(options.media, root, layout);
  layout->first_second = options.first_second;
  layout->frames_per_second = options.frames_per_second;
  layout->video_first_second = options.video_first_second;
  layout->first_keyframe_second = options.keyframes.first;
  layout->last_keyframe_second = options.keyframes.last;
}

}  // namespace

absl::StatusOr<DatasetOpener> ReadAva(const DatasetConfig& config, Usage usage) {
  const std::string split = SplitOf(config, usage);
  ConfigReader reader(config, "dataset");
  CheckKeyframesOnly(config, "ava", &reader);
  CheckSplitNames(config, &reader);
  for (const char* other : {"train", "val"}) ReadFiles(other, &reader);
  AvaOptions options = ReadFiles(split, &reader);
  options.proposals = ReadProposals(&reader);
  MRSN_RETURN_IF_ERROR(reader.status());
  DatasetOpener opener;
  opener.open = [options](ClipDatasetOptions clip_dataset,
                          const std::string& root) -> absl::StatusOr<std::unique_ptr<Dataset>> {
    if (root.empty()) {
      return absl::InvalidArgumentError("ava needs a data root, the folder of annotations/ and frames/");
    }
    return OpenAva(options, std::move(clip_dataset), root);
  };
  opener.add_files = [options, split, usage](const std::string& root, DatasetLayout* layout) {
    AddFiles(options, split, usage, root, layout);
    return absl::OkStatus();
  };
  if (config.ava().has_label_map()) {
    opener.classes = ClassesInFile("ava.label_map", options.label_map);
  } else {
    opener.classes = PublishedClasses();
  }
  opener.names = options.keyframes;
  opener.frames_per_second = options.frames_per_second;
  return opener;
}

}  // namespace mrsn::datasets
