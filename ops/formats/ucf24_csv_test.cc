// The CSV of UCF101-24 as training reads it, and the rows that this project writes.
#include <unistd.h>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "ops/base/file.h"
#include "ops/formats/ucf24_files.h"

namespace mrsn::formats {
namespace {

using ::testing::HasSubstr;

absl::StatusOr<CsvContents> Parse(const std::string& text, RowKind kind, const CsvOptions& options) {
  return ParseUcf24Csv(*TextFile::FromBytes(text, "u.csv"), kind, options);
}
std::string Error(const std::string& text, RowKind kind, const CsvOptions& options) {
  return std::string(Parse(text, kind, options).status().message());
}

TEST(Ucf24CsvTest, TubesAreAnEighthColumn) {
  CsvOptions options;
  options.allow_tubes = true;
  const auto contents =
      Parse("v,1,0,1,2,3,4,2\nv,2,0,1,2,3,4,2\nv,1,0,1,2,3,4,0\n", RowKind::kGroundTruth, options);
  ASSERT_TRUE(contents.ok()) << contents.status();
  EXPECT_TRUE(contents->has_tubes);
  EXPECT_EQ(contents->blocks[0].rows[0].person_id, 2);
  EXPECT_EQ(contents->blocks[0].rows[2].person_id, 0);
  EXPECT_FALSE(Parse("v,1,0,1,2,3,4\n", RowKind::kGroundTruth, options)->has_tubes);
  const auto error = [&](const std::string& text) { return Error(text, RowKind::kGroundTruth, options); };
  EXPECT_EQ(error("v,1,0,1,2,3,4,2\nv,2,0,1,2,3,4\n"), "u.csv:2: 7 columns, the rows before have 8");
  EXPECT_EQ(error("v,1,0,1,2,3,4,2\nv,1,1,1,2,3,4,2\n"), "u.csv:2: tube 2 has a second box in this frame");
  EXPECT_EQ(error("v,1,0,1,2,3,4,-1\n"), "u.csv:1: column 8 (tube) is '-1', expected a whole number from 0");
  // An evaluator takes no tubes: eight columns are a file of detections.
  EXPECT_THAT(Error("v,1,0,1,2,3,4,2\n", RowKind::kGroundTruth, {}), HasSubstr("8 columns, expected 7"));
}

TEST(Ucf24CsvTest, StrictMakesOddRowsErrors) {
  CsvOptions strict;
  strict.strict = true;
  const absl::flat_hash_set<int> classes = {0};
  strict.classes = &classes;
  EXPECT_THAT(Error("v,1,24,1,2,3,4\n", RowKind::kGroundTruth, strict),
              HasSubstr("u.csv:1: '24': class not in"));
  EXPECT_THAT(Error("v,1,0,1,2,1,4\n", RowKind::kGroundTruth, strict), HasSubstr("of no area"));
  EXPECT_THAT(Error("v,1,0,7,1,2,3,4\n", RowKind::kDetections, strict), HasSubstr("'7': score outside 0..1"));
  EXPECT_THAT(Error("v,1,0,0.5,3,2,1,4\n", RowKind::kDetections, strict),
              HasSubstr("detection box with x2 < x1"));
}

TEST(Ucf24CsvTest, HeadersCommasAndSeparators) {
  CsvOptions tubes;
  tubes.strict = tubes.allow_tubes = true;
  const auto read = Parse("video,frame,class,x1,y1,x2,y2\nv,1,0,1,2,3,4\n", RowKind::kGroundTruth, tubes);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->num_rows, 1);
  EXPECT_EQ(Parse("v,1,0,1,2,3,4,7,\n", RowKind::kGroundTruth, tubes)->blocks[0].rows[0].person_id, 7);
  EXPECT_EQ(Error("v;1;0;1;2;3;4\n", RowKind::kGroundTruth, tubes),
            "u.csv:1: 1 columns, expected 7 or 8 with commas between them, not semicolons: 'v;1;0;1;2;3;4'");
}

TEST(Ucf24CsvTest, WrittenRowsReadBackExactly) {
  const Detection detection = {{"Biking/v_Biking_g01_c01", 7}, {1.0 / 3, 2, 300.25, 240}, 2, 0.1f};
  const std::string row = FormatUcf24Row(detection);
  const auto read = Parse(row, RowKind::kDetections, {});
  ASSERT_TRUE(read.ok()) << read.status();
  const Row& back = read->blocks[0].rows[0];
  EXPECT_EQ(back.box, detection.box);
  EXPECT_EQ(back.score, detection.score);
  EXPECT_EQ(back.class_id, 2);
  EXPECT_EQ(FormatUcf24Row({{"A/v_A", 12}, {1, 2.5, 3, 4}, 23, 0.5}), "A/v_A,12,23,0.5,1,2.5,3,4\n");
}

TEST(VideoListTest, NamesStayBelowTheirFolder) {
  const std::string path = ::testing::TempDir() + "list." + std::to_string(::getpid()) + ".txt";
  ASSERT_TRUE(WriteFileAtomically(path, "A/v_A_g01_c01.avi 1\r\n\nB/v_B_g01_c01\n").ok());
  EXPECT_THAT(*ReadVideoList(path), testing::UnorderedElementsAre("A/v_A_g01_c01", "B/v_B_g01_c01"));
  for (const char* name : {"../x", "/etc/passwd"}) {
    ASSERT_TRUE(WriteFileAtomically(path, std::string("A/v_A\n") + name + "\n").ok());
    EXPECT_THAT(std::string(ReadVideoList(path).status().message()),
                HasSubstr(":2: '" + std::string(name) + "', expected Class/v_Class_gXX_cYY"));
  }
}

}  // namespace
}  // namespace mrsn::formats
