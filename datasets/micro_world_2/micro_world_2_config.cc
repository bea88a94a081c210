#include "datasets/micro_world_2/micro_world_2_config.h"

#include <string>
#include <utility>

#include "datasets/generated/generated_config.h"
#include "datasets/generated/open_world.h"
#include "datasets/micro_world_2/generate.h"
#include "datasets/micro_world_2/rules.h"
#include "datasets/micro_world_2/world.h"
#include "ops/base/config_reader.h"
#include "ops/base/status_macros.h"

namespace mrsn::datasets {

absl::StatusOr<DatasetOpener> ReadMicroWorld2(const DatasetConfig& config, Usage usage,
                                              const GeneratedData& generated) {
  micro2::GenerateOptions options;
  ConfigReader reader(config, "dataset");
  ConfigReader world = reader.In("micro_world_2");
  world.Read("seed", &options.seed);
  world.Read("train_videos", &options.train_videos, Between(1, 100000));
  world.Read("val_videos", &options.val_videos, Between(1, 100000));
  world.Read("test_videos", &options.test_videos, Between(1, 100000));
  world.Read("keyframes_per_video", &options.keyframes_per_video, Between(1, 897));
  world.Read("attributes", &options.attributes);
  CheckKeyframesOnly(config, "micro_world_2", &reader);
  generated::CheckSplits(config, "micro_world_2", {"train", "val", "test"}, &reader);
  const ProposalOptions proposals = ReadProposals(&reader);
  MRSN_RETURN_IF_ERROR(reader.status());
  const std::string split = SplitOf(config, usage);
  DatasetOpener opener;
  opener.open = [options, proposals, split, generated](ClipDatasetOptions clip_dataset, const std::string&) {
    return generated::OpenWorld(micro2::GeneratedWorld(options), split, proposals, std::move(clip_dataset),
                                generated);
  };
  opener.add_files = generated::NoFiles("micro_world_2");
  opener.classes = options.attributes ? micro2::AttributeClasses() : micro2::Classes();
  opener.frames_per_second = micro2::kFramesPerSecond;
  return opener;
}

}  // namespace mrsn::datasets
