// The form of experiments/records/counts.textproto; experiments/heads counts its models anew.
#include "experiments/counts/table_counts.h"

#include <map>
#include <string>
#include <vector>

#include "experiments/config/text_proto.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "ops/base/file.h"
#include "ops/base/runfiles.h"

namespace mrsn::experiments {
namespace {

TEST(TableCountsTest, TheFileHoldsEachExperimentOfTheTablesOnce) {
  const std::string root = DataFilesRoot() + "/experiments/", path = root + "records/counts.textproto";
  Counts held;
  ASSERT_TRUE(ReadTextProto(path, &held).ok());
  std::vector<std::string> names, expected;
  for (const ModelCounts& model : held.model()) names.push_back(model.experiment());
  const auto sizes = CountedExperiments(root + "tables");
  ASSERT_TRUE(sizes.ok()) << sizes.status();
  for (const auto& [experiment, size] : *sizes) expected.push_back(experiment);
  EXPECT_GT(expected.size(), 20);
  EXPECT_THAT(names, ::testing::ElementsAreArray(expected)) << "run ./bazelw run //experiments:update_counts";
  EXPECT_EQ(CountsText(held), *ReadFile(path)) << "run ./bazelw run //experiments:update_counts";
}

}  // namespace
}  // namespace mrsn::experiments
