// The original evaluators' values, made by running their scripts.
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <tuple>

#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "eval/load_evaluation.h"
#include "gtest/gtest.h"
#include "ops/base/file.h"
#include "ops/formats/ucf24_files.h"
#include "ops/test_data/test_data.h"

namespace mrsn::eval {
namespace {

using nlohmann::json;

const char kData[] = "eval/testdata/";

json Expected(const std::string& path) { return json::parse(*ReadFile(path)); }

FrameMapResult Evaluate(const EvaluationFiles& files) {
  absl::StatusOr<LoadedEvaluation> loaded = LoadEvaluation(files);
  EXPECT_TRUE(loaded.ok()) << loaded.status();
  // All cases are detections of their ground truth: nothing looks wrong.
  for (const plausibility::Finding& finding : loaded->findings) {
    ADD_FAILURE() << plausibility::KindName(finding.kind) << ": " << plausibility::ToString(finding);
  }
  return loaded->evaluator.Compute();
}

struct AvaCase {
  std::string name, generation;
  Protocol protocol;
};

class AvaCaseTest : public testing::TestWithParam<AvaCase> {};

TEST_P(AvaCaseTest, AgreesWithTheScript) {
  const std::string folder = kData + ("ava/" + GetParam().name) + "/";
  const json expected = Expected(folder + "expected.json")[GetParam().generation];
  ASSERT_FALSE(expected.is_null());
  EvaluationFiles files;
  files.protocol = GetParam().protocol;
  files.ground_truth = folder + "gt.csv.gz";
  files.detections = folder + "det.csv.gz";
  files.label_map = folder + "labelmap.pbtxt";
  files.excluded = folder + "excluded.csv";
  const FrameMapResult result = Evaluate(files);
  EXPECT_EQ(result.num_gt, expected["num_gt"].get<int64_t>());
  EXPECT_EQ(result.num_detections, expected["num_det_scored"].get<int64_t>());
  EXPECT_EQ(result.num_keyframes, expected["num_gt_images"].get<int64_t>());
  EXPECT_NEAR(*result.frame_map, expected["mAP@0.5IOU"].get<double>(), 1e-12);
  EXPECT_NEAR(result.tie_interval->first, expected["mAP_tie_lo"].get<double>(), 1e-12);
  EXPECT_NEAR(result.tie_interval->second, expected["mAP_tie_hi"].get<double>(), 1e-12);
  ASSERT_EQ(result.per_class.size(), expected["per_class"].size());
  for (const ClassResult& c : result.per_class) {
    const json& other = expected["per_class"][std::to_string(c.id)];
    EXPECT_EQ(c.num_gt, other["num_gt"].get<int64_t>()) << c.name;
    EXPECT_EQ(c.num_tp, other["num_tp"].get<int64_t>()) << c.name;
    EXPECT_EQ(c.num_detections, other["num_det"].get<int64_t>()) << c.name;
    ASSERT_EQ(c.ap.has_value(), !other["ap"].is_null()) << c.name;
    if (!c.ap.has_value()) continue;
    EXPECT_NEAR(*c.ap, other["ap"].get<double>(), 1e-12) << c.name;
    EXPECT_NEAR(*c.ap_tie_low, other["ap_tie_lo"].get<double>(), 1e-12) << c.name;
    EXPECT_NEAR(*c.ap_tie_high, other["ap_tie_hi"].get<double>(), 1e-12) << c.name;
  }
}

std::vector<AvaCase> AvaCases() {
  std::vector<AvaCase> cases;
  for (const char* name : {"one_video", "stray_keyframes", "all_classes", "no_detections", "three_classes"}) {
    cases.push_back({name, "official_2018", Protocol::kOfficial2018});
    cases.push_back({name, "official_2018", Protocol::kPySlowFast});
    cases.push_back({name, "official_2019", Protocol::kOfficial2019});
    cases.push_back({name, "official_2019", Protocol::kAcar});
    cases.push_back({name, "official_2020", Protocol::kOfficial2020});
  }
  // Of mmaction2's rules only those of 2018 matter here: no stray keyframe, no score of at most 0.002.
  cases.push_back({"three_classes", "official_2018", Protocol::kMmaction2});
  return cases;
}

INSTANTIATE_TEST_SUITE_P(All, AvaCaseTest, testing::ValuesIn(AvaCases()), [](const auto& info) {
  return info.param.name + "_" + ProtocolName(info.param.protocol);
});

// mmaction2's own sample: its test expects 0.09385522, which the ActivityNet scripts give, too.
TEST(MmactionCaseTest, ItsOwnExpectedValue) {
  MRSN_SKIP_WITHOUT_TEST_DATA();
  const std::string folder = TestData("ava/mmaction2_samples/tests/data/eval_detection/");
  EvaluationFiles files;
  files.ground_truth = folder + "gt.csv";
  files.detections = folder + "pred.csv";
  files.label_map = folder + "action_list.txt";
  for (const Protocol protocol : {Protocol::kMmaction2, Protocol::kOfficial2018, Protocol::kOfficial2019,
                                  Protocol::kOfficial2020, Protocol::kPySlowFast, Protocol::kAcar}) {
    files.protocol = protocol;
    const FrameMapResult result = Evaluate(files);
    EXPECT_NEAR(*result.frame_map, 0.09385521885521886, 1e-12) << ProtocolName(protocol);
    EXPECT_EQ(result.num_gt, 12);
    EXPECT_EQ(result.num_detections, 30);
    EXPECT_EQ(result.num_keyframes, 3);
  }
}

struct UcfCase {
  std::string key;
  Protocol protocol;
};

class UcfCaseTest : public testing::TestWithParam<UcfCase> {
 protected:
  UcfCaseTest() : expected_(Expected(folder_ + "expected.json")[GetParam().key]) {
    files_.dataset = Dataset::kUcf24;
    files_.protocol = GetParam().protocol;
    files_.ground_truth = folder_ + "gt.csv.gz";
    files_.detections = folder_ + "det.csv.gz";
  }

  void Check(const FrameMapResult& result) {
    EXPECT_NEAR(*result.frame_map, expected_["mAP"].get<double>(), 1e-12);
    ASSERT_EQ(result.per_class.size(), 24);
    for (const ClassResult& c : result.per_class) {
      const json& other = expected_["per_class"][std::to_string(c.id)];
      EXPECT_EQ(c.name, other["name"].get<std::string>());
      EXPECT_EQ(c.num_gt, other["num_gt"].get<int64_t>()) << c.name;
      EXPECT_EQ(c.num_tp, other["num_tp"].get<int64_t>()) << c.name;
      EXPECT_NEAR(*c.ap, other["ap"].get<double>(), 1e-12) << c.name;
    }
  }

  const std::string folder_ = std::string(kData) + "ucf24/made_up/";
  const json expected_;
  EvaluationFiles files_;
};

TEST_P(UcfCaseTest, AgreesWithTheScript) { Check(Evaluate(files_)); }

// The same detections and boxes as per-frame text files, flat and nested.
TEST_P(UcfCaseTest, YowoFoldersGiveTheSame) {
  const std::string root =
      testing::TempDir() + "yowo." + GetParam().key + "." + std::to_string(::getpid()) + "/";
  for (const bool ground_truth : {true, false}) {
    const formats::CsvContents contents =
        *formats::ReadUcf24(ground_truth ? files_.ground_truth : files_.detections,
                            ground_truth ? formats::RowKind::kGroundTruth : formats::RowKind::kDetections);
    std::map<std::string, std::string> texts;
    for (const formats::RowBlock& block : contents.blocks) {
      for (const formats::Row& row : block.rows) {
        const formats::KeyframeTable::Entry& entry = block.keyframes.keyframes()[row.keyframe];
        std::string video = block.keyframes.videos()[entry.video];
        if (!ground_truth) video = absl::StrReplaceAll(video, {{"/", "_"}});
        std::string& text =
            texts[absl::StrFormat("%s%c%05d.txt", video, ground_truth ? '/' : '_', entry.timestamp.Floor())];
        absl::StrAppendFormat(&text, "%d ", row.class_id + 1);
        if (!ground_truth) absl::StrAppendFormat(&text, "%.17g ", row.score);
        absl::StrAppendFormat(&text, "%g %g %g %g\n", row.box.x1, row.box.y1, row.box.x2, row.box.y2);
      }
    }
    for (const auto& [name, text] : texts) {
      const std::string path = root + (ground_truth ? "labels/" : "detections/") + name;
      std::filesystem::create_directories(std::filesystem::path(path).parent_path());
      FILE* file = std::fopen(path.c_str(), "w");  // thousands of files: no sync each
      ASSERT_NE(file, nullptr);
      std::fwrite(text.data(), 1, text.size(), file);
      std::fclose(file);
    }
  }
  files_.ground_truth = root + "labels";
  files_.detections = root + "detections/";
  Check(Evaluate(files_));
  std::filesystem::remove_all(root);
}

// The same boxes out of a file like finalAnnots.mat, by a list of its videos: it holds one more.
TEST_P(UcfCaseTest, TheMatlabFileGivesTheSame) {
  const formats::CsvContents contents =
      *formats::ReadUcf24(files_.ground_truth, formats::RowKind::kGroundTruth);
  std::string list;
  for (const formats::RowBlock& block : contents.blocks) {
    for (const std::string& video : block.keyframes.videos()) list += video + "\n";
  }
  files_.videos = testing::TempDir() + "videos." + std::to_string(::getpid());
  ASSERT_TRUE(WriteFileAtomically(files_.videos, list).ok());
  files_.ground_truth = std::string(kData) + "ucf24/annots.mat";
  Check(Evaluate(files_));
}

INSTANTIATE_TEST_SUITE_P(All, UcfCaseTest,
                         testing::Values(UcfCase{"yowo_every_point", Protocol::kYowo},
                                         UcfCase{"padilla_11_point", Protocol::kVoc11},
                                         UcfCase{"act_moc_trapezoid", Protocol::kAct},
                                         UcfCase{"tf_od_every_point_no_plus1", Protocol::kVoc}),
                         [](const auto& info) { return ProtocolName(info.param.protocol); });

}  // namespace
}  // namespace mrsn::eval
