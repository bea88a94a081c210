#include "datasets/ava/ava_config.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "ops/base/config_reader.h"
#include "ops/base/status_macros.h"

namespace mrsn::datasets {
namespace {

// The files of one split: train or val.
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
  const std::string prefix = split == "train" ? "train_" : "val_";
  read_path(prefix + "annotations", &options.annotations);
  ava.Read(prefix + "excluded", &options.excluded);
  ava.Read(prefix + "boxes", &options.boxes);
  read_path("label_map", &options.label_map);
  read_path("evaluated_label_map", &options.evaluated_label_map);
  read_path("frames", &options.media.frames);
  read_path("videos", &options.media.videos);
  ava.Read("frame_name", &options.media.frame_name);
  if (const auto pattern = FramePattern::Parse(options.media.frame_name); !pattern.ok()) {
    ava.Fail("frame_name", ConfigReader::TextOf(options.media.frame_name),
             "a file name with one number, as {video}_%06d.jpg or img_%05d.jpg");
  }
  int first_frame = static_cast<int>(options.media.first_frame);
  ava.Read("first_frame", &first_frame, Between(0, 1000000));
  options.media.first_frame = first_frame;
  ava.Read("first_second", &options.first_second, Between(-1e6, 1e6));
  ava.Read("frames_per_second", &options.frames_per_second, AboveUpTo(0, 1000));
  ava.Read("first_keyframe_second", &options.names.first, Between(0, 1000000));
  ava.Read("last_keyframe_second", &options.names.last, Between(0, 1000000));
  if (options.names.first > options.names.last) {
    ava.Fail("first_keyframe_second", absl::StrCat(options.names.first),
             absl::StrCat("up to last_keyframe_second, ", options.names.last));
  }
  return options;
}

}  // namespace

absl::StatusOr<AvaOptions> ReadAvaFiles(const DatasetConfig& config, const std::string& split) {
  ConfigReader reader(config, "dataset");
  AvaOptions options = ReadFiles(split, &reader);
  MRSN_RETURN_IF_ERROR(reader.status());
  return options;
}

absl::StatusOr<DatasetOpener> ReadAva(const DatasetConfig& config, Usage usage) {
  const std::string split = SplitOf(config, usage);
  ConfigReader reader(config, "dataset");
  CheckKeyframeDataset(config, "ava", &reader);
  for (const char* other : {"train", "val"}) ReadFiles(other, &reader);
  AvaOptions options = ReadFiles(split, &reader);
  options.proposals = ReadProposals(&reader);
  MRSN_RETURN_IF_ERROR(reader.status());
  return DatasetOpener{
      [options](ClipDatasetOptions clip_dataset,
                const std::string& root) -> absl::StatusOr<std::unique_ptr<Dataset>> {
        if (root.empty()) {
          return absl::InvalidArgumentError("ava needs a data root, the folder of annotations/ and frames/");
        }
        return OpenAva(options, std::move(clip_dataset), root);
      },
      options.names};
}

}  // namespace mrsn::datasets
