// A real AVA clip, read from its video file with its published rows. Skipped without MRSN_TEST_DATA.
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "datasets/open_dataset.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "opencv2/imgproc.hpp"
#include "opencv2/videoio.hpp"
#include "ops/base/file.h"
#include "ops/test_data/test_data.h"

namespace mrsn::datasets {
namespace {

constexpr char kVideo[] = "Gt61_Yekkgc";

// The clip begins at second 1145 and has 75 frames, 30 a second: the key frames of 1145, 1146 and 1147.
const char kConfig[] =
    "ava { train_annotations: 'rows.csv' train_excluded: '' train_boxes: '' label_map: 'classes.pbtxt' "
    "evaluated_label_map: 'classes.pbtxt' video_first_second: 1145 } "
    "clip { frames: 4 stride: 8 } transform { short_side: 256 flip_probability: 0 }";

TEST(AvaVideoTest, ThePublishedRowsLoadFromTheVideoFile) {
  MRSN_SKIP_WITHOUT_TEST_DATA();
  const std::string root = absl::StrCat(::testing::TempDir(), "ava_video.", ::getpid());
  ASSERT_TRUE(MakeFolders(root + "/videos").ok());
  const std::string film = TestData("ava/mini/Gt61_Yekkgc_1146.avi");
  std::filesystem::create_symlink(film, absl::StrCat(root, "/videos/", kVideo, ".avi"));
  ASSERT_TRUE(WriteFileAtomically(root + "/classes.pbtxt",
                                  *ReadFile(TestData("ava/mini/ava_action_list_newsplit.pbtxt")))
                  .ok());
  std::string rows;
  std::vector<std::vector<std::string>> fields;
  for (const char* split : {"Train", "Val", "Test"}) {
    const std::string file =
        *ReadFile(TestData(absl::StrCat("ava/mini/AVA_", split, "_Custom_Corrected.csv")));
    for (const absl::string_view line : absl::StrSplit(file, '\n', absl::SkipEmpty())) {
      std::vector<std::string> row = absl::StrSplit(line, ',');
      int second = 0;
      if (row[0] != kVideo || !absl::SimpleAtoi(row[1], &second) || second < 1145 || second > 1147) continue;
      absl::StrAppend(&rows, line, "\n");
      fields.push_back(std::move(row));
    }
  }
  ASSERT_GT(fields.size(), 3);
  ASSERT_TRUE(WriteFileAtomically(root + "/rows.csv", rows).ok());
  DatasetConfig config;
  ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(kConfig, &config));
  const auto dataset = OpenDataset(config, Usage::kTrain, root);
  ASSERT_TRUE(dataset.ok()) << dataset.status();
  const std::vector<AnnotatedBox> truth = (*dataset)->GroundTruth();
  ASSERT_EQ(truth.size(), fields.size());
  for (size_t i = 0; i < truth.size(); ++i) {  // the file is in the order of time
    EXPECT_EQ(absl::StrCat(truth[i].keyframe.timestamp.Text(), " ", truth[i].class_id),
              absl::StrCat(fields[i][1], " ", fields[i][6]));
    EXPECT_FLOAT_EQ(truth[i].box.x1, std::stof(fields[i][2]));
    EXPECT_FLOAT_EQ(truth[i].box.y2, std::stof(fields[i][5]));
  }
  for (int64_t i = 0; i < (*dataset)->size(); ++i) {
    const auto sample = (*dataset)->Load(i, 0);
    ASSERT_TRUE(sample.ok()) << sample.status();
    EXPECT_FALSE(sample->actors.empty());
    // OpenCV decodes the file from its beginning; the third of four frames, 8 apart, is the key frame.
    const int64_t frame = ((*dataset)->keyframe(i).timestamp.Floor() - 1145) * 30;
    cv::VideoCapture capture(film);
    cv::Mat bgr, rgb, small;
    for (int64_t j = 0; j <= frame; ++j) ASSERT_TRUE(capture.read(bgr)) << j;
    cv::cvtColor(bgr, rgb, cv::COLOR_BGR2RGB);
    cv::resize(rgb, small, {sample->slow.width, sample->slow.height}, 0, 0, cv::INTER_LINEAR);
    ASSERT_EQ(small.rows, 256);
    double difference = 0;
    const int64_t plane = int64_t{sample->slow.width} * 256;
    for (int c = 0; c < 3; ++c) {
      for (int y = 0; y < 256; ++y) {
        for (int x = 0; x < small.cols; ++x) {
          const int ours = sample->slow.values[(c * 4 + 2) * plane + y * small.cols + x];
          difference += std::abs(ours - small.at<cv::Vec3b>(y, x)[c]);
        }
      }
    }
    EXPECT_LT(difference / static_cast<double>(3 * plane), 1)
        << "key frame " << frame;  // two converters' rounding
  }
}

}  // namespace
}  // namespace mrsn::datasets
