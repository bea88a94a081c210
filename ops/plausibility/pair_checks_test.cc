// Two files against each other: readings of boxes, numberings of key frames and classes, copies.
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "ops/plausibility/plausibility.h"
#include "ops/plausibility/small_sides.h"

namespace mrsn::plausibility {
namespace {

using formats::BoxD;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Finding Find(const std::vector<Finding>& findings, Kind kind) {
  for (const Finding& finding : findings) {
    if (finding.kind == kind) return finding;
  }
  std::string all;
  for (const Finding& finding : findings) all += KindName(finding.kind) + ": " + ToString(finding) + "\n";
  ADD_FAILURE() << "no finding " << KindName(kind) << " among\n" << all;
  return {};
}

bool Has(const std::vector<Finding>& findings, Kind kind) {
  for (const Finding& finding : findings) {
    if (finding.kind == kind) return true;
  }
  return false;
}

std::vector<Line> Reread(std::vector<Line> lines, BoxD (*write)(const BoxD&)) {
  for (Line& line : lines) line.box = write(line.box);
  return lines;
}

TEST(ReadingTest, CornerAndSize) {
  const std::vector<Line> gt = SmallAnnotations();
  const std::vector<Line> det = Reread(Detected(gt), [](const BoxD& b) {
    return BoxD{b.x1, b.y1, b.x2 - b.x1, b.y2 - b.y1};
  });
  const std::vector<Finding> findings = Findings(gt, det);
  EXPECT_EQ(findings.size(), 1);
  const Finding finding = Find(findings, Kind::kXywh);
  EXPECT_EQ(finding.file, "det.csv");
  EXPECT_EQ(finding.count, 36);
  EXPECT_EQ(finding.of, 36);
  EXPECT_THAT(finding.first, HasSubstr("vidA,902,1: box 0.05,0.1,0.17,0.6"));
}

TEST(ReadingTest, CentreAndSize) {
  const std::vector<Line> gt = SmallAnnotations();
  const std::vector<Line> det = Reread(Detected(gt), [](const BoxD& b) {
    return BoxD{(b.x1 + b.x2) / 2, (b.y1 + b.y2) / 2, b.x2 - b.x1, b.y2 - b.y1};
  });
  EXPECT_EQ(Find(Findings(gt, det), Kind::kCentres).count, 36);
}

// A JSON file whose "bbox" has corners where its format has corner and size.
TEST(ReadingTest, CornersTakenForSizes) {
  const std::vector<Line> gt = SmallAnnotations();
  const std::vector<Line> det = Reread(Detected(gt), [](const BoxD& b) {
    return BoxD{b.x1, b.y1, b.x1 + b.x2, b.y1 + b.y2};
  });
  const Finding finding = Find(Findings(gt, det), Kind::kCorners);
  EXPECT_EQ(finding.count, 36);
  EXPECT_EQ(finding.file, "det.csv");
}

TEST(ReadingTest, SwappedAxes) {
  const auto swap = [](const BoxD& b) { return BoxD{b.y1, b.x1, b.y2, b.x2}; };
  const std::vector<Line> gt = SmallAnnotations();
  const std::vector<Finding> findings = Findings(gt, Reread(Detected(gt), swap));
  EXPECT_EQ(findings.size(), 1);
  EXPECT_EQ(Find(findings, Kind::kSwappedAxes).count, 36);
  EXPECT_THAT(Find(findings, Kind::kSwappedAxes).text, HasSubstr("with y before x"));
  EXPECT_EQ(Find(findings, Kind::kSwappedAxes).severity, Severity::kError) << "no box meets one as it is";

  // A quarter of the boxes is right, or there are few boxes: nothing is certain.
  std::vector<Line> some = Detected(gt);
  for (size_t i = 0; i < some.size(); ++i) {
    if (i % 4 != 0) some[i].box = swap(some[i].box);
  }
  EXPECT_EQ(Find(Findings(gt, some), Kind::kSwappedAxes).severity, Severity::kWarning);
  const std::vector<Line> few(gt.begin(), gt.begin() + 6);
  EXPECT_EQ(Find(Findings(few, Reread(Detected(few), swap)), Kind::kSwappedAxes).severity,
            Severity::kWarning);
}

TEST(ReadingTest, AnotherFrameSize) {
  Options options;
  options.width = 320;
  options.height = 240;
  const std::vector<Line> gt = SmallAnnotations(320, 240, 1);
  const std::vector<Line> det = Detected(SmallAnnotations(640, 480, 1));
  const Finding finding = Find(Findings(gt, det, options), Kind::kOtherFrameSize);
  EXPECT_EQ(finding.file, "det.csv");
  EXPECT_EQ(finding.count, 36);
  const std::vector<Line> network = Detected(SmallAnnotations(112, 112, 1));
  EXPECT_EQ(Find(Findings(gt, network, options), Kind::kOtherFrameSize).count, 36);
}

// A detector that finds nobody where the persons are: nothing explains it.
TEST(ReadingTest, BadBoxesAreNothing) {
  const std::vector<Line> gt = SmallAnnotations();
  std::vector<Line> det = Detected(gt);
  for (size_t i = 0; i < det.size(); ++i) {
    const double x = 0.3 + 0.01 * (i % 13), y = 0.7 + 0.01 * (i % 7);
    det[i].box = {x, y, x + 0.05 + 0.002 * (i % 11), y + 0.1 + 0.003 * (i % 17)};
  }
  EXPECT_THAT(Findings(gt, det), IsEmpty());
}

TEST(ClockTest, SecondsShiftedByOne) {
  const std::vector<Line> gt = SmallAnnotations();
  for (int shift : {-1, 1}) {
    std::vector<Line> det = Detected(gt);
    for (Line& line : det) line.time += shift;
    const std::vector<Finding> findings = Findings(gt, det);
    EXPECT_EQ(findings.size(), 1);
    const Finding finding = Find(findings, Kind::kKeyframesShifted);
    EXPECT_EQ(finding.count, 18);
    EXPECT_EQ(finding.of, 18);
    EXPECT_THAT(finding.text, HasSubstr(shift < 0 ? "1 is added" : "1 is subtracted"));
    EXPECT_FALSE(finding.first.empty());
  }
}

// Three seconds are enough when the persons move.
TEST(ClockTest, FewSecondsShiftedByOne) {
  std::vector<Line> gt, det;
  for (int i = 0; i < 4; ++i)
    gt.push_back({"v", 902.0 + i, 1 + i, {0.1 + 0.05 * i, 0.2, 0.3 + 0.05 * i, 0.8}});
  for (Line line : Detected(gt)) {
    line.time += 1;
    det.push_back(line);
  }
  const Finding finding = Find(Findings(gt, det), Kind::kKeyframesShifted);
  EXPECT_EQ(finding.count, 4);
  EXPECT_EQ(finding.of, 4);
  EXPECT_THAT(Findings(gt, Detected(gt)), IsEmpty());
}

// Frames of a video, each annotated; the file with numbers from 0 begins at the frame before.
TEST(ClockTest, FramesShiftedByOne) {
  std::vector<Line> gt, det;
  for (int i = 1; i <= 60; ++i) {
    const double x = 0.005 * i + 0.0001 * i * (i % 3), y = 0.3 + 0.002 * (i % 9);
    gt.push_back({"v", 10.0 + i, i % 2, {x, y, x + 0.2, y + 0.4}});
    Line line = gt.back();
    line.time -= 1;
    line.score = 0.01 * i;
    det.push_back(line);
  }
  const Finding finding = Find(Findings(gt, det), Kind::kKeyframesShifted);
  EXPECT_EQ(finding.count, 60);
  EXPECT_THAT(finding.text, HasSubstr("1 is added"));
  EXPECT_THAT(finding.first, HasSubstr("v,11,1: box"));
  // The same boxes at the right frames, each moved at random: no shift.
  for (size_t i = 0; i < det.size(); ++i) {
    det[i].time += 1;
    det[i].box.x1 += 0.002 * ((i * 7) % 5) - 0.004;
    det[i].box.y2 += 0.002 * ((i * 11) % 7) - 0.006;
  }
  EXPECT_THAT(Findings(gt, det), IsEmpty());
}

TEST(ClockTest, OtherNumberings) {
  const std::vector<Line> gt = SmallAnnotations();
  const auto text = [&](double (*rename)(double)) {
    std::vector<Line> det = Detected(gt);
    for (Line& line : det) line.time = rename(line.time);
    const Finding finding = Find(Findings(gt, det), Kind::kKeyframesShifted);
    EXPECT_EQ(finding.severity, Severity::kError) << "no key frame is named as it is";
    return finding.text;
  };
  EXPECT_THAT(text([](double t) { return t - 900; }), HasSubstr("900 is added"));
  EXPECT_THAT(text([](double t) { return t - 902; }), HasSubstr("902 is added"));
  EXPECT_THAT(text([](double t) { return (t - 900) * 30; }),
              HasSubstr("frames, 30 a second, from second 900"));
  EXPECT_THAT(text([](double t) { return (t - 900) * 25 + 1; }),
              HasSubstr("frames from 1, 25 a second, from second 900"));
  EXPECT_THAT(text([](double t) { return t * 24; }), HasSubstr("frames, 24 a second"));
}

// Persons who hardly move, and detections on half of the key frames only.
TEST(ClockTest, SparseDetectionsAreNothing) {
  std::vector<Line> gt, det;
  for (int i = 0; i < 40; ++i) {
    gt.push_back({"v", 902.0 + i, 1 + i % 3, {0.2, 0.2, 0.5, 0.8}});
    if (i % 2 == 0) det.push_back({"v", 902.0 + i, 1 + i % 3, {0.21, 0.2, 0.5, 0.81}, 0.5 + 0.01 * i});
  }
  EXPECT_THAT(Findings(gt, det), IsEmpty());
}

TEST(ClassTest, IdsFromZeroAgainstIdsFromOne) {
  const std::vector<Line> gt = SmallAnnotations();
  const absl::flat_hash_set<int> from_one = {1, 2, 3, 4};
  Options options;
  options.classes = &from_one;
  std::vector<Line> det = Detected(gt);
  for (Line& line : det) line.class_id -= 1;
  const Finding down = Find(Findings(gt, det, options), Kind::kClassesShifted);
  EXPECT_EQ(down.count, 36);
  EXPECT_EQ(down.of, 36);
  EXPECT_THAT(down.first, HasSubstr("vidA,902,1: box 0.05,0.1,0.17,0.6"));
  EXPECT_THAT(down.text, HasSubstr("1 is added to its ids"));
  for (Line& line : det) line.class_id += 2;
  EXPECT_THAT(Find(Findings(gt, det, options), Kind::kClassesShifted).text,
              HasSubstr("subtracted from its ids"));
}

// 24 classes for every box: only the scores tell which numbering is meant.
TEST(ClassTest, DenseOutput) {
  const std::vector<Line> gt = SmallAnnotations();
  for (int shift : {0, 1}) {
    std::vector<Line> det;
    for (const Line& line : Detected(gt)) {
      for (int c = 0; c < 24; ++c) {
        Line one = line;
        one.class_id = c;
        one.score = c == line.class_id + shift ? line.score : 0.001 * (1 + c + det.size() % 50);
        det.push_back(one);
      }
    }
    EXPECT_EQ(Has(Findings(gt, det), Kind::kClassesShifted), shift == 1);
    for (Line& line : det) line.score = 0.5 + 0.0001 * line.class_id;  // knows nothing
    EXPECT_THAT(Findings(gt, det), IsEmpty());
  }
}

// Everybody sits (11), and the detector says stand (12) of everybody: wrong, but no shift of ids.
TEST(ClassTest, OneWrongClassIsNoShift) {
  std::vector<Line> gt = SmallAnnotations();
  for (Line& line : gt) line.class_id = 11;
  gt[5].class_id = 12;
  std::vector<Line> det = Detected(gt);
  for (Line& line : det) line.class_id = 12;
  EXPECT_FALSE(Has(Findings(gt, det), Kind::kClassesShifted));
  const absl::flat_hash_set<int> ava = {11, 12, 14};
  Options options;
  options.classes = &ava;
  EXPECT_FALSE(Has(Findings(gt, det, options), Kind::kClassesShifted));
}

TEST(ClassTest, NoneOrFewInCommon) {
  const std::vector<Line> gt = SmallAnnotations();
  std::vector<Line> det = Detected(gt);
  for (Line& line : det) line.class_id += 40;
  const Finding none = Find(Findings(gt, det), Kind::kClassesInCommon);
  EXPECT_EQ(none.severity, Severity::kError);
  EXPECT_EQ(none.count, 0);
  EXPECT_EQ(none.of, 4);
  EXPECT_EQ(none.first, "class 1");
  EXPECT_THAT(none.text, HasSubstr("(ids 1..4) occurs among the 4 of this file (ids 41..44)"));
  for (Line& line : det) line.class_id = 3;
  const Finding few = Find(Findings(gt, det), Kind::kClassesInCommon);
  EXPECT_EQ(few.severity, Severity::kWarning);
  EXPECT_EQ(few.count, 1);
  for (size_t i = 0; i < det.size(); ++i) det[i].class_id = 3 + i % 2;
  EXPECT_FALSE(Has(Findings(gt, det), Kind::kClassesInCommon));
  EXPECT_FALSE(Has(Findings(gt, det, {}, Role::kBoxes), Kind::kClassesInCommon));
}

TEST(CopyTest, AnnotationsGivenAsDetections) {
  const std::vector<Line> gt = SmallAnnotations();
  const Finding ones = Find(Findings(gt, gt), Kind::kAnnotationsAsBoxes);
  EXPECT_EQ(ones.count, 36);
  EXPECT_EQ(ones.of, 36);
  EXPECT_THAT(ones.first, HasSubstr("vidA,902,1: box 0.05,0.1,0.17,0.6"));
  EXPECT_TRUE(Has(Findings(gt, gt, {}, Role::kBoxes), Kind::kAnnotationsAsBoxes));
  // Annotated boxes scored by a model, as some papers report: every class, real scores.
  std::vector<Line> scored;
  for (const Line& line : gt) {
    for (int c = 1; c <= 4; ++c) {
      scored.push_back(line);
      scored.back().class_id = c;
      scored.back().score = 0.001 * scored.size();
    }
  }
  EXPECT_THAT(Findings(gt, scored), IsEmpty());
  // Invented scores for the annotation's own rows, and nothing else: too good.
  std::vector<Line> copy = SmallAnnotations();
  for (Line line : SmallAnnotations()) {
    line.video += "2";
    copy.push_back(line);
  }
  std::vector<Line> invented = copy;
  for (size_t i = 0; i < invented.size(); ++i) invented[i].score = 0.01 * i;
  EXPECT_EQ(Find(Findings(copy, invented), Kind::kAnnotationsAsBoxes).count, 72);
}

}  // namespace
}  // namespace mrsn::plausibility
