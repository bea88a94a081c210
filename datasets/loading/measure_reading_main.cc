// Times how this project reads clips; compare_libraries.py runs it beside other libraries.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <iostream>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "datasets/pixels/frame.h"
#include "datasets/pixels/pixel_memory.h"
#include "datasets/transforms.h"
#include "datasets/video/video_store.h"
#include "datasets/video_frames.h"
#include "ops/base/file.h"
#include "ops/base/program.h"
#include "ops/base/status_macros.h"

ABSL_FLAG(std::string, clips, "", "file with a line \"<path> <first> <stride> <frames>\" for each clip");
ABSL_FLAG(int, threads, 1, "threads that read clips");
ABSL_FLAG(int, short_side, 256, "frames are scaled to this shorter side");
ABSL_FLAG(int, batch, 8, "clips that are copied into one piece of memory");
ABSL_FLAG(bool, only_decode, false, "frames are decoded, not scaled and copied: no reader can do with less");

namespace mrsn::datasets {
namespace {

struct Clip {
  std::string path;
  std::vector<int64_t> numbers;
};

absl::StatusOr<std::vector<Clip>> ReadClips(const std::string& path) {
  MRSN_ASSIGN_OR_RETURN(const std::string text, ReadFile(UserPath(path)));
  std::vector<Clip> clips;
  for (const absl::string_view line : absl::StrSplit(text, '\n', absl::SkipEmpty())) {
    const std::vector<std::string> fields = absl::StrSplit(line, ' ');
    int64_t first = 0, stride = 0, frames = 0;
    if (fields.size() != 4 || !absl::SimpleAtoi(fields[1], &first) || !absl::SimpleAtoi(fields[2], &stride) ||
        !absl::SimpleAtoi(fields[3], &frames)) {
      return absl::InvalidArgumentError(
          absl::StrCat(path, ": \"", line, "\", expected \"<path> <first> <stride> <frames>\""));
    }
    Clip clip = {fields[0], {}};
    for (int64_t i = 0; i < frames; ++i) clip.numbers.push_back(first + i * stride);
    clips.push_back(std::move(clip));
  }
  if (clips.empty()) return absl::InvalidArgumentError(absl::StrCat(path, ": no clip"));
  return clips;
}

absl::StatusOr<FrameStack> ReadClip(VideoStore& store, const Clip& clip) {
  VideoFrames video;
  if (std::filesystem::is_directory(clip.path)) {
    video = FramesOf(JpegFolder(clip.path), clip.numbers.back() + 1);
  } else {
    MRSN_ASSIGN_OR_RETURN(video, FramesOf(store, clip.path));
  }
  const bool only_decode = absl::GetFlag(FLAGS_only_decode);
  const int short_side = absl::GetFlag(FLAGS_short_side);
  std::optional<FrameStacker> stacker;
  const int frames = static_cast<int>(clip.numbers.size());
  MRSN_RETURN_IF_ERROR(video.visit(clip.numbers, [&](int64_t number, const Frame& frame) {
    if (only_decode) return absl::OkStatus();
    if (!stacker.has_value()) {
      const FrameSize scaled = ScaledSize({frame.width(), frame.height()}, short_side);
      stacker.emplace(frames, frame.size(), WholeFrame(scaled, /*flip=*/false));
    }
    const auto at = std::lower_bound(clip.numbers.begin(), clip.numbers.end(), number);
    stacker->Put(frame, static_cast<int>(at - clip.numbers.begin()));
    return absl::OkStatus();
  }));
  return stacker.has_value() ? stacker->Take() : FrameStack();
}

absl::Status Run() {
  cv::setNumThreads(1);  // threads read clips instead
  MRSN_ASSIGN_OR_RETURN(const std::vector<Clip> clips, ReadClips(absl::GetFlag(FLAGS_clips)));
  VideoStoreOptions options;
  options.frame_bytes = 0;  // every frame is decoded
  VideoStore store(options), first_use(options);
  MRSN_RETURN_IF_ERROR(
      ReadClip(first_use, clips[0]).status());  // loads and sets up, as is done for the others
  const size_t in_batch = std::max(1, absl::GetFlag(FLAGS_batch));
  std::atomic<size_t> next{0};
  std::atomic<int64_t> bytes{0};
  std::vector<absl::Status> failed(absl::GetFlag(FLAGS_threads));
  const auto work = [&](absl::Status& status) {
    std::vector<uint8_t, PixelAllocator<uint8_t>> batch;  // not cleared, as numpy.empty
    for (size_t i = next++, held = 0; i < clips.size(); i = next++, ++held) {
      const absl::StatusOr<FrameStack> stack = ReadClip(store, clips[i]);
      if (!stack.ok()) {
        status = stack.status();
        return;
      }
      const size_t size = stack->values.size() * sizeof(stack->values[0]);
      batch.resize(std::max(batch.size(), size * in_batch));
      std::memcpy(batch.data() + held % in_batch * size, stack->values.data(), size);
      bytes += size;
    }
  };
  const std::clock_t cpu_start = std::clock();
  const auto start = std::chrono::steady_clock::now();
  std::vector<std::thread> threads;
  for (absl::Status& status : failed) threads.emplace_back([&] { work(status); });
  for (std::thread& thread : threads) thread.join();
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  for (const absl::Status& status : failed) MRSN_RETURN_IF_ERROR(status);
  const double cpu_seconds = static_cast<double>(std::clock() - cpu_start) / CLOCKS_PER_SEC;
  std::cout << absl::StrFormat(
      "{\"clips\": %d, \"seconds\": %.6f, \"cpu_seconds\": %.6f, \"bytes_a_batch\": %d}\n", clips.size(),
      seconds.count(), cpu_seconds, bytes.load() / static_cast<int64_t>(clips.size()) * in_batch);
  return absl::OkStatus();
}

}  // namespace
}  // namespace mrsn::datasets

int main(int argc, char** argv) {
  return mrsn::RunProgram(
      argc, argv,
      "Reads clips, scales and stacks their frames, and prints the time as JSON.\n\n"
      "  bazel run //datasets/loading:measure_reading -- --clips=clips.txt --threads=2\n\n"
      "No frame is kept from one clip to the next. compare_libraries.py beside the source "
      "writes the clips and runs other libraries on them.",
      mrsn::datasets::Run);
}
