// Clips per second of one thread, read back from decoded videos: what training sees
// after its first epoch.
//   bazel run //datasets:loading_benchmark
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "absl/strings/str_cat.h"
#include "benchmark/benchmark.h"
#include "datasets/open_dataset.h"
#include "datasets/ucf24/acted_clips.h"

namespace mrsn::datasets {
namespace {

void LoadAll(benchmark::State& state, const DatasetConfig& config, const std::string& root) {
  auto dataset = OpenDataset(config, Usage::kTrain, root);
  if (!dataset.ok()) return state.SkipWithError(std::string(dataset.status().message()).c_str());
  const int64_t size = (*dataset)->size();
  for (int64_t i = 0; i < size; ++i)
    benchmark::DoNotOptimize((*dataset)->Load(i, i));  // decodes every video once
  int64_t index = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize((*dataset)->Load(index, index));
    index = (index + 1) % size;
  }
  state.SetItemsProcessed(state.iterations());
}

void BM_MicroWorld(benchmark::State& state) {
  DatasetConfig config;
  config.mutable_micro_world()->set_train_videos(10);
  config.mutable_micro_world()->set_val_videos(1);
  const char* scratch = std::getenv("TEST_TMPDIR");
  LoadAll(state, config, scratch != nullptr ? scratch : "");
}
BENCHMARK(BM_MicroWorld);

// Clips of UCF101's 320 x 240: 32 fast and 8 slow frames, scaled to short side 112.
void BM_Ucf24(benchmark::State& state) {
  DatasetConfig config;
  config.mutable_ucf24()->set_train_keyframe_step(16);
  config.set_train_split("clips");
  config.mutable_clip()->set_fast_ratio(4);
  config.mutable_transform()->set_short_side(112);
  const std::string root =
      absl::StrCat(std::filesystem::temp_directory_path().string(), "/loading_benchmark.", ::getpid());
  ActedClipsOptions clips;
  clips.groups = 1;
  clips.size = {320, 240};
  const absl::Status written = WriteActedClips(clips, root);
  if (!written.ok()) return state.SkipWithError(std::string(written.message()).c_str());
  LoadAll(state, config, root);
  std::filesystem::remove_all(root);
}
BENCHMARK(BM_Ucf24);

}  // namespace
}  // namespace mrsn::datasets
