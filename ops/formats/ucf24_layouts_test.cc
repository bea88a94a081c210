#include <matio.h>
#include <unistd.h>

#include <filesystem>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "ops/base/file.h"
#include "ops/formats/ucf24_files.h"
#include "ops/test_data/test_data.h"

namespace mrsn::formats {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string Path(const std::string& name) {
  return ::testing::TempDir() + "ucf24_layouts_test." + std::to_string(::getpid()) + "/" + name;
}

std::string Write(const std::string& name, const std::string& contents) {
  EXPECT_TRUE(WriteFileAtomically(Path(name), contents).ok());
  return Path(name);
}

RowKind Kind(bool ground_truth) { return ground_truth ? RowKind::kGroundTruth : RowKind::kDetections; }

std::string CsvError(const std::string& text, bool ground_truth) {
  return std::string(
      ParseUcf24Csv(*TextFile::FromBytes(text, "u.csv"), Kind(ground_truth), {}).status().message());
}

TEST(Ucf24CsvTest, Reads) {
  const CsvContents gt = *ReadUcf24(Write("gt.csv", "A/v_A_g01_c01,7,23,1,2,30,40\n"), RowKind::kGroundTruth);
  ASSERT_EQ(gt.num_rows, 1);
  EXPECT_EQ(gt.blocks[0].rows[0].box, (BoxD{1, 2, 30, 40}));
  EXPECT_EQ(gt.blocks[0].rows[0].class_id, 23);
  EXPECT_EQ(gt.blocks[0].keyframes.keyframes()[0].timestamp, 7);
  const CsvContents det =
      *ReadUcf24(Write("det.csv", "A/v_A_g01_c01,7,23,0.25,1,2,30,40\r\n"), RowKind::kDetections);
  EXPECT_EQ(det.blocks[0].rows[0].score, 0.25);
  EXPECT_EQ(det.blocks[0].rows[0].box, (BoxD{1, 2, 30, 40}));
}

TEST(Ucf24CsvTest, ErrorsAndWarnings) {
  EXPECT_EQ(CsvError("v,1,0,1,2,3,4\nv,0,0,1,2,3,4\n", true),
            "u.csv:2: column 2 (frame) is '0', expected a frame number from 1");
  EXPECT_EQ(CsvError("v,1,0,1,2,3,4\n", false), "u.csv:1: 7 columns, expected 8: 'v,1,0,1,2,3,4'");
  EXPECT_EQ(CsvError("v,1,0,0.5,1,2,3,4\n", true), "u.csv:1: 8 columns, expected 7: 'v,1,0,0.5,1,2,3,4'");
  EXPECT_EQ(CsvError("v,1,0,nan,1,2,3,4\n", false),
            "u.csv:1: column 4 (score) is 'nan', expected a finite number");
  EXPECT_EQ(CsvError("v,1,0,9,2,3,4\n", true), "u.csv:1: ground truth box '9,2,3,4' has x2 < x1 or y2 < y1");
  const CsvContents det = *ParseUcf24Csv(*TextFile::FromBytes("v,1,0,0.5,9,2,3,4\n", "u.csv"),
                                         RowKind::kDetections, CsvOptions());
  ASSERT_EQ(det.warnings.size(), 1);
  EXPECT_EQ(ToString(det.warnings[0]), "u.csv:1: '9,2,3,4': detection box with x2 < x1 or y2 < y1");
  const CsvContents gt = *ParseUcf24Csv(*TextFile::FromBytes("v,1,0,1,2,3,4\nv,1,0,1,2,3,4\n", "u.csv"),
                                        RowKind::kGroundTruth, CsvOptions());
  ASSERT_EQ(gt.warnings.size(), 1);
  EXPECT_THAT(ToString(gt.warnings[0]), HasSubstr("u.csv:2"));
}

TEST(Ucf24FolderTest, FlatAndNestedNamesMeanTheSameFrame) {
  RowBlock block;
  std::vector<Warning> warnings;
  const TextFile flat = *TextFile::FromBytes("1 0.5 10 20 30 40\n\n24  .25 1 2 3 4 \n", "flat");
  ASSERT_TRUE(
      ParseUcf24Frame(flat, "Biking_v_Biking_g01_c01_00007.txt", RowKind::kDetections, {}, block, warnings)
          .ok());
  const TextFile nested = *TextFile::FromBytes("3 10 20 30 40", "nested");
  ASSERT_TRUE(
      ParseUcf24Frame(nested, "Biking/v_Biking_g01_c01/00007.txt", RowKind::kGroundTruth, {}, block, warnings)
          .ok());
  ASSERT_TRUE(ParseUcf24Frame(nested, "labels/Biking/v_Biking_g01_c01/00008.txt", RowKind::kGroundTruth, {},
                              block, warnings)
                  .ok());
  EXPECT_THAT(block.keyframes.videos(), ElementsAre("Biking/v_Biking_g01_c01"));
  EXPECT_EQ(block.keyframes.size(), 2);
  ASSERT_EQ(block.rows.size(), 4);
  EXPECT_EQ(block.rows[0].class_id, 0);
  EXPECT_EQ(block.rows[1].class_id, 23);
  EXPECT_EQ(block.rows[1].score, 0.25);
  EXPECT_EQ(block.rows[1].box, (BoxD{1, 2, 3, 4}));
  EXPECT_EQ(block.rows[2].class_id, 2);
}

TEST(Ucf24FolderTest, Errors) {
  RowBlock block;
  std::vector<Warning> warnings;
  const auto error = [&](const std::string& text, const std::string& name, bool ground_truth) {
    const TextFile file = *TextFile::FromBytes(text, "d/" + name);
    return std::string(ParseUcf24Frame(file, name, Kind(ground_truth), {}, block, warnings).message());
  };
  EXPECT_THAT(error("", "notes.txt", true), HasSubstr("d/notes.txt: expected a name like"));
  EXPECT_EQ(error("1 1 2 3 4\n1 1 2 3\n", "A_v_A_00001.txt", true),
            "d/A_v_A_00001.txt:2: expected 5 columns, class x1 y1 x2 y2, found '1 1 2 3'");
  EXPECT_EQ(error("0 1 2 3 4\n", "A_v_A_00001.txt", true),
            "d/A_v_A_00001.txt:1: class is '0', expected a whole number from 1");
  EXPECT_EQ(error("1 0.5 1 2 x 4\n", "A_v_A_00001.txt", false),
            "d/A_v_A_00001.txt:1: column 5 is 'x', expected a finite number");
  EXPECT_THAT(error("1 5 2 3 4\n", "A_v_A_00001.txt", true), HasSubstr("has x2 < x1"));
  std::filesystem::create_directories(Path("empty"));
  EXPECT_THAT(std::string(ReadUcf24(Path("empty"), RowKind::kGroundTruth).status().message()),
              HasSubstr("no .txt file"));
}

// One element of a MATLAB struct array `annot` with one tube.
std::string WriteMat(const std::string& name, int ef, enum matio_classes type, int columns = 4) {
  std::filesystem::create_directories(Path(""));
  mat_t* mat = Mat_CreateVer(Path(name).c_str(), nullptr, MAT_FT_MAT5);
  const char* tube_fields[] = {"ef", "sf", "class", "boxes"};
  const char* annot_fields[] = {"name", "tubes"};
  size_t one[2] = {1, 1}, box_dims[2] = {2, static_cast<size_t>(columns)};
  double ef_value = ef, sf = 5, class_id = 2;
  uint8_t bytes[8] = {200, 10, 100, 20, 100, 50, 90, 60};  // columns: x, y, width, height
  double doubles[8];
  for (int i = 0; i < 8; ++i) doubles[i] = bytes[i];
  matvar_t* tubes = Mat_VarCreateStruct("tubes", 2, one, tube_fields, 4);
  const auto number = [&](const char* field, double* value) {
    Mat_VarSetStructFieldByName(tubes, field, 0,
                                Mat_VarCreate(field, MAT_C_DOUBLE, MAT_T_DOUBLE, 2, one, value, 0));
  };
  number("ef", &ef_value);
  number("sf", &sf);
  number("class", &class_id);
  Mat_VarSetStructFieldByName(
      tubes, "boxes", 0,
      type == MAT_C_UINT8 ? Mat_VarCreate("boxes", MAT_C_UINT8, MAT_T_UINT8, 2, box_dims, bytes, 0)
                          : Mat_VarCreate("boxes", MAT_C_DOUBLE, MAT_T_DOUBLE, 2, box_dims, doubles, 0));
  matvar_t* annot = Mat_VarCreateStruct("annot", 2, one, annot_fields, 2);
  char video[] = "A/v_A_g01_c01";
  size_t text_dims[2] = {1, sizeof video - 1};
  Mat_VarSetStructFieldByName(annot, "name", 0,
                              Mat_VarCreate("name", MAT_C_CHAR, MAT_T_UTF8, 2, text_dims, video, 0));
  Mat_VarSetStructFieldByName(annot, "tubes", 0, tubes);
  Mat_VarWrite(mat, annot, MAT_COMPRESSION_ZLIB);
  Mat_VarFree(annot);
  Mat_Close(mat);
  return Path(name);
}

TEST(Ucf24MatTest, CornersAreComputedInDouble) {
  for (enum matio_classes type : {MAT_C_DOUBLE, MAT_C_UINT8}) {
    const absl::StatusOr<CsvContents> contents =
        ReadUcf24(WriteMat("one.mat", 6, type), RowKind::kGroundTruth);
    ASSERT_TRUE(contents.ok()) << contents.status();
    const RowBlock& block = contents->blocks[0];
    ASSERT_EQ(block.rows.size(), 2);
    EXPECT_EQ(block.rows[0].box, (BoxD{200, 100, 300, 190}));  // 200 + 100 > 255
    EXPECT_EQ(block.rows[1].box, (BoxD{10, 20, 60, 80}));
    EXPECT_EQ(block.rows[0].class_id, 1);
    EXPECT_EQ(block.keyframes.keyframes()[1].timestamp, 6);
    EXPECT_EQ(block.keyframes.videos()[0], "A/v_A_g01_c01");
  }
}

TEST(Ucf24MatTest, ErrorsNameThePlace) {
  EXPECT_THAT(
      std::string(ReadUcf24(WriteMat("long.mat", 9, MAT_C_DOUBLE), RowKind::kGroundTruth).status().message()),
      HasSubstr("long.mat: annot(1) ('A/v_A_g01_c01') .tubes(1).boxes has 2 rows: expected ef - sf + 1 = 5"));
  EXPECT_THAT(
      std::string(
          ReadUcf24(WriteMat("narrow.mat", 6, MAT_C_DOUBLE, 3), RowKind::kGroundTruth).status().message()),
      HasSubstr(".boxes: expected N x 4 numbers"));
  EXPECT_THAT(
      std::string(ReadUcf24(WriteMat("det.mat", 6, MAT_C_DOUBLE), RowKind::kDetections).status().message()),
      HasSubstr("holds ground truth, not detections"));
  EXPECT_THAT(std::string(ReadUcf24Mat(Write("no.mat", "MATLAB 5.0 nonsense")).status().message()),
              HasSubstr("no.mat: "));
  const std::string whole = *ReadFile(WriteMat("whole.mat", 6, MAT_C_DOUBLE));
  EXPECT_FALSE(ReadUcf24Mat(Write("cut.mat", whole.substr(0, whole.size() / 2))).ok());
}

TEST(Ucf24MatTest, TheRealAnnotationsOfTheTestList) {
  MRSN_SKIP_WITHOUT_TEST_DATA();
  CsvContents contents = *ReadUcf24(TestData("ucf101-24/finalAnnots.mat"), RowKind::kGroundTruth);
  EXPECT_EQ(contents.num_rows, 573862);
  EXPECT_EQ(contents.blocks[0].keyframes.videos().size(), 3194);
  const auto videos = *ReadVideoList(TestData("ucf101-24/testlist01.txt"));
  KeepVideos(videos, contents);
  EXPECT_EQ(contents.blocks[0].keyframes.videos().size(), 910);
  EXPECT_EQ(contents.num_rows, 170580);
  EXPECT_EQ(contents.blocks[0].keyframes.size(), 138527);
}

}  // namespace
}  // namespace mrsn::formats
