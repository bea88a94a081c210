#include "ops/formats/ground_truth_csv.h"

#include "gtest/gtest.h"
#include "ops/base/file.h"
#include "ops/formats/ava_csv.h"
#include "ops/formats/ucf24_files.h"

namespace mrsn::formats {
namespace {

// 1/3 and 0.1f have no short decimal form: all digits must come back.
const GroundTruthRow kRow = {{"video", 904}, {1.0 / 3, 0.1f, 0.75, 1}, 12, 3};

void ExpectRead(const Row& row) {
  EXPECT_EQ(row.class_id, kRow.class_id);
  EXPECT_EQ(row.box.x1, kRow.box.x1);
  EXPECT_EQ(row.box.y1, kRow.box.y1);
  EXPECT_EQ(row.box.x2, kRow.box.x2);
  EXPECT_EQ(row.box.y2, kRow.box.y2);
}

TEST(GroundTruthCsvTest, TheAvaReaderReadsTheSameRow) {
  const std::string path = ::testing::TempDir() + "/ava.csv";
  ASSERT_TRUE(WriteFileAtomically(path, FormatAvaGroundTruthRow(kRow)).ok());
  const auto read = ReadAvaGroundTruth(path);
  ASSERT_TRUE(read.ok()) << read.status();
  ASSERT_EQ(read->num_rows, 1);
  ExpectRead(read->blocks.at(0).rows.at(0));
  EXPECT_EQ(read->blocks[0].rows[0].person_id, 3);
  EXPECT_EQ(FormatAvaGroundTruthRow({{"v", 7}, {0, 0.5, 1, 1}, 2}), "v,0007,0,0.5,1,1,2,-1\n");
}

TEST(GroundTruthCsvTest, TheUcf24ReaderReadsTheSameRow) {
  const std::string path = ::testing::TempDir() + "/ucf24.csv";
  ASSERT_TRUE(WriteFileAtomically(path, FormatUcf24GroundTruthRow(kRow)).ok());
  const auto read = ReadUcf24Csv(path, RowKind::kGroundTruth);
  ASSERT_TRUE(read.ok()) << read.status();
  ASSERT_EQ(read->num_rows, 1);
  ExpectRead(read->blocks.at(0).rows.at(0));
  EXPECT_EQ(FormatUcf24GroundTruthRow({{"A/v_A", 12}, {1, 2.5, 3, 4}, 23}), "A/v_A,12,23,1,2.5,3,4\n");
}

}  // namespace
}  // namespace mrsn::formats
