// Opens a made-up data set of the size of AVA's training split: 837,318 annotation rows, as many rows of
// boxes, 235 videos. Prints seconds, and the process's largest memory in megabytes.
//   bazel run //datasets/ava:opening_benchmark
#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "benchmark/benchmark.h"
#include "datasets/open_dataset.h"
#include "ops/base/file.h"
#include "ops/base/random.h"
#include "ops/base/status_macros.h"

namespace mrsn::datasets {
namespace {

constexpr int kVideos = 235, kRows = 837318;
constexpr int kImages = 91;  // one for every 10 seconds: the files are empty, and only listed

// Two persons a second with two actions each; the box list has a row for each pair of box and label.
absl::Status WriteRoot(const std::string& root) {
  SplitMix64 random(1);
  std::string annotations, boxes;
  int rows = 0;
  for (int v = 0; v < kVideos; ++v) {
    const std::string video = absl::StrFormat("video%06d", v);
    const std::string folder = absl::StrCat(root, "/frames/", video);
    MRSN_RETURN_IF_ERROR(MakeFolders(folder));
    for (int image = 1; image <= kImages; ++image) {
      std::ofstream(absl::StrFormat("%s/%s_%06d.jpg", folder, video, image));
    }
    for (int second = 902; second <= 1798; ++second) {
      for (int person = 0; person < 2; ++person) {
        const double x1 = random.Uniform(0, 0.4), y1 = random.Uniform(0, 0.4);
        const double x2 = random.Uniform(0.5, 1), y2 = random.Uniform(0.5, 1);
        const std::string box = absl::StrFormat("%s,%04d,%.3f,%.3f,%.3f,%.3f", video, second, x1, y1, x2, y2);
        const double score = random.Uniform(0, 1);
        for (int action = 1; action <= 2; ++action) {
          const int id = 1 + (person + 7 * action + second) % 80;
          absl::StrAppendFormat(&boxes, "%s,%d,%.6f\n", box, id, score);
          if (rows++ < kRows) absl::StrAppendFormat(&annotations, "%s,%d,%d\n", box, id, person);
        }
      }
    }
  }
  std::string classes;
  for (int i = 1; i <= 80; ++i) absl::StrAppend(&classes, "action ", i, "\n");
  MRSN_RETURN_IF_ERROR(WriteFileAtomically(root + "/classes.txt", classes));
  MRSN_RETURN_IF_ERROR(WriteFileAtomically(root + "/annotations/ava_train_v2.2.csv", annotations));
  MRSN_RETURN_IF_ERROR(WriteFileAtomically(root + "/annotations/ava_train_predicted_boxes.csv", boxes));
  return WriteFileAtomically(root + "/annotations/ava_train_excluded_timestamps_v2.2.csv", "");
}

// Written once for all repetitions, and removed at the program's end.
class Root {
 public:
  Root() : written_(WriteRoot(path_)) {}
  ~Root() { std::filesystem::remove_all(path_); }
  const std::string& path() const { return path_; }
  const absl::Status& written() const { return written_; }

 private:
  const std::string path_ =
      absl::StrCat(std::filesystem::temp_directory_path().string(), "/opening_benchmark.", ::getpid());
  const absl::Status written_;
};

void BM_OpenAva(benchmark::State& state) {
  static const Root root;
  if (!root.written().ok()) return state.SkipWithError(std::string(root.written().message()).c_str());
  DatasetConfig config;
  config.mutable_ava()->set_first_second(902);
  config.mutable_ava()->set_frames_per_second(0.1);
  for (auto _ : state) {
    const auto dataset = OpenDataset(config, Usage::kTrain, root.path());
    if (!dataset.ok()) return state.SkipWithError(std::string(dataset.status().message()).c_str());
    state.counters["clips"] = static_cast<double>((*dataset)->size());
  }
  rusage usage;
  ::getrusage(RUSAGE_SELF, &usage);
  state.counters["megabytes"] = static_cast<double>(usage.ru_maxrss) / 1024;
}
BENCHMARK(BM_OpenAva)->Unit(benchmark::kSecond)->MeasureProcessCPUTime()->UseRealTime();

}  // namespace
}  // namespace mrsn::datasets
