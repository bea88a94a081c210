#include "mrsn/checkpoint/checkpoint_metadata.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mrsn {
namespace {

using ::testing::HasSubstr;

TEST(CheckpointMetadataTest, RoundTripIsExact) {
  Checkpoint checkpoint;
  checkpoint.set_experiment("micro/acre");
  checkpoint.set_seed(18'446'744'073'709'551'615u);
  checkpoint.set_seconds(0.1 + 0.2);
  checkpoint.mutable_optimizer()->add_state("momentum_buffer");
  checkpoint.mutable_imported_from()->set_file("a \"quoted\" name.pyth");
  const auto read = ReadCheckpointMetadata(CheckpointMetadata(checkpoint), "f");
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->SerializeAsString(), checkpoint.SerializeAsString());
  EXPECT_EQ(read->seconds(), 0.1 + 0.2);
}

TEST(CheckpointMetadataTest, OtherFilesAreErrorsThatNameThem) {
  EXPECT_THAT(std::string(ReadCheckpointMetadata({{"format", "pt"}}, "f").status().message()),
              HasSubstr("f: its metadata lacks 'mrsn.checkpoint'"));
  EXPECT_THAT(std::string(ReadCheckpointMetadata({{"mrsn.checkpoint", "seed: x"}}, "f").status().message()),
              HasSubstr("f: metadata 'mrsn.checkpoint':1:7: "));
}

}  // namespace
}  // namespace mrsn
