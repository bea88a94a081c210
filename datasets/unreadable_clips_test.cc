// Frames that are missing, and key frames beyond the end of a video: refused, or left out and counted.
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "datasets/loader.h"
#include "datasets/open_dataset.h"
#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "opencv2/core.hpp"
#include "opencv2/imgcodecs.hpp"
#include "opencv2/videoio.hpp"
#include "ops/base/file.h"

namespace mrsn::datasets {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Films of 6 seconds and 5 frames a second, annotated at seconds 1 to 5. Clips are the 4 frames around the
// key frame: second 3 of "b" has frames 13 to 16.
const char kSeconds[] =
    "ava { train_annotations: 'train.csv' train_excluded: '' train_boxes: '' first_second: 0 "
    "frames_per_second: "
    "5 first_keyframe_second: 1 last_keyframe_second: 5 } clip { frames: 4 stride: 1 } "
    "transform { short_side: 0 }";
// The same films by frames, as video files.
const char kFrames[] = "ucf24 { frames: 'none' } clip { frames: 4 stride: 1 } transform { short_side: 0 }";

class UnreadableClipsTest : public ::testing::Test {
 protected:
  UnreadableClipsTest()
      : root_(absl::StrCat(::testing::TempDir(), "unreadable_clips.", ::getpid(), "/",
                           ::testing::UnitTest::GetInstance()->current_test_info()->name())) {
    std::string seconds, frames;
    for (const char* film : {"a", "b"}) {
      for (int second = 1; second <= 5; ++second) {
        absl::StrAppend(&seconds, film, ",", second, ",0.1,0.1,0.5,0.9,1,0\n");
      }
      for (int frame = 1; frame <= 30; ++frame) {
        absl::StrAppend(&frames, film, ",", frame, ",0,10,10,90,90\n");
        Write(absl::StrFormat("frames/%s/%s_%06d.jpg", film, film, frame), Jpeg());
      }
      WriteVideo(film, 30);
    }
    Write("train.csv", seconds);
    Write("annotations.csv", frames);
    Write("train.txt", "a\nb\n");
    Write("classes.txt", "walk\n");
  }

  static std::string Jpeg() {
    std::vector<uchar> bytes;
    cv::imencode(".jpg", cv::Mat(16, 16, CV_8UC3, cv::Scalar::all(90)), bytes);
    return std::string(bytes.begin(), bytes.end());
  }
  void Write(const std::string& name, const std::string& contents) {
    ASSERT_TRUE(WriteFileAtomically(absl::StrCat(root_, "/", name), contents).ok());
  }
  void Remove(const std::string& name) { ASSERT_EQ(::unlink(absl::StrCat(root_, "/", name).c_str()), 0); }
  void WriteVideo(const std::string& film, int frames) {
    ASSERT_TRUE(MakeFolders(root_ + "/videos").ok());
    cv::VideoWriter writer(absl::StrCat(root_, "/videos/", film, ".avi"), cv::CAP_FFMPEG,
                           cv::VideoWriter::fourcc('F', 'F', 'V', '1'), 5, {16, 16});
    for (int i = 0; i < frames; ++i) writer.write(cv::Mat(16, 16, CV_8UC3, cv::Scalar::all(i)));
  }
  absl::StatusOr<std::unique_ptr<Dataset>> Open(const std::string& text, const Unreadable& unreadable = {}) {
    DatasetConfig config;
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &config)) << text;
    return OpenDataset(config, Usage::kTrain, root_, {}, unreadable);
  }
  std::string Refusal(const std::string& text) { return std::string(Open(text).status().message()); }

  // The key frames that a loader leaves out of one epoch, in order, with up to `most` of them.
  std::vector<std::string> LeftOut(const std::string& text, double most) {
    const auto dataset = Open(text, {UnreadablePolicy::kSkipAndCount, most});
    EXPECT_TRUE(dataset.ok()) << dataset.status();
    if (!dataset.ok()) return {};
    notes_ = (*dataset)->Notes();
    std::vector<std::string> left_out;
    LoaderOptions options;
    options.batch_size = static_cast<int>((*dataset)->size());
    options.workers = 1;
    options.unreadable = {UnreadablePolicy::kSkipAndCount, most};
    options.on_skip = [&](const SkippedClip& clip) {
      left_out.push_back(absl::StrCat(clip.keyframe.video, " ", clip.keyframe.timestamp.Text()));
      reasons_.push_back(std::string(clip.reason.message()));
    };
    Loader loader(**dataset, options);
    const auto samples = loader.Next();
    EXPECT_TRUE(samples.ok()) << samples.status();
    if (!samples.ok()) return {};
    EXPECT_EQ(samples->size() + left_out.size(), (*dataset)->size());
    std::sort(left_out.begin(), left_out.end());
    return left_out;
  }

  const std::string root_;
  std::vector<std::string> notes_, reasons_;
};

TEST_F(UnreadableClipsTest, AHoleConcernsTheClipsAroundIt) {
  Remove("frames/b/b_000016.jpg");  // frame 15 from 0: the key frame of second 3
  EXPECT_THAT(Refusal(kSeconds), HasSubstr("1 of 2 folders of frames have holes, first " + root_ +
                                           "/frames/b/b_000016.jpg, one of 1 missing of 30"));
  EXPECT_THAT(LeftOut(kSeconds, 0.1), ElementsAre("b 3"));
  EXPECT_THAT(reasons_, ElementsAre(HasSubstr("/frames/b/b_000016.jpg: no such file")));
  EXPECT_THAT(notes_, Contains(AllOf(HasSubstr("1 of 10 clips cannot be read, first that of key frame b,3: "),
                                     HasSubstr("they are left out"))));
  EXPECT_THAT(std::string(Open(kSeconds, {UnreadablePolicy::kSkipAndCount, 0.01}).status().message()),
              AllOf(HasSubstr("1 of 10 clips cannot be read"), HasSubstr("more than 1 %")));
}

TEST_F(UnreadableClipsTest, AHoleBetweenClipsConcernsNone) {
  Remove("frames/b/b_000019.jpg");  // clips have frames 13 to 16 and 18 to 21: number 19 is frame 18
  Remove("frames/b/b_000013.jpg");  // frame 12, in no clip
  EXPECT_THAT(LeftOut(kSeconds, 0.1), ElementsAre("b 4"));
}

TEST_F(UnreadableClipsTest, FoldersThatEndEarlyAreEmptyOrMissing) {
  Remove("frames/b/b_000030.jpg");
  for (int frame = 26; frame < 30; ++frame) Remove(absl::StrFormat("frames/b/b_%06d.jpg", frame));
  EXPECT_THAT(Refusal(kSeconds), HasSubstr("1 of 10 key frames lie outside their videos, first " + root_ +
                                           "/frames/b: second 5 is frame number 25 from 0 of 25"));
  EXPECT_THAT(LeftOut(kSeconds, 0.1), ElementsAre("b 5"));
  for (int frame = 1; frame < 26; ++frame) Remove(absl::StrFormat("frames/b/b_%06d.jpg", frame));
  EXPECT_THAT(LeftOut(kSeconds, 0.5), ElementsAre("b 1", "b 2", "b 3", "b 4", "b 5"));
  EXPECT_THAT(notes_, Contains(HasSubstr("1 of 2 folders have no image")));
  ASSERT_EQ(::rmdir((root_ + "/frames/b").c_str()), 0);
  Remove("videos/b.avi");
  EXPECT_EQ(LeftOut(kSeconds, 0.5).size(), 5);
  EXPECT_THAT(notes_, Contains(HasSubstr("1 of 2 videos' frames are missing")));
}

TEST_F(UnreadableClipsTest, HolesAreKnownByTheFingerprint) {
  const std::string whole = (*Open(kSeconds))->Fingerprint();
  Remove("frames/b/b_000013.jpg");
  EXPECT_NE((*Open(kSeconds, {UnreadablePolicy::kSkipAndCount}))->Fingerprint(), whole);
}

// UCF101's own clips have annotations up to three frames behind their ends.
TEST_F(UnreadableClipsTest, AnnotationsBehindTheEndOfAVideo) {
  EXPECT_TRUE(Open(kFrames).ok());
  WriteVideo("a", 28);
  EXPECT_THAT(Refusal(kFrames),
              AllOf(HasSubstr("2 of 60 clips cannot be read, first that of key frame a,29: "),
                    HasSubstr("a.avi: has 28 frames; the key frame is number 28 from 0"),
                    HasSubstr("with train.unreadable_clips: SKIP_AND_COUNT")));
  EXPECT_THAT(LeftOut(kFrames, 0.1), ElementsAre("a 29", "a 30"));
  Write("videos/a.avi", "no video");
  EXPECT_THAT(Refusal(kFrames), HasSubstr("30 of 60 clips cannot be read"));
  EXPECT_EQ(LeftOut(kFrames, 0.5).size(), 30);
}

}  // namespace
}  // namespace mrsn::datasets
