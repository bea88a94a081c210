// The sections from files of detections that the test writes.
#include "experiments/report/detections_section.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <map>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "datasets/dataset_config.pb.h"
#include "datasets/open_dataset.h"
#include "datasets/ucf24/acted_clips.h"
#include "experiments/report/page_reader.h"
#include "opencv2/imgcodecs.hpp"
#include "ops/base/file.h"

namespace mrsn::experiments {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

class DetectionsTest : public ::testing::Test {
 protected:
  DetectionsTest()
      : root_(absl::StrCat(::testing::TempDir(), "detections.", ::getpid(), "/",
                           ::testing::UnitTest::GetInstance()->current_test_info()->name(), "/")) {}

  void Write(const std::string& name, const std::string& text) {
    ASSERT_TRUE(WriteFileAtomically(root_ + name, text).ok());
  }

  // A result whose files, as //experiments:evaluate leaves them, have this text; empty: there are none.
  void Add(const std::string& experiment, Result result, const std::string& ground_truth,
           const std::string& detections) {
    result.set_experiment(experiment);
    result.set_seed(3);
    const std::string stem = absl::StrCat("results/", experiment, "/seed3");
    if (!detections.empty()) {
      Write(stem + ".groundtruth.csv", ground_truth);
      Write(stem + ".detections.csv", detections);
    }
    results_.experiments.push_back(
        {experiment, {{"", std::move(result), root_ + stem + ".textproto"}}, std::nullopt});
    results_.NumberRuns();
  }

  AnalysedResults Analysed() { return AnalyseResults(results_, "", AnalysisOptions(), 1); }
  Viewpoint View() const { return {&results_.experiments.front(), &results_.experiments.front()}; }

  const std::string root_;
  ResultSet results_;
};

// Texts of the first row that begins with `label` in the table whose caption begins with `caption`.
std::vector<std::string> RowOf(const Section& section, const std::string& caption, const std::string& label) {
  for (const Block& block : section.blocks) {
    const auto& table = block.table ? block.table : block.folded_table;
    if (!table || table->caption.rfind(caption, 0) != 0) continue;
    for (const DocumentTable::Row& row : table->rows) {
      if (row.cells[0].text != label) continue;
      std::vector<std::string> texts;
      for (const Cell& cell : row.cells) texts.push_back(cell.text);
      return texts;
    }
  }
  return {};
}

std::string ParagraphsOf(const Section& section) {
  std::string all;
  for (const Block& block : section.blocks) absl::StrAppend(&all, block.paragraph, "\n");
  return all;
}

std::vector<Figure> FiguresOf(const Section& section) {
  std::vector<Figure> all;
  for (const Block& block : section.blocks) {
    all.insert(all.end(), block.figures.begin(), block.figures.end());
  }
  return all;
}

Result AvaResult(double frame_map) {
  Result result;
  result.set_protocol("official_2019");
  result.set_iou_threshold(0.5);
  result.set_frame_map(frame_map);
  for (const int id : {1, 7}) {
    ClassScore* score = result.add_per_class();
    score->set_id(id);
    score->set_name(id == 1 ? "sit & <wait>" : "read");
    score->set_kind(id == 1 ? "pose" : "person-object");
  }
  return result;
}

// Ten videos with a person each who does the class 1.
std::string TenVideos() {
  std::string rows;
  for (int v = 0; v < 10; ++v) absl::StrAppend(&rows, "video", v, ",0902,0.1,0,0.2,1,1,0\n");
  return rows;
}

// A false person first, then five persons: the precisions are 1/2, 2/3, 3/4, 4/5 and 5/6, whose envelope is
// 5/6 up to the recall 1/2. AP is 5/12; without the false person it were 1/2.
constexpr double kHalfAp = 5.0 / 12;
std::string Half() {
  std::string rows = "video9,0902,0.3,0,0.6,1,1,0.95\n";
  for (int v = 0; v < 5; ++v) {
    absl::StrAppendFormat(&rows, "video%d,0902,0.1,0,0.2,1,1,%.2f\n", v, 0.9 - 0.1 * v);
  }
  return rows;
}

TEST_F(DetectionsTest, ErrorsPartsAndVideosHaveTheirValues) {
  Add("m/half", AvaResult(kHalfAp), TenVideos(), Half());
  const AnalysedResults analysed = Analysed();
  ASSERT_THAT(analysed.runs, SizeIs(1));
  EXPECT_THAT(analysed.missing, IsEmpty());
  const auto section = DetectionsSection(analysed, View());
  ASSERT_TRUE(section.ok()) << section.status();
  EXPECT_THAT(RowOf(*section, "Lost frame-mAP by kind of error", "m/half"),
              ElementsAre("m/half", "41.67", "0.00", "0.00", "0.00", "8.33", "50.00"));
  EXPECT_THAT(RowOf(*section, "Lost AP of each class", "sit & <wait>"),
              ElementsAre("sit & <wait>", "41.67", "0.00", "0.00", "0.00", "8.33", "50.00"));
  EXPECT_THAT(RowOf(*section, "Lost AP of each class", "read"), IsEmpty()) << "nobody reads";
  EXPECT_THAT(RowOf(*section, "frame-mAP by number of persons", "m/half"),
              ElementsAre("m/half", "41.67", "no boxes", "no boxes", "no boxes"));
  EXPECT_THAT(RowOf(*section, "frame-mAP by size of the box", "annotated rows"),
              ElementsAre("annotated rows", "0", "0", "10"));
  // Means, classes, errors, sizes, persons; one kind only has no picture of its own.
  EXPECT_THAT(FiguresOf(*section), SizeIs(5));
  const auto videos = VideosSection(analysed, View(), {});
  ASSERT_TRUE(videos.ok()) << videos.status();
  EXPECT_THAT(RowOf(*videos, "The worst of 10 videos, m/half seed 3", "video5"),
              ElementsAre("video5", "0.00", "1", "1", "1", "1", "1"));
  EXPECT_THAT(RowOf(*videos, "The worst of 10 videos", "video9"),
              ElementsAre("video9", "0.00", "1", "1", "1", "1", "1.95"));
  EXPECT_THAT(RowOf(*videos, "The worst of 10 videos", "video0"),
              ElementsAre("video0", "100.00", "1", "1", "1", "0", "0.1"));
}

TEST_F(DetectionsTest, TheCurvesAreThoseOfTheDetections) {
  Add("m/half", AvaResult(kHalfAp), TenVideos(), Half());
  const AnalysedResults analysed = Analysed();
  ASSERT_THAT(analysed.runs, SizeIs(1));
  const DetectionAnalysis& analysis = analysed.runs[0].analysis;
  ASSERT_THAT(analysis.classes, SizeIs(1));
  ASSERT_THAT(analysis.classes[0].curve, SizeIs(6));
  EXPECT_EQ(analysis.classes[0].curve[0], std::make_pair(0.0, 0.0));
  EXPECT_EQ(analysis.classes[0].curve[5], std::make_pair(0.5, 5.0 / 6));
  EXPECT_EQ(analysis.mean_curve[50].second, 5.0 / 6);
  EXPECT_EQ(analysis.mean_curve[51].second, 0.0);
}

TEST_F(DetectionsTest, WhateverIsMissingHasACommand) {
  Add("m/half", AvaResult(kHalfAp), TenVideos(), Half());
  Add("m/none", AvaResult(0.25), "", "");
  Add("m/other", AvaResult(0.25), TenVideos(), Half());
  Add("m/broken", AvaResult(0.25), TenVideos(), "video0,0902\n");
  const AnalysedResults analysed = Analysed();
  EXPECT_THAT(analysed.runs, SizeIs(1));
  const auto section = DetectionsSection(analysed, View());
  ASSERT_TRUE(section.ok()) << section.status();
  EXPECT_THAT(RowOf(*section, "Without detections", "m/none"),
              ElementsAre("m/none", HasSubstr("its detections and ground truth are neither "),
                          HasSubstr("./bazelw run //experiments:evaluate -- --experiment=m/none ")));
  EXPECT_THAT(
      RowOf(*section, "Without detections", "m/other"),
      ElementsAre("m/other",
                  HasSubstr("does not belong to m/other seed 3: its frame-mAP is 0.416667, the result "
                            "says 0.250000"),
                  testing::_));
  EXPECT_THAT(RowOf(*section, "Without detections", "m/broken"),
              ElementsAre("m/broken", HasSubstr("seed3.detections.csv:1"), testing::_));
  EXPECT_THAT(ParagraphsOf(*section), HasSubstr("3 experiments have none that can be used"));
}

TEST_F(DetectionsTest, WithoutAnyThereIsTheTableAlone) {
  Add("m/none", AvaResult(0.25), "", "");
  const AnalysedResults analysed = Analysed();
  const auto section = DetectionsSection(analysed, View());
  ASSERT_TRUE(section.ok()) << section.status();
  EXPECT_THAT(FiguresOf(*section), IsEmpty());
  EXPECT_THAT(RowOf(*section, "Without detections", "m/none"), SizeIs(3));
  const auto videos = VideosSection(analysed, View(), {});
  ASSERT_TRUE(videos.ok()) << videos.status();
  EXPECT_THAT(videos->blocks, IsEmpty());
}

TEST_F(DetectionsTest, ThePageStandsAlone) {
  Add("m/half", AvaResult(kHalfAp), TenVideos(), Half());
  Add("m/none", AvaResult(0.25), "", "");
  const AnalysedResults analysed = Analysed();
  Document document;
  document.sections = {*DetectionsSection(analysed, View()), *VideosSection(analysed, View(), {})};
  document.sections.push_back({"runs", "Runs", {}});
  DocumentTable runs;
  runs.columns = {{"run"}};
  for (const char* id : {"r1", "r2"}) runs.rows.push_back({{{id, CellKind::kText, ""}}, id});
  document.sections.back().blocks.push_back(Shown(runs));
  const auto html = ToHtml(document);
  ASSERT_TRUE(html.ok()) << html.status();
  EXPECT_THAT(*html, AllOf(HasSubstr("sit &amp; &lt;wait&gt;"), Not(HasSubstr("<wait>"))));
  const auto page = ReadPage(*html);
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_THAT(FaultsOf(*page), IsEmpty());
}

// Clips of three classes; the persons of two of them are found exactly, SalsaSpin's are not found.
class PicturesTest : public DetectionsTest {
 protected:
  void SetUp() override {
    ASSERT_TRUE(datasets::WriteActedClips({}, root_ + "data").ok());
    config_.mutable_ucf24();
    config_.set_inference_split("test");
    const auto dataset = datasets::OpenDataset(config_, datasets::Usage::kInference, root_ + "data");
    ASSERT_TRUE(dataset.ok()) << dataset.status();
    std::string annotated, found;
    for (const datasets::AnnotatedBox& row : (*dataset)->GroundTruth()) {
      const std::string place =
          absl::StrCat(row.keyframe.video, ",", row.keyframe.timestamp.Text(), ",", row.class_id);
      const std::string box = absl::StrFormat("%.0f,%.0f,%.0f,%.0f", row.box.x1 * 320, row.box.y1 * 240,
                                              row.box.x2 * 320, row.box.y2 * 240);
      if (row.keyframe.video == kSalsa && row.keyframe.timestamp == 1) boxes_.push_back(box);
      absl::StrAppend(&annotated, place, ",", box, "\n");
      if (row.class_id != kSalsaId) absl::StrAppend(&found, place, ",0.75,", box, "\n");
    }
    Result result;
    result.set_protocol("yowo");
    result.set_iou_threshold(0.5);
    result.set_frame_map(2.0 / 3);
    result.set_data_fingerprint((*dataset)->Fingerprint());
    for (const auto& [id, name] :
         std::map<int, std::string>{{0, "Basketball"}, {kSalsaId, "SalsaSpin"}, {18, "SoccerJuggling"}}) {
      ClassScore* score = result.add_per_class();
      score->set_id(id);
      score->set_name(name);
    }
    Add("m/acted", result, annotated, found);
    Write("configs/m/acted.textproto",
          "model { num_classes: 24 slow_only {} mrsn { width: 64 } }\n"
          "train_data { ucf24 {} train_split: \"train\" }\n"
          "eval_data { ucf24 {} inference_split: \"test\" }\n"
          "train { epochs: 6 decay_epochs: 5.6 batch_norm: TRAINED }\n"
          "eval { protocol: \"yowo\" }\n");
  }

  absl::StatusOr<Section> Videos(const ImageSources& sources) {
    const AnalysedResults analysed = Analysed();
    EXPECT_THAT(analysed.missing, IsEmpty()) << analysed.missing[0].why;
    return VideosSection(analysed, View(), sources);
  }
  ImageSources Sources() const { return {root_ + "configs", "", root_ + "data", ""}; }

  static constexpr char kSalsa[] = "SalsaSpin/v_SalsaSpin_g02_c01";
  static constexpr int kSalsaId = 14;
  DatasetConfig config_;
  std::vector<std::string> boxes_;  // of SalsaSpin's first frame: "x1,y1,x2,y2" in pixels of 320 x 240
};

TEST_F(PicturesTest, TheWorstVideoComesFirstWithItsBoxes) {
  const auto section = Videos(Sources());
  ASSERT_TRUE(section.ok()) << section.status();
  const std::vector<Figure> figures = FiguresOf(*section);
  ASSERT_THAT(figures, SizeIs(3)) << ParagraphsOf(*section);
  EXPECT_EQ(figures[0].caption, absl::StrCat(kSalsa,
                                             ", frame 1 (mAP of the video 0.0 %). Annotated: A SalsaSpin; B "
                                             "SalsaSpin. Found: nobody."));
  EXPECT_THAT(figures[1].caption, AllOf(HasSubstr("(mAP of the video 100.0 %). Annotated: A Basketball. "),
                                        HasSubstr("Found: 1 Basketball 0.75.")));
  // 480 pixels of the picture are 320 of the annotations.
  ASSERT_THAT(boxes_, SizeIs(2));
  for (const std::string& box : boxes_) {
    const std::vector<std::string> corners = absl::StrSplit(box, ',');
    const double left = 1.5 * std::stod(corners[0]), top = 1.5 * std::stod(corners[1]);
    EXPECT_THAT(figures[0].svg, HasSubstr(absl::StrFormat("<rect x=\"%.1f\" y=\"%.1f\" ", left, top)));
  }
}

TEST_F(PicturesTest, ThePictureIsTheKeyFrame) {
  const auto section = Videos(Sources());
  ASSERT_TRUE(section.ok()) << section.status();
  const std::vector<Figure> figures = FiguresOf(*section);
  ASSERT_THAT(figures, SizeIs(3));
  const std::string begin = "base64,";
  const size_t at = figures[0].svg.find(begin) + begin.size();
  std::string jpeg;
  ASSERT_TRUE(absl::Base64Unescape(figures[0].svg.substr(at, figures[0].svg.find('"', at) - at), &jpeg));
  const cv::Mat picture = cv::imdecode(std::vector<uchar>(jpeg.begin(), jpeg.end()), cv::IMREAD_COLOR);
  EXPECT_EQ(picture.size(), cv::Size(128, 96));
  // SalsaSpin's backdrop has red 90, green 50 and blue 110, all of them up to 15 more or less.
  const cv::Scalar corner = cv::mean(picture(cv::Rect(0, 0, 12, 12)));
  EXPECT_NEAR(corner[0] - corner[2], 20, 8) << "blue less red";
  EXPECT_NEAR(corner[2] - corner[1], 40, 8) << "red less green";
}

TEST_F(PicturesTest, ASentenceSaysWhyThereAreNone) {
  ImageSources sources = Sources();
  sources.data_root = "";
  EXPECT_THAT(
      ParagraphsOf(*Videos(sources)),
      HasSubstr("no pictures of the worst key frames: --data_root, the folder of the evaluated data, is "
                "not set."));
  sources.data_root = root_ + "nowhere";
  EXPECT_THAT(ParagraphsOf(*Videos(sources)), HasSubstr(root_ + "nowhere"));
  sources = Sources();
  sources.configs_root = root_ + "other";
  EXPECT_THAT(ParagraphsOf(*Videos(sources)), HasSubstr("m/acted"));
  results_.experiments[0].runs[0].result.set_data_fingerprint("0123456789abcdef");
  EXPECT_THAT(ParagraphsOf(*Videos(Sources())), HasSubstr("the results were measured on 0123456789ab."));
}

TEST_F(PicturesTest, AVideoThatCannotBeReadIsNamedAndTheOthersAreShown) {
  const std::string video = root_ + "data/videos/" + kSalsa + ".avi";
  const auto size = std::filesystem::file_size(video);
  // Cut, with the size it had: name and size identify the video.
  std::filesystem::resize_file(video, size / 64);
  std::filesystem::resize_file(video, size);
  const auto section = Videos(Sources());
  ASSERT_TRUE(section.ok()) << section.status();
  EXPECT_THAT(FiguresOf(*section), SizeIs(2)) << ParagraphsOf(*section);
  EXPECT_THAT(ParagraphsOf(*section), AllOf(HasSubstr("Key frames without a picture: "), HasSubstr(kSalsa)));
}

}  // namespace
}  // namespace mrsn::experiments
