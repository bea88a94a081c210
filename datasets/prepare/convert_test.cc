// Files of other projects become ours, which our own readers then read strictly.
#include "datasets/prepare/convert.h"

#include <map>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "ops/base/file.h"
#include "ops/formats/ava_csv.h"
#include "ops/formats/pickle/pickle_writer.h"
#include "ops/formats/ucf24_files.h"
#include "ops/test_data/test_data.h"

namespace mrsn::datasets {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

using formats::PickleWriter;
using formats::Raw;

std::string Path(const std::string& name) { return ::testing::TempDir() + "/convert_test/" + name; }

std::string Write(const std::string& name, const std::string& contents) {
  EXPECT_TRUE(WriteFileAtomically(Path(name), contents).ok());
  return Path(name);
}

// The output's text, or the error.
std::string Converted(const std::string& bytes, ConvertOptions options = {},
                      ConvertReport* report = nullptr) {
  options.input = Write("input", bytes);
  options.output = Path("output.csv");
  const auto converted = Convert(options);
  if (!converted.ok()) return std::string(converted.status().message());
  if (report != nullptr) *report = *converted;
  return *ReadFile(options.output);
}

TEST(ConvertTest, BoxesOfMmaction2) {
  PickleWriter out(4);
  out.Dict([&] {
    out.Text("vidA,0902"),
        out.Array("f8", {2, 5}, Raw<double>({0.25, 0.5, 0.75, 1, 0.9375, 0, 0, 1, 1, 0.5}));
    out.Text("vidA,0903"), out.Array("f8", {1, 5}, Raw<double>({0.5, 0, 0.5, 1, 0.5}));
  });
  ConvertReport report;
  EXPECT_EQ(Converted(out.Finish(), {}, &report),
            "vidA,0902,0.25,0.5,0.75,1,,0.9375\nvidA,0902,0,0,1,1,,0.5\n");
  EXPECT_EQ(report.kind, PreparedKind::kBoxes);
  EXPECT_EQ(report.recognised, "mmaction2 pickle");
  EXPECT_EQ((std::map<std::string, int64_t>(report.written.begin(), report.written.end())["rows"]), 2);
  EXPECT_THAT(report.notes, Contains("left out: 1 rows whose box has no area"));
  // Our reader takes the file as it is.
  formats::CsvOptions strict;
  strict.strict = true;
  EXPECT_EQ(formats::ReadAvaBoxList(Path("output.csv"), strict)->num_rows, 2);
}

TEST(ConvertTest, BoxesInPixels) {
  const std::string hit =
      "video_name,timestamp,x1,y1,x2,y2,class_id,score\nv_Biking_g01_c01,7,32,24,160,120,3,0.5\n";
  EXPECT_THAT(Converted(hit), HasSubstr("boxes in pixels"));
  ConvertOptions options;
  options.frame_width = 320, options.frame_height = 240;
  EXPECT_EQ(Converted(hit, options), "v_Biking_g01_c01,0007,0.1,0.1,0.5,0.5,,0.5\n");
}

TEST(ConvertTest, KindsOfCsv) {
  const std::pair<const char*, PreparedKind> cases[] = {
      {"v,0902,0.1,0.2,0.3,0.4,,0.9\n", PreparedKind::kBoxes},
      {"v,0902,0.1,0.2,0.3,0.4,-1,0.9\nv,0902,0.1,0.2,0.3,0.4,12,0.9\n", PreparedKind::kBoxes},
      {"v,0902,0.1,0.2,0.3,0.4\n", PreparedKind::kBoxes},
      {"v,0902,0.1,0.2,0.3,0.4,0.75\n", PreparedKind::kBoxes},
      {"v,7,32,24,160,120,3,0.5\n", PreparedKind::kBoxes},
      {"Biking/v_Biking_g01_c01,7,3,0.5,32,24,160,120\n", PreparedKind::kBoxes},
      {"v,0902,0.1,0.2,0.3,0.4,12,0\n", PreparedKind::kAvaAnnotations},
      {"v,0902,0.1,0.2,0.3,0.4,12,155\n", PreparedKind::kAvaAnnotations},
      {"v,0902,0.1,0.2,0.3,0.4,12\n", PreparedKind::kAvaAnnotations},
      {"Biking/v_Biking_g01_c01,4,2,200,100,320,150,0\n", PreparedKind::kUcf24Annotations},
      {"Biking/v_Biking_g01_c01,4,2,200,100,320,150\n", PreparedKind::kUcf24Annotations},
      {"Biking/v_Biking_g01_c01\nBiking/v_Biking_g01_c02.avi 3\n", PreparedKind::kSplit}};
  for (const auto& [text, kind] : cases) {
    const auto recognised = RecogniseKind(Write("kind.csv", text));
    ASSERT_TRUE(recognised.ok()) << recognised.status();
    EXPECT_EQ(*recognised, kind) << text;
  }
}

TEST(ConvertTest, AvaAnnotations) {
  // Without person ids: the boxes of a key frame are numbered, equal ones are one person.
  EXPECT_EQ(
      Converted(
          "v,902,0.1,0.2,0.3,0.4,12\nv,0902,0.1,0.2,0.3,0.4,17\nv,0902,0,0,1,1,80\nv,0903,0,0,1,1,80\n"),
      "v,0902,0.1,0.2,0.3,0.4,12,0\nv,0902,0.1,0.2,0.3,0.4,17,0\nv,0902,0,0,1,1,80,1\nv,0903,0,0,1,1,80,0\n");
  // With them.
  EXPECT_EQ(Converted("v,0902,0,0,1,1,12,7\nv,0902,0,0,1,1,17,9\n"),
            "v,0902,0,0,1,1,12,7\nv,0902,0,0,1,1,17,9\n");
  // AlphAction: pixels, several labels of one box, the pictures behind the boxes.
  ConvertReport report;
  EXPECT_EQ(Converted(R"({"annotations": [{"id": 1, "image_id": 5, "person_id": 3, "bbox": [10, 20, 30, 40],
                                           "action_ids": [12, 80]}],
                          "images": [{"id": 5, "movie": "m", "timestamp": 902, "width": 100, "height": 200}]})",
                      {}, &report),
            "m,0902,0.1,0.1,0.4,0.3,12,3\nm,0902,0.1,0.1,0.4,0.3,80,3\n");
  EXPECT_EQ(report.kind, PreparedKind::kAvaAnnotations);
}

TEST(ConvertTest, SecondsKeepTheirFractions) {
  EXPECT_EQ(Converted("v,902.5,0,0,1,1,12,7\nw,0903.00,0,0,1,1,12,7\nv,0902.500,0,0,0.5,1,17,9\n"),
            "v,0902.5,0,0,1,1,12,7\nw,0903,0,0,1,1,12,7\nv,0902.5,0,0,0.5,1,17,9\n");
  // Equal boxes of one key frame are one, however its second is written; those of another are others.
  EXPECT_EQ(Converted("v,2.5,0,0,1,1,,0.9\nv,0002.50,0,0,1,1,,0.5\nv,2,0,0,1,1,,0.4\n"),
            "v,0002.5,0,0,1,1,,0.9\nv,0002,0,0,1,1,,0.4\n");
}

TEST(ConvertTest, AcarNetGivesAnnotationsOrBoxes) {
  PickleWriter out(4);
  out.Tuple([&] {
    out.List([&] {
      out.Dict([&] {
        out.Text("video"), out.Text("v"), out.Text("time"), out.Text("0902"), out.Text("labels");
        out.List([&] {
          out.Dict([&] {
            out.Text("bounding_box"),
                out.List([&] { out.Float(0), out.Float(0), out.Float(0.5), out.Float(1); });
            out.Text("label"), out.List([&] { out.Int(0), out.Int(1); });
            out.Text("person_idx"), out.Int(4);
          });
        });
      });
    });
    out.List([&] {
      for (const int id : {12, 80}) out.Dict([&] { out.Text("id"), out.Int(id); });
    });
  });
  EXPECT_EQ(Converted(out.Finish()), "v,0902,0,0,0.5,1,12,4\nv,0902,0,0,0.5,1,80,4\n");
  ConvertOptions boxes;
  boxes.kind = "boxes";
  EXPECT_EQ(Converted(out.Finish(), boxes), "v,0902,0,0,0.5,1,,1\n");
}

TEST(ConvertTest, Ucf24Annotations) {
  const std::string csv = "Biking/v_Biking_g01_c01,4,2,200,100,320,150,0\n";
  EXPECT_EQ(Converted(csv), csv);
  PickleWriter out;
  out.Dict([&] {
    out.Text("labels"), out.List([&] { out.Text("Biking"); });
    out.Text("gttubes"), out.Dict([&] {
      out.Text("Biking/v_Biking_g01_c01"), out.Dict([&] {
        out.Int(0), out.List([&] { out.Array("f4", {1, 5}, Raw<float>({4, 200, 100, 320, 150})); });
      });
    });
  });
  EXPECT_EQ(Converted(out.Finish()), csv);
}

TEST(ConvertTest, OtherFilesAreErrorsThatLeaveTheOutputAlone) {
  Write("output.csv", "before");
  EXPECT_THAT(Converted("\x89PNG\r\n\x1a\nIEND"),
              HasSubstr("is a PNG image, not a box list, annotation or list of videos"));
  EXPECT_THAT(Converted(""), HasSubstr("is empty (0 bytes)"));
  EXPECT_THAT(Converted("v,0902,1,1,0,0,,0.5\n"), HasSubstr("of which nothing can be written"));
  EXPECT_EQ(*ReadFile(Path("output.csv")), "before");
}

TEST(ConvertTest, RealFiles) {
  MRSN_SKIP_WITHOUT_TEST_DATA();
  ConvertOptions options;
  options.output = Path("real.csv");
  std::map<std::string, std::string> texts;
  for (const char* name : {"ucf101-24/finalAnnots.mat", "ucf101-24/pyannot.pkl"}) {
    options.input = TestData(name);
    const auto report = Convert(options);
    ASSERT_TRUE(report.ok()) << report.status();
    EXPECT_EQ(report->written[0].second, 573'862) << name;
    EXPECT_EQ(report->written[1].second, 3194) << name;
    formats::CsvOptions strict;
    strict.strict = strict.allow_tubes = true;
    const auto read = formats::ReadUcf24Csv(options.output, formats::RowKind::kGroundTruth, strict);
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(read->num_rows, 573'862);
  }
  options.input = TestData("ava/mini/AVA_Val_Custom_Corrected.csv");
  const auto ava = Convert(options);
  ASSERT_TRUE(ava.ok()) << ava.status();
  EXPECT_EQ(ava->kind, PreparedKind::kAvaAnnotations);
}

}  // namespace
}  // namespace mrsn::datasets
