// The clips of ucf101-mini, whole: three files of annotations give equal boxes, and every video can be read.
// Skipped without MRSN_TEST_DATA.
#include <unistd.h>

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "datasets/ucf24/real_clips.h"
#include "datasets/ucf24/ucf24.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "ops/base/file.h"
#include "ops/test_data/test_data.h"

namespace mrsn::datasets {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

struct Split {
  std::string name;
  int videos, boxes;  // that the folder's README states
};
const Split kSplits[] = {{"train", 99, 19552}, {"test", 38, 8224}};

std::vector<std::string> Lines(const std::string& path) {
  return absl::StrSplit(*ReadFile(path), '\n', absl::SkipEmpty());
}

// "video,frame,class,person: box" of every row, in order.
std::vector<std::string> Rows(const Dataset& dataset) {
  std::vector<std::string> rows;
  for (const AnnotatedBox& row : dataset.GroundTruth()) {
    rows.push_back(absl::StrCat(row.keyframe.video, ",", row.keyframe.timestamp.Text(), ",", row.class_id,
                                ",", row.person_id, ": ", row.box.x1, " ", row.box.y1, " ", row.box.x2, " ",
                                row.box.y2));
  }
  return rows;
}

TEST(Ucf101MiniTest, ThreeFilesOfAnnotationsGiveEqualBoxes) {
  MRSN_SKIP_WITHOUT_TEST_DATA();
  const std::string root = absl::StrCat(::testing::TempDir(), "ucf101_mini.", ::getpid());
  std::map<std::string, std::vector<std::string>> lists;
  for (const Split& split : kSplits) {
    lists[split.name] = Lines(TestData(absl::StrCat("ucf101-mini/", split.name, ".txt")));
    ASSERT_EQ(lists[split.name].size(), split.videos);
  }
  const absl::Status made = MakeRealRoot(lists, root);
  ASSERT_TRUE(made.ok()) << made;
  for (const char* file : {"finalAnnots.mat", "pyannot.pkl"}) {
    std::filesystem::create_symlink(TestData(absl::StrCat("ucf101-24/", file)),
                                    absl::StrCat(root, "/", file));
  }
  ClipDatasetOptions settings;
  settings.usage = Usage::kTrain;
  settings.clip = {2, 1, 0};
  settings.transform.short_side = 32;
  for (const Split& split : kSplits) {
    Ucf24Options options;
    options.split = split.name;
    settings.unreadable = {};
    // Some clips end up to three frames before their annotation.
    const auto refused = OpenUcf24(options, settings, root);
    EXPECT_THAT(std::string(refused.status().message()), HasSubstr("clips cannot be read, first that of"));
    settings.unreadable = {UnreadablePolicy::kSkipAndCount, 0.01};
    std::vector<std::string> expected;
    for (const char* file : {"annotations.csv", "finalAnnots.mat", "pyannot.pkl"}) {
      options.annotations = file;
      const auto dataset = OpenUcf24(options, settings, root);
      ASSERT_TRUE(dataset.ok()) << file << " " << dataset.status();
      EXPECT_THAT((*dataset)->Notes(), Contains(HasSubstr("; they are left out"))) << file;
      const std::vector<std::string> rows = Rows(**dataset);
      EXPECT_EQ(rows.size(), split.boxes) << file;
      if (expected.empty()) expected = rows;
      EXPECT_TRUE(rows == expected) << file;
      EXPECT_EQ((*dataset)->Videos().size(), split.videos);
      if (options.annotations != "pyannot.pkl") continue;
      // The first key frame of every video.
      std::string video;
      for (int64_t i = 0; i < (*dataset)->size(); ++i) {
        if ((*dataset)->keyframe(i).video == video) continue;
        video = (*dataset)->keyframe(i).video;
        const auto clip = (*dataset)->Load(i, 0);
        ASSERT_TRUE(clip.ok()) << video << " " << clip.status();
        EXPECT_EQ(clip->slow.width, 42) << video;  // 320 x 240
      }
    }
  }
}

}  // namespace
}  // namespace mrsn::datasets
