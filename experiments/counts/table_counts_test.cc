// experiments/records/counts.textproto against the models counted anew.
#include "experiments/counts/table_counts.h"

#include "gtest/gtest.h"
#include "ops/base/file.h"
#include "ops/base/runfiles.h"

namespace mrsn::experiments {
namespace {

TEST(TableCountsTest, TheFileHoldsWhatIsCounted) {
  const std::string root = DataFilesRoot() + "/experiments/";
  const auto counted = CountTables(root + "tables", root + "configs");
  ASSERT_TRUE(counted.ok()) << counted.status();
  const auto held = ReadFile(root + "records/counts.textproto");
  ASSERT_TRUE(held.ok()) << held.status();
  EXPECT_EQ(*counted, *held) << "run ./bazelw run //experiments:update_counts";
}

}  // namespace
}  // namespace mrsn::experiments
