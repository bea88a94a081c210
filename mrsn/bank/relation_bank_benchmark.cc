// A relation bank of AVA's kind: 897 seconds a video, 3 persons a second, 3,072 channels (MRSN_S's G). Thirty
// videos are a tenth of AVA and 500 MB; --benchmark_filter=/1/ leaves one video.
//
//   bazel run -c opt //mrsn/bank:relation_bank_benchmark
//
// "Write" goes from floats in memory to a finished, synced bank, the merge of the parts included. "Window"
// reads 21 s from the page cache, at a random place, by 1 to 8 threads at once.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "mrsn/bank/relation_bank.h"
#include "mrsn/bank/relation_bank_writer.h"
#include "ops/base/random.h"

namespace mrsn {
namespace {

constexpr int kSeconds = 897, kFirstSecond = 902, kPersons = 3, kWidth = 3072, kRadius = 10;

std::string VideoName(int64_t n) { return absl::StrFormat("video%07d", n); }

// Where banks are written: MRSN_BENCHMARK_FOLDER, or the folder of temporary files. A folder of its own for
// each process.
std::string Folder() {
  const char* chosen = std::getenv("MRSN_BENCHMARK_FOLDER");
  const std::string parent = chosen != nullptr ? chosen : std::filesystem::temp_directory_path().string();
  return absl::StrCat(parent, "/relation_bank_benchmark.", getpid());
}

absl::Status Write(const std::string& path, int64_t videos) {
  auto writer = RelationBankWriter::Create(path, {"weights", "boxes", "config"}, kWidth);
  if (!writer.ok()) return writer.status();
  SplitMix64 random(1);
  std::vector<float> features(kPersons * kWidth);
  for (float& feature : features) feature = static_cast<float>(random.Uniform(-2, 2));
  for (int64_t video = 0; video < videos; ++video) {
    for (int second = 0; second < kSeconds; ++second) {
      features[second] += 0.25f;
      const absl::Status added = (*writer)->Add({VideoName(video), kFirstSecond + second}, features,
                                                std::vector<Box>(kPersons, Box{0.1f, 0.2f, 0.3f, 0.4f}));
      if (!added.ok()) return added;
    }
  }
  return (*writer)->Finish(videos * kSeconds);
}

void BM_Write(benchmark::State& state) {
  const std::string path = Folder() + "/written";
  int64_t bytes = 0;
  for (auto _ : state) {
    std::filesystem::remove_all(path);
    if (const absl::Status status = Write(path, state.range(0)); !status.ok()) {
      return state.SkipWithError(status.ToString().c_str());
    }
    bytes += static_cast<int64_t>(std::filesystem::file_size(path + "/data.mdb"));
  }
  state.SetBytesProcessed(bytes);
  std::filesystem::remove_all(Folder());
}
BENCHMARK(BM_Write)->Arg(1)->Arg(30)->Unit(benchmark::kMillisecond)->UseRealTime();

// One bank for the threads of a case.
class Bank : public benchmark::Fixture {
 public:
  void SetUp(const benchmark::State& state) override {
    if (state.thread_index() != 0) return;
    path_ = Folder() + "/read";
    const absl::Status written = Write(path_, state.range(0));
    auto opened = written.ok() ? RelationBank::OpenAny(path_) : written;
    if (opened.ok()) bank_ = *std::move(opened);
    if (bank_ != nullptr) (void)bank_->Verify([](int64_t) {});  // brings it into the page cache
  }
  void TearDown(const benchmark::State& state) override {
    if (state.thread_index() != 0) return;
    bank_.reset();
    std::filesystem::remove_all(Folder());
  }

 protected:
  std::string path_;
  std::unique_ptr<RelationBank> bank_;
};

BENCHMARK_DEFINE_F(Bank, Window)(benchmark::State& state) {
  SplitMix64 random(state.thread_index());
  int64_t bytes = 0;
  for (auto _ : state) {
    if (bank_ == nullptr) {
      state.SkipWithError("the bank could not be written");
      break;
    }
    const std::string video = VideoName(random.Below(state.range(0)));
    const auto second = kFirstSecond + kRadius + random.Below(kSeconds - 2 * kRadius);
    const auto window = bank_->Window({video, second}, kRadius);
    if (!window.ok() || window->offsets.size() != (2 * kRadius + 1) * kPersons) {
      state.SkipWithError("a window is not what was written");
      break;
    }
    bytes += static_cast<int64_t>(window->halves.size() * sizeof(uint16_t));
  }
  state.SetBytesProcessed(bytes);
}
BENCHMARK_REGISTER_F(Bank, Window)
    ->Arg(1)
    ->Arg(30)
    ->ThreadRange(1, 8)
    ->UseRealTime()
    ->Unit(benchmark::kMicrosecond);

BENCHMARK_DEFINE_F(Bank, Open)(benchmark::State& state) {
  for (auto _ : state) {
    const auto opened = RelationBank::OpenAny(path_);
    if (!opened.ok()) {
      state.SkipWithError(opened.status().ToString().c_str());
      break;
    }
  }
}
BENCHMARK_REGISTER_F(Bank, Open)->Arg(1)->Arg(30)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace mrsn
