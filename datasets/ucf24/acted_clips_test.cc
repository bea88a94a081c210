#include "datasets/ucf24/acted_clips.h"

#include <cmath>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "datasets/video_reader.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "opencv2/core.hpp"
#include "ops/base/file.h"

namespace mrsn::datasets {
namespace {

using ::testing::ElementsAre;

std::string Root(const std::string& name) { return ::testing::TempDir() + "acted_clips_test." + name; }

std::vector<std::string> Lines(const std::string& path) {
  return absl::StrSplit(*ReadFile(path), '\n', absl::SkipEmpty());
}

struct Row {
  int frame, class_id, tube;
  cv::Rect box;
};

std::map<std::string, std::vector<Row>> Rows(const std::string& root) {
  std::map<std::string, std::vector<Row>> rows;
  for (const std::string& line : Lines(root + "/annotations.csv")) {
    const std::vector<std::string> columns = absl::StrSplit(line, ',');
    const auto number = [&](int i) { return std::stoi(columns.at(i)); };
    rows[columns[0]].push_back({number(1), number(2), number(7),
                                cv::Rect(cv::Point(number(3), number(4)), cv::Point(number(5), number(6)))});
  }
  return rows;
}

TEST(ActedClipsTest, SplitsNameTheClips) {
  const std::string root = Root("splits");
  ASSERT_TRUE(WriteActedClips({}, root).ok());
  EXPECT_THAT(Lines(root + "/train.txt"),
              ElementsAre("Basketball/v_Basketball_g01_c01", "SalsaSpin/v_SalsaSpin_g01_c01",
                          "SoccerJuggling/v_SoccerJuggling_g01_c01"));
  EXPECT_THAT(Lines(root + "/test.txt"),
              ElementsAre("Basketball/v_Basketball_g02_c01", "SalsaSpin/v_SalsaSpin_g02_c01",
                          "SoccerJuggling/v_SoccerJuggling_g02_c01"));
  EXPECT_EQ(Lines(root + "/clips.txt").size(), 6);
  EXPECT_EQ(Rows(root).size(), 6);
}

// Each side of a box is where the person ends: the frame differs from the one beside it in time within the
// box, and from the backdrop nowhere outside of boxes and ball.
TEST(ActedClipsTest, BoxesFollowThePersons) {
  const std::string root = Root("boxes");
  ActedClipsOptions options;
  options.groups = 1;
  options.size = {320, 240};  // so that a pixel of the video is one of the annotations
  ASSERT_TRUE(WriteActedClips(options, root).ok());
  const std::string video = "SalsaSpin/v_SalsaSpin_g01_c01";  // has no ball
  const auto decoded = DecodeVideo(root + "/videos/" + video + ".avi");
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  ASSERT_EQ(decoded->frames.size(), kActedFrames);
  ASSERT_EQ(decoded->width, 320);
  const std::map<std::string, std::vector<Row>> rows = Rows(root);
  for (int frame = 0; frame < kActedFrames; frame += 9) {
    // Where something other than the two colours of the room is seen; noise adds at most 8 to each channel.
    cv::Mat seen(240, 320, CV_8U, cv::Scalar(0));
    const cv::Mat& image = decoded->frames[frame];
    for (int y = 0; y < 240; ++y) {
      const cv::Vec3b room = image.at<cv::Vec3b>(y, 2);  // persons stay clear of the left edge
      for (int x = 0; x < 320; ++x) {
        const cv::Vec3b pixel = image.at<cv::Vec3b>(y, x);
        int most = 0;
        for (int c = 0; c < 3; ++c) most = std::max(most, std::abs(pixel[c] - room[c]));
        if (most > 16) seen.at<uint8_t>(y, x) = 1;
      }
    }
    cv::Mat outside = seen.clone();
    for (const Row& row : rows.at(video)) {
      if (row.frame != frame + 1) continue;
      EXPECT_GT(cv::sum(seen(row.box))[0], 0.4 * row.box.area()) << frame;
      // The outermost rows and columns of the box, two pixels wide, show some of the person.
      const cv::Rect& b = row.box;
      for (const cv::Rect& side :
           {cv::Rect(b.x, b.y, b.width, 2), cv::Rect(b.x, b.br().y - 2, b.width, 2),
            cv::Rect(b.x, b.y, 2, b.height), cv::Rect(b.br().x - 2, b.y, 2, b.height)}) {
        EXPECT_GT(cv::sum(seen(side))[0], 2) << frame << " " << side;
      }
      outside(cv::Rect(b.x - 1, b.y - 1, b.width + 2, b.height + 2) & cv::Rect(0, 0, 320, 240)) = 0;
    }
    EXPECT_EQ(cv::sum(outside)[0], 0) << frame;
  }
}

TEST(ActedClipsTest, PersonsMoveWithoutJumps) {
  const std::string root = Root("motion");
  ASSERT_TRUE(WriteActedClips({}, root).ok());
  for (const auto& [video, rows] : Rows(root)) {
    std::map<int, std::vector<Row>> of_tube;
    for (const Row& row : rows) of_tube[row.tube].push_back(row);
    double way = 0;
    for (const auto& [tube, path] : of_tube) {
      for (size_t i = 1; i < path.size(); ++i) {
        const cv::Point step = path[i].box.tl() - path[i - 1].box.tl();
        EXPECT_EQ(path[i].frame, path[i - 1].frame + 1) << video;
        EXPECT_LT(std::hypot(step.x, step.y), 9) << video;
        way += std::hypot(step.x, step.y);
      }
    }
    EXPECT_GT(way, 60) << video;
  }
}

TEST(ActedClipsTest, TheSameOptionsWriteTheSameBytes) {
  ActedClipsOptions options;
  options.groups = 1;
  ASSERT_TRUE(WriteActedClips(options, Root("a")).ok());
  ASSERT_TRUE(WriteActedClips(options, Root("b")).ok());
  std::set<std::string> contents;
  int files = 0;
  for (const std::string& name : Lines(Root("a") + "/clips.txt")) {
    const std::string video = "/videos/" + name + ".avi";
    EXPECT_EQ(*ReadFile(Root("a") + video), *ReadFile(Root("b") + video)) << name;
    contents.insert(*ReadFile(Root("a") + video));
    ++files;
  }
  EXPECT_EQ(contents.size(), files);
  EXPECT_EQ(*ReadFile(Root("a") + "/annotations.csv"), *ReadFile(Root("b") + "/annotations.csv"));
}

}  // namespace
}  // namespace mrsn::datasets
