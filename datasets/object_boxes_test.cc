#include "datasets/object_boxes.h"

#include "absl/strings/str_cat.h"
#include "datasets/collate.h"
#include "datasets/open_dataset.h"
#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "ops/base/file.h"

namespace mrsn::datasets {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string Path(const std::string& name) { return absl::StrCat(::testing::TempDir(), "/", name); }

void Write(const std::string& name, const std::string& text) {
  ASSERT_TRUE(WriteFileAtomically(Path(name), text).ok());
}

ObjectBoxOptions Options(int most, KeyframeNames names = {}) {
  ObjectBoxOptions options;
  options.most = most;
  options.names = names;
  return options;
}

TEST(ObjectBoxesTest, BestFirstAboveTheScoreAndNotTooMany) {
  Write("objects.csv",
        "a,0902,0.1,0.1,0.2,0.2,62,0.6\n"
        "a,0902,0.3,0.3,0.4,0.4,,0.9\n"
        "a,0902,0.3,0.3,0.4,0.4,7,0.8\n"  // the same object under another label
        "a,0902,0.5,0.5,0.6,0.6,1,0.7\n"
        "b,0903,0.1,0.1,0.2,0.2,1,0.49\n");
  const auto boxes = ReadObjectBoxes(Path("objects.csv"), Options(2));
  ASSERT_TRUE(boxes.ok()) << boxes.status();
  ASSERT_EQ(boxes->size(), 1);
  const std::vector<Box>& a = boxes->at({"a", 902});
  ASSERT_EQ(a.size(), 2);
  EXPECT_FLOAT_EQ(a[0].x1, 0.3f);
  EXPECT_FLOAT_EQ(a[1].x1, 0.5f);
}

TEST(ObjectBoxesTest, ErrorsNameFileAndLine) {
  EXPECT_THAT(ReadObjectBoxes(Path("nothing.csv"), {}).status().message(),
              AllOf(HasSubstr("nothing.csv: no such file; write the boxes of an object detector there"),
                    HasSubstr("or clear proposals.object_boxes")));
  Write("bad.csv", "a,902,0.1,0.1,0.2,0.2,1,0.9\na,902,0.1,0.1,0.2,0.2,1,9\n");
  EXPECT_THAT(ReadObjectBoxes(Path("bad.csv"), {}).status().message(), HasSubstr("bad.csv:2"));
}

// UCF101-24 names key frames by their frame, from 1.
TEST(ObjectBoxesTest, FramesOfUcf24) {
  Write("frames.csv", "Biking/v_Biking_g01_c01,1,0.1,0.1,0.2,0.2,1,0.9\nB/v_B,1799,0.1,0.1,0.2,0.2,1,0.9\n");
  const auto boxes = ReadObjectBoxes(Path("frames.csv"), Options(5, {formats::Timestamps::kFrames}));
  ASSERT_TRUE(boxes.ok()) << boxes.status();
  EXPECT_EQ(boxes->count({"Biking/v_Biking_g01_c01", 1}), 1);
  EXPECT_EQ(boxes->count({"B/v_B", 1799}), 1);
  EXPECT_THAT(ReadObjectBoxes(Path("frames.csv"), {}).status().message(),
              HasSubstr("frames.csv:1: '1': keyframe outside 902..1798"));
  Write("zero.csv", "B/v_B,0,0.1,0.1,0.2,0.2,1,0.9\n");
  EXPECT_THAT(
      ReadObjectBoxes(Path("zero.csv"), Options(5, {formats::Timestamps::kFrames})).status().message(),
      HasSubstr("zero.csv:1: '0': frame before 1"));
}

// Two tiny videos; objects in one second of the first.
TEST(ObjectBoxesTest, ComeWithTheSamplesAndFlipWithThem) {
  const std::string config_text =
      "micro_world { train_videos: 1 val_videos: 1 keyframes_per_video: 3 } "
      "transform { flip_probability: 1 } ";
  DatasetConfig config;
  ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(config_text, &config));
  const auto plain = OpenDataset(config, Usage::kTrain, ::testing::TempDir(), {::testing::TempDir()});
  ASSERT_TRUE(plain.ok()) << plain.status();
  const Keyframe keyframe = (*plain)->keyframe(1);
  Write("micro_objects.csv",
        absl::StrCat(keyframe.video, ",", keyframe.timestamp.Text(), ",0.1,0.2,0.4,0.8,1,0.9\n"));
  config.mutable_proposals()->set_object_boxes("micro_objects.csv");
  const auto dataset = OpenDataset(config, Usage::kTrain, ::testing::TempDir(), {::testing::TempDir()});
  ASSERT_TRUE(dataset.ok()) << dataset.status();
  EXPECT_NE((*dataset)->Fingerprint(), (*plain)->Fingerprint());
  std::vector<Sample> samples;
  for (int i = 0; i < 2; ++i) samples.push_back(*(*dataset)->Load(i, 1));
  EXPECT_TRUE(samples[0].objects.empty());
  ASSERT_EQ(samples[1].objects.size(), 1);
  EXPECT_FLOAT_EQ(samples[1].objects[0].x1, 0.6f);  // flipped
  EXPECT_FLOAT_EQ(samples[1].objects[0].y1, 0.2f);
  EXPECT_FLOAT_EQ(samples[1].objects[0].x2, 0.9f);
  const ClipBatch batch = Collate(samples, 15);
  ASSERT_EQ(batch.object_boxes.sizes(), (at::IntArrayRef{1, 4}));
  EXPECT_FLOAT_EQ(batch.object_boxes[0][0].item<float>(), 0.6f);
  EXPECT_EQ(batch.object_clip_index[0].item<int64_t>(), 1);
  EXPECT_FALSE(Collate({*(*plain)->Load(1, 1)}, 15).object_boxes.defined());

  config.mutable_proposals()->set_object_boxes("gone.csv");
  EXPECT_THAT(
      OpenDataset(config, Usage::kTrain, ::testing::TempDir(), {::testing::TempDir()}).status().message(),
      HasSubstr("gone.csv: no such file"));
  config.mutable_proposals()->set_object_score(2);
  EXPECT_THAT(
      OpenDataset(config, Usage::kTrain, ::testing::TempDir(), {::testing::TempDir()}).status().message(),
      HasSubstr("proposals.object_score is 2; allowed: 0 to 1"));
}

}  // namespace
}  // namespace mrsn::datasets
