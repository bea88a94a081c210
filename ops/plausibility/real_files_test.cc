// Published files of AVA and UCF101-24: nothing may look wrong with them, except what is.
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "ops/formats/ava_csv.h"
#include "ops/formats/class_lists.h"
#include "ops/formats/ucf24_files.h"
#include "ops/plausibility/plausibility.h"
#include "ops/test_data/test_data.h"

namespace mrsn::plausibility {
namespace {

using formats::RowBlock;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> Names(const std::vector<Finding>& findings) {
  std::vector<std::string> names;
  for (const Finding& finding : findings) {
    names.push_back(KindName(finding.kind));
  }
  return names;
}

// A detector that moves every box by up to 4 % of its size, misses each seventh and scores by chance.
std::vector<RowBlock> Detected(const std::vector<RowBlock>& annotations) {
  std::vector<RowBlock> detections;
  uint32_t state = 1;
  const auto uniform = [&state] {
    state = state * 1664525u + 1013904223u;
    return (state >> 8) / 16777216.0;
  };
  for (const RowBlock& block : annotations) {
    RowBlock found;
    found.keyframes = block.keyframes;
    for (formats::Row row : block.rows) {
      const double w = row.box.x2 - row.box.x1, h = row.box.y2 - row.box.y1;
      row.box.x1 += 0.04 * w * (uniform() - 0.5);
      row.box.x2 += 0.04 * w * (uniform() - 0.5);
      row.box.y1 += 0.04 * h * (uniform() - 0.5);
      row.box.y2 += 0.04 * h * (uniform() - 0.5);
      row.score = uniform();
      if (uniform() > 1.0 / 7) found.rows.push_back(row);
    }
    detections.push_back(std::move(found));
  }
  return detections;
}

TEST(RealFilesTest, AvaPoses) {
  MRSN_SKIP_WITHOUT_TEST_DATA();
  const formats::CsvContents gt = *formats::ReadAvaGroundTruth(TestData("ava/ava_val_v2.1_pose_rows.csv.gz"));
  const absl::flat_hash_set<int> ids = formats::ClassIds(formats::AvaEvaluatedClasses());
  Options options;
  options.classes = &ids;
  const Side annotations = {Role::kAnnotations, "gt", gt.blocks};
  std::vector<RowBlock> detections = Detected(gt.blocks);
  EXPECT_THAT(Names(Check(annotations, {Role::kDetections, "det", detections}, options)), IsEmpty());
  EXPECT_THAT(Names(Check(annotations, {Role::kBoxes, "boxes", detections}, options)), IsEmpty());
  EXPECT_THAT(Names(Check(annotations, {Role::kDetections, "itself", gt.blocks}, options)),
              ElementsAre("scores_constant", "annotations_as_boxes"));
  for (RowBlock& block : detections) {
    for (formats::Row& row : block.rows) --row.class_id;
  }
  EXPECT_THAT(Names(Check(annotations, {Role::kDetections, "det", detections}, options)),
              ElementsAre("classes_shifted"));
}

TEST(RealFilesTest, AvaSubsets) {
  MRSN_SKIP_WITHOUT_TEST_DATA();
  for (const std::string split : {"Train", "Val", "Test"}) {
    const formats::CsvContents gt =
        *formats::ReadAvaGroundTruth(TestData("ava/mini/AVA_" + split + "_Custom_Corrected.csv"));
    EXPECT_THAT(
        Names(Check({Role::kAnnotations, split, gt.blocks}, {Role::kDetections, "det", Detected(gt.blocks)})),
        IsEmpty())
        << split;
  }
}

TEST(RealFilesTest, SampleOfMmaction2) {
  MRSN_SKIP_WITHOUT_TEST_DATA();
  const std::string folder = TestData("ava/mmaction2_samples/tests/data/eval_detection/");
  const formats::CsvContents gt = *formats::ReadAvaGroundTruth(folder + "gt.csv");
  const formats::CsvContents det = *formats::ReadAvaDetections(folder + "pred.csv");
  EXPECT_THAT(
      Names(Check({Role::kAnnotations, "gt.csv", gt.blocks}, {Role::kDetections, "pred.csv", det.blocks})),
      IsEmpty());
}

TEST(RealFilesTest, Ucf24) {
  MRSN_SKIP_WITHOUT_TEST_DATA();
  const formats::CsvContents all =
      *formats::ReadUcf24(TestData("ucf101-24/finalAnnots.mat"), formats::RowKind::kGroundTruth);
  formats::CsvContents gt = all;
  formats::KeepVideos(*formats::ReadVideoList(TestData("ucf101-24/testlist01.txt")), gt);
  const absl::flat_hash_set<int> ids = formats::ClassIds(formats::Ucf24Classes());
  Options options;
  options.classes = &ids;
  options.width = 320;
  options.height = 240;
  const Side annotations = {Role::kAnnotations, "gt", gt.blocks};
  std::vector<RowBlock> detections = Detected(gt.blocks);
  const Side det = {Role::kDetections, "det", detections};
  EXPECT_THAT(Names(Check(annotations, det, options)), IsEmpty());
  // Without the list of the split: 910 of 3,194 videos.
  EXPECT_THAT(Names(Check({Role::kAnnotations, "all", all.blocks}, det, options)),
              ElementsAre("videos_in_common"));
  for (RowBlock& block : detections) {
    for (formats::Row& row : block.rows) ++row.class_id;
  }
  EXPECT_THAT(Names(Check(annotations, {Role::kDetections, "det", detections}, options)),
              ElementsAre("classes_shifted"));
}

}  // namespace
}  // namespace mrsn::plausibility
