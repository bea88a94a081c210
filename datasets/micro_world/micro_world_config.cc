#include "datasets/micro_world/micro_world_config.h"

#include <string>
#include <utility>
#include <vector>

#include "datasets/generated/generated_config.h"
#include "datasets/micro_world/micro_world.h"
#include "datasets/micro_world/rules.h"
#include "datasets/micro_world/world.h"
#include "ops/base/config_reader.h"
#include "ops/base/status_macros.h"

namespace mrsn::datasets {

absl::StatusOr<DatasetOpener> ReadMicroWorld(const DatasetConfig& config, Usage usage,
                                             const GeneratedData& generated) {
  MicroWorldOptions options;
  options.split = SplitOf(config, usage);
  ConfigReader reader(config, "dataset");
  ConfigReader world = reader.In("micro_world");
  world.Read("seed", &options.generate.seed);
  world.Read("train_videos", &options.generate.train_videos, Between(1, 100000));
  world.Read("val_videos", &options.generate.val_videos, Between(1, 100000));
  world.Read("keyframes_per_video", &options.generate.keyframes_per_video, Between(1, 897));
  world.Read("single_actor", &options.generate.single_actor);
  CheckKeyframesOnly(config, "micro_world", &reader);
  generated::CheckSplits(config, "micro_world", {"train", "val"}, &reader);
  options.proposals = ReadProposals(&reader);
  MRSN_RETURN_IF_ERROR(reader.status());
  DatasetOpener opener;
  opener.open = [options, generated](ClipDatasetOptions clip_dataset, const std::string&) {
    return OpenMicroWorld(options, std::move(clip_dataset), generated);
  };
  opener.add_files = generated::NoFiles("micro_world");
  std::vector<ActionClass> classes = micro::Classes();
  if (options.generate.single_actor) classes.resize(micro::kNumSingleActorClasses);
  opener.classes = std::move(classes);
  opener.frames_per_second = micro::kFramesPerSecond;
  return opener;
}

}  // namespace mrsn::datasets
