// Unit and scores of one file, and what two files have in common. Boxes, key frames and classes against each
// other: pair_checks_test.
#include "ops/plausibility/plausibility.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "ops/plausibility/small_sides.h"

namespace mrsn::plausibility {
namespace {

using formats::BoxD;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// The only finding, which must be of this kind.
Finding Only(const std::vector<Finding>& findings, Kind kind) {
  EXPECT_EQ(findings.size(), 1);
  for (const Finding& finding : findings) {
    if (finding.kind == kind) return finding;
    ADD_FAILURE() << KindName(finding.kind) << ": " << ToString(finding);
  }
  ADD_FAILURE() << "no finding " << KindName(kind);
  return {};
}

Options Pixels() {
  Options options;
  options.width = 320;
  options.height = 240;
  return options;
}

TEST(PlausibilityTest, RightFilesGiveNothing) {
  const std::vector<Line> gt = SmallAnnotations();
  EXPECT_THAT(Findings(gt, Detected(gt)), IsEmpty());
  EXPECT_THAT(Findings(gt, Detected(gt), {}, Role::kBoxes), IsEmpty());
  const std::vector<Line> pixels = SmallAnnotations(320, 240, 1);
  EXPECT_THAT(Findings(pixels, Detected(pixels), Pixels()), IsEmpty());
  EXPECT_THAT(Findings({}, {}), IsEmpty());
  EXPECT_THAT(Findings(gt, {}), IsEmpty());
  EXPECT_THAT(Findings({}, Detected(gt)), IsEmpty());
}

TEST(UnitTest, PixelsForFractions) {
  const std::vector<Line> gt = SmallAnnotations();
  std::vector<Line> det = Detected(gt);
  for (size_t i = 4; i < 10; ++i) {
    for (double* x : {&det[i].box.x1, &det[i].box.x2}) *x *= 1280;
    for (double* y : {&det[i].box.y1, &det[i].box.y2}) *y *= 720;
  }
  const Finding finding = Only(Findings(gt, det), Kind::kPixels);
  EXPECT_EQ(finding.count, 6);
  EXPECT_EQ(finding.of, 36);
  EXPECT_EQ(finding.file, "det.csv");
  EXPECT_THAT(finding.first, HasSubstr("vidA,904,1: box 103.936,115.2,262.144,475.2"));
  EXPECT_THAT(finding.text, HasSubstr("6 of 36 boxes have coordinates above 2"));
}

TEST(UnitTest, AllPixelsIsOneFinding) {
  const std::vector<Line> gt = SmallAnnotations();
  const Finding finding = Only(Findings(gt, Detected(SmallAnnotations(1280, 720))), Kind::kPixels);
  EXPECT_EQ(finding.count, 36);
}

TEST(UnitTest, FractionsForPixels) {
  const std::vector<Line> gt = SmallAnnotations(320, 240, 1);
  const Finding finding = Only(Findings(gt, Detected(SmallAnnotations(1, 1, 1)), Pixels()), Kind::kFractions);
  EXPECT_EQ(finding.count, 36);
  EXPECT_EQ(finding.of, 36);
  EXPECT_THAT(finding.first, HasSubstr("vidA,1,1: box 0.05,"));
  EXPECT_THAT(finding.text, HasSubstr("pixels of 320x240 are expected"));
}

TEST(UnitTest, ALittleBeyondTheFrameIsNothing) {
  const std::vector<Line> gt = SmallAnnotations();
  std::vector<Line> det = Detected(gt);
  for (Line& line : det) {
    line.box.x1 = -0.02;
    line.box.y2 = 1.02;
  }
  for (Line& line : det) line.box = {-0.02, line.box.y1, line.box.x2, 1.02};
  for (const Finding& finding : Findings(gt, det))
    EXPECT_NE(finding.kind, Kind::kOutsideFrame) << finding.text;
}

TEST(UnitTest, BeyondTheFrame) {
  const std::vector<Line> gt = SmallAnnotations();
  std::vector<Line> det = Detected(gt);
  det[7].box.x2 = 1.04;
  det[9].box.y1 = -0.2;
  const Finding finding = Only(Findings(gt, det), Kind::kOutsideFrame);
  EXPECT_EQ(finding.count, 2);
  EXPECT_EQ(finding.of, 36);
  EXPECT_THAT(finding.first, HasSubstr("vidA,905,3: box"));
  EXPECT_EQ(finding.severity, Severity::kWarning);
  for (size_t i = 0; i < det.size(); i += 2) det[i].box.x2 = 1.3;
  EXPECT_EQ(Only(Findings(gt, det), Kind::kOutsideFrame).severity, Severity::kError) << "half of them";
}

// Pixels of a frame of 160x120 where 320x240 is meant.
TEST(UnitTest, ManyBoxesInOneCorner) {
  Options options;
  options.width = 320;
  options.height = 240;
  std::vector<Line> gt;
  for (int i = 0; i < 1000; ++i) {
    const double x = 10 + i % 60, y = 5 + i % 50;
    gt.push_back({"v", 1.0 + i, i % 3, {x, y, x + 80, y + 60}});
  }
  const std::vector<formats::RowBlock> blocks = {ToBlock(gt)};
  const std::vector<Finding> findings = CheckAlone({Role::kAnnotations, "gt.csv", blocks}, options);
  ASSERT_EQ(findings.size(), 1);
  EXPECT_EQ(findings[0].kind, Kind::kOtherFrameSize);
  EXPECT_THAT(findings[0].text,
              HasSubstr("no box reaches beyond 149 of 320 to the right and 114 of 240 down"));
  options.height = 130;  // one direction is full
  EXPECT_THAT(CheckAlone({Role::kAnnotations, "gt.csv", blocks}, options), IsEmpty());
}

// A file of annotations by somebody else, read as detections: the person id stands where the score is.
TEST(ScoresTest, PersonIds) {
  const std::vector<Line> gt = {{"vidA", 902, 12, {0.1, 0.2, 0.5, 0.9}},
                                {"vidA", 902, 12, {0.7, 0.7, 0.9, 0.95}},
                                {"vidA", 902, 80, {0.7, 0.7, 0.9, 0.95}},
                                {"vidB", 903, 12, {0.1, 0.2, 0.5, 0.9}},
                                {"vidB", 903, 80, {0.1, 0.2, 0.5, 0.9}}};
  const std::vector<Line> other = {{"vidA", 902, 12, {0.1, 0.2, 0.5, 0.9}, 0},
                                   {"vidA", 902, 12, {0.7, 0.7, 0.9, 0.95}, 3},
                                   {"vidA", 902, 80, {0.7, 0.7, 0.9, 0.95}, 3},
                                   {"vidB", 903, 12, {0.1, 0.2, 0.5, 0.9}, 21}};
  const std::vector<Finding> findings = Findings(gt, other);
  ASSERT_EQ(findings.size(), 2);
  EXPECT_EQ(findings[0].kind, Kind::kScoresAreIds);
  EXPECT_EQ(findings[0].count, 4);
  EXPECT_EQ(findings[0].of, 4);
  EXPECT_EQ(findings[0].first, "vidA,902,12: score 3");
  EXPECT_THAT(findings[0].text, HasSubstr("all 4 scores are whole numbers from 0 to 21"));
  EXPECT_EQ(findings[1].kind, Kind::kAnnotationsAsBoxes);
  EXPECT_EQ(findings[1].count, 4);
  EXPECT_EQ(findings[1].of, 4);
  EXPECT_EQ(findings[1].first, "vidA,902,12: box 0.1,0.2,0.5,0.9");
  // Two right detections on annotated boxes are no copy.
  EXPECT_THAT(Findings(gt, {{"vidA", 902, 12, {0.1, 0.2, 0.5, 0.9}, 0.9},
                            {"vidB", 903, 80, {0.1, 0.2, 0.5, 0.9}, 0.2}}),
              IsEmpty());
}

TEST(ScoresTest, ZeroAndOneAreIds) {
  const std::vector<Line> gt = SmallAnnotations();
  std::vector<Line> det = Detected(gt);
  for (size_t i = 0; i < det.size(); ++i) det[i].score = i % 2;
  EXPECT_EQ(Only(Findings(gt, det), Kind::kScoresAreIds).count, 36);
  det[5].score = 0.5;
  EXPECT_THAT(Findings(gt, det), IsEmpty());
}

TEST(ScoresTest, Constant) {
  const std::vector<Line> gt = SmallAnnotations();
  std::vector<Line> det = Detected(gt);
  for (Line& line : det) line.score = 0.7;
  const Finding finding = Only(Findings(gt, det), Kind::kScoresConstant);
  EXPECT_EQ(finding.count, 36);
  EXPECT_THAT(finding.first, HasSubstr("vidA,902,1: score 0.7"));
  EXPECT_EQ(Only(Findings(gt, det, {}, Role::kBoxes), Kind::kScoresConstant).first, "vidA,902: score 0.7");
  det[30].score = 0.71;
  EXPECT_THAT(Findings(gt, det), IsEmpty());
}

TEST(ScoresTest, OutOfRange) {
  const std::vector<Line> gt = SmallAnnotations();
  std::vector<Line> det = Detected(gt);
  det[3].score = 1.25;
  det[8].score = -2.5;
  const Finding finding = Only(Findings(gt, det), Kind::kScoresOutOfRange);
  EXPECT_EQ(finding.count, 2);
  EXPECT_EQ(finding.of, 36);
  EXPECT_THAT(finding.first, HasSubstr("vidA,903,2: score 1.25"));
  EXPECT_THAT(finding.text, HasSubstr("they go from -2.5 to 1.25"));
}

TEST(ScoresTest, DetectionsAsAnnotations) {
  std::vector<Line> gt = SmallAnnotations();
  const std::vector<Line> det = Detected(gt);
  for (size_t i = 0; i < gt.size(); ++i) gt[i].person_id = det[i].score;
  const Finding finding = Only(Findings(gt, det), Kind::kIdsAreScores);
  EXPECT_EQ(finding.file, "gt.csv");
  EXPECT_EQ(finding.count, 36);
}

TEST(ThresholdTest, NothingIsLeft) {
  const std::vector<Line> gt = SmallAnnotations();
  std::vector<Line> det = Detected(gt);
  det.back().score = 0.85;  // the highest
  Options options;
  options.threshold = Threshold{0.9, false, "inference_score"};
  const Finding finding = Only(Findings(gt, det, options, Role::kBoxes), Kind::kNothingAboveThreshold);
  EXPECT_EQ(finding.severity, Severity::kError);
  EXPECT_EQ(finding.count, 0);
  EXPECT_EQ(finding.of, 36);
  EXPECT_EQ(finding.first, "vidC,907: score 0.85");
  EXPECT_EQ(finding.text,
            "none of 36 rows is left: inference_score keeps scores above 0.9, the highest is 0.85");
  options.threshold->value = 0.85;
  EXPECT_EQ(Findings(gt, det, options).size(), 1);
  options.threshold->keeps_equal = true;
  EXPECT_THAT(Findings(gt, det, options), IsEmpty());
  options.threshold = Threshold{0.84, false, "inference_score"};
  EXPECT_THAT(Findings(gt, det, options), IsEmpty());
}

TEST(ThresholdTest, LessThanOnePercentIsLeft) {
  std::vector<Line> det;
  for (int i = 0; i < 500; ++i)
    det.push_back({"v", 902.0 + i, 1, {0.1, 0.1, 0.4, 0.5}, i < 4 ? 0.95 : 0.001 * i});
  std::vector<Line> gt = det;
  for (Line& line : gt) line.score = 1;
  Options options;
  options.threshold = Threshold{0.9, false, "--protocol=x"};
  const Finding finding = Only(Findings(gt, det, options, Role::kBoxes), Kind::kNothingAboveThreshold);
  EXPECT_EQ(finding.severity, Severity::kWarning);
  EXPECT_EQ(finding.count, 4);
  EXPECT_THAT(finding.text, HasSubstr("only 4 of 500 rows are left"));
  det[4].score = 0.95;  // 1 %
  EXPECT_THAT(Findings(gt, det, options, Role::kBoxes), IsEmpty());
}

TEST(RepeatsTest, RowsOfDetectionsAndBoxesWithARowForEachLabel) {
  const std::vector<Line> gt = SmallAnnotations();
  std::vector<Line> det = Detected(gt);
  const std::vector<Line> again(det.begin() + 5, det.begin() + 7);
  det.insert(det.begin() + 11, again.begin(), again.end());
  const Finding finding = Only(Findings(gt, det), Kind::kDuplicateRows);
  EXPECT_EQ(finding.severity, Severity::kWarning);
  EXPECT_EQ(finding.count, 2);
  EXPECT_EQ(finding.of, 38);
  EXPECT_THAT(finding.first, HasSubstr("vidA,904,2: box"));
  det[11].class_id = det[12].class_id = 4;  // two classes of one box are two detections, and one box
  EXPECT_THAT(Findings(gt, det), IsEmpty());
  const Finding boxes = Only(Findings(gt, det, {}, Role::kBoxes), Kind::kDuplicateBoxes);
  EXPECT_EQ(boxes.severity, Severity::kNote);
  EXPECT_EQ(boxes.count, 2);
}

TEST(CommonTest, NoVideo) {
  const std::vector<Line> gt = SmallAnnotations();
  std::vector<Line> det = Detected(gt);
  for (Line& line : det) line.video += "x";
  const Finding finding = Only(Findings(gt, det), Kind::kVideosInCommon);
  EXPECT_EQ(finding.severity, Severity::kError);
  EXPECT_EQ(finding.count, 0);
  EXPECT_EQ(finding.of, 3);
  EXPECT_EQ(finding.first, "vidAx");
  EXPECT_THAT(finding.text, HasSubstr("none of 3 videos is among the 3 of gt.csv, whose first is 'vidA'"));
}

TEST(CommonTest, FewVideos) {
  const std::vector<Line> gt = SmallAnnotations();
  std::vector<Line> det = Detected(gt);
  det.erase(det.begin() + 12, det.end());
  const Finding finding = Only(Findings(gt, det), Kind::kVideosInCommon);
  EXPECT_EQ(finding.severity, Severity::kWarning);
  EXPECT_EQ(finding.count, 1);
  EXPECT_EQ(finding.of, 3);
  EXPECT_EQ(finding.first, "vidB");
  EXPECT_THAT(finding.text, HasSubstr("only 1 of the 3 videos of gt.csv"));
  // A list of boxes of more videos than the split has is usual.
  std::vector<Line> more = Detected(gt);
  for (int v = 0; v < 20; ++v)
    more.push_back({"other" + std::to_string(v), 902, 1, {0.1, 0.1, 0.5, 0.5}, 0.9});
  EXPECT_THAT(Findings(gt, more, {}, Role::kBoxes), IsEmpty());
}

TEST(CommonTest, NamesThatWouldMatch) {
  const std::vector<Line> gt = SmallAnnotations();
  struct Case {
    std::string before, after;
  };
  for (const Case& c : {Case{"", ".mp4"}, Case{"", ".AVI"}, Case{"videos/", ""}, Case{"D:\\videos\\", ".mkv"},
                        Case{" ", ""}}) {
    std::vector<Line> det = Detected(gt);
    for (Line& line : det) {
      if (line.video == "vidB") line.video = c.before + line.video + c.after;
    }
    const Finding finding = Only(Findings(gt, det), Kind::kVideoNames);
    EXPECT_EQ(finding.count, 1);
    EXPECT_EQ(finding.of, 3);
    EXPECT_EQ(finding.first, "'" + c.before + "vidB" + c.after + "'");
    EXPECT_THAT(finding.text, HasSubstr("'" + c.before + "vidB" + c.after + "' is 'vidB' in gt.csv"));
    // The other way round.
    const Finding reverse = Only(Findings(det, Detected(gt)), Kind::kVideoNames);
    EXPECT_EQ(reverse.first, "'vidB'");
  }
}

TEST(CommonTest, NamesOfUcf) {
  std::vector<Line> gt = SmallAnnotations(), det = Detected(gt);
  for (Line& line : gt) line.video = "Biking/v_Biking_g0" + line.video.substr(3) + "_c01";
  for (Line& line : det) line.video = "Biking_v_Biking_g0" + line.video.substr(3) + "_c01";
  const std::vector<Finding> findings = Findings(gt, det);
  ASSERT_EQ(findings.size(), 2);
  EXPECT_EQ(findings[0].kind, Kind::kVideosInCommon);
  EXPECT_EQ(findings[1].kind, Kind::kVideoNames);
  EXPECT_EQ(findings[1].count, 3);
  // Videos of one name in two folders are two videos.
  for (Line& line : gt) line.video = "a/" + line.video.substr(7);
  for (Line& line : det) line.video = "b/" + line.video.substr(7);
  EXPECT_EQ(Findings(gt, det).size(), 1);
}

TEST(CommonTest, KeyframesOfVideosInCommon) {
  const std::vector<Line> gt = SmallAnnotations();
  std::vector<Line> det = Detected(gt), few, none;
  for (const Line& line : det) {
    if (line.time == 905 || line.time == 907) few.push_back(line);
  }
  for (Line line : det) {
    line.time += 400;
    none.push_back(line);
  }
  const Finding some = Only(Findings(gt, few), Kind::kKeyframesInCommon);
  EXPECT_EQ(some.severity, Severity::kWarning);
  EXPECT_EQ(some.count, 6);
  EXPECT_EQ(some.of, 18);
  EXPECT_EQ(some.first, "vidA,902");
  const Finding nothing = Only(Findings(gt, none), Kind::kKeyframesInCommon);
  EXPECT_EQ(nothing.severity, Severity::kError);
  EXPECT_EQ(nothing.count, 0);
  EXPECT_EQ(nothing.of, 18);
  EXPECT_EQ(nothing.first, "vidA,1302");
  const std::vector<formats::RowBlock> a = {ToBlock(gt)}, b = {ToBlock(few)};
  InCommon counts;
  Check({Role::kAnnotations, "gt.csv", a}, {Role::kDetections, "det.csv", b}, {}, &counts);
  EXPECT_EQ(counts.annotated_videos, 3);
  EXPECT_EQ(counts.videos, 3);
  EXPECT_EQ(counts.annotated_keyframes, 18);
  EXPECT_EQ(counts.other_keyframes, 6);
  EXPECT_EQ(counts.keyframes, 6);
}

TEST(PlausibilityTest, OneFileAlone) {
  std::vector<Line> det = Detected(SmallAnnotations());
  std::vector<formats::RowBlock> blocks = {ToBlock(det)};
  EXPECT_THAT(CheckAlone({Role::kBoxes, "det.csv", blocks}), IsEmpty());
  for (Line& line : det)
    line.box = {line.box.x1, line.box.y1, line.box.x2 - line.box.x1, line.box.y2 - line.box.y1};
  blocks = {ToBlock(det)};
  const Finding finding = Only(CheckAlone({Role::kBoxes, "det.csv", blocks}), Kind::kXywh);
  EXPECT_EQ(finding.count, 19);  // width < x: the 18 persons on the right, and vidA,907 on the left
  EXPECT_EQ(finding.of, 36);
  EXPECT_EQ(ToString(finding).substr(0, 8), "det.csv:");
}

}  // namespace
}  // namespace mrsn::plausibility
