#include "experiments/tables/record_results.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "experiments/config/config.h"
#include "experiments/tables/result_files.h"
#include "ops/base/file.h"

namespace mrsn::experiments {
namespace {

using ::testing::HasSubstr;

class RecordResultsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    root_ = absl::StrCat(std::getenv("TEST_TMPDIR"), "/",
                         ::testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::remove_all(root_);
    Write("configs/none", "model { slow_only {} mrsn {} } train { batch_norm: TRAINED }");
    Write("configs/acre", "base: \"none\" model { mrsn { acre {} } }");
    table_.set_id("t");
    for (const char* row : {"none", "acre", "none"}) table_.add_row()->set_experiment(row);
  }

  void Write(const std::string& name, const std::string& text) {
    ASSERT_TRUE(WriteFileAtomically(root_ + "/" + name + ".textproto", text).ok());
  }

  void WriteResult(const std::string& experiment, int seed, double frame_map, const std::string& commit = "c",
                   const std::string& official = "true") {
    const auto resolved = LoadExperiment(root_ + "/configs", experiment);
    ASSERT_TRUE(resolved.ok()) << resolved.status();
    Write(absl::StrCat("out/", experiment, "/seed", seed),
          absl::StrFormat("experiment: \"%s\" seed: %d config_fingerprint: \"%s\" frame_map: %g "
                          "commit: \"%s\" official: %s",
                          experiment, seed, resolved->fingerprint, frame_map, commit, official));
  }

  absl::StatusOr<std::string> Record() {
    return RecordResults(table_, {root_ + "/configs", root_ + "/out", Recorded()});
  }

  std::string Recorded() const { return root_ + "/t.textproto"; }

  // The recorded frame-mAPs of an experiment, by seed.
  std::vector<double> FrameMaps(const std::string& experiment) {
    const auto measured = ReadMeasurements(Recorded(), {experiment});
    EXPECT_TRUE(measured.ok()) << measured.status();
    std::vector<double> values;
    for (const Result& result : (*measured)[0].second.results) values.push_back(result.frame_map());
    return values;
  }

  std::string root_;
  Table table_;
};

TEST_F(RecordResultsTest, NewResultsReplaceARowsOldOnes) {
  WriteResult("none", 0, 0.25);
  WriteResult("acre", 0, 0.5);
  EXPECT_EQ(*Record(), "none: 1 new results\nacre: 1 new results\n");
  std::filesystem::remove_all(root_ + "/out");
  WriteResult("acre", 1, 0.75);
  WriteResult("acre", 2, 0.875);
  EXPECT_EQ(*Record(), "none: 0 new results\nacre: 2 new results\n");
  EXPECT_THAT(FrameMaps("none"), ::testing::ElementsAre(0.25));
  EXPECT_THAT(FrameMaps("acre"), ::testing::ElementsAre(0.75, 0.875));
}

TEST_F(RecordResultsTest, LeavesOutWhatIsNotOfficial) {
  WriteResult("none", 0, 0.25);
  WriteResult("none", 1, 0.25, "c-dirty");
  WriteResult("none", 2, 0.25, "unknown");
  WriteResult("none", 3, 0.25, "c", "false");
  WriteResult("acre", 0, 0.5);
  Write("configs/acre", "base: \"none\" model { mrsn { acre { layers: 2 } } }");  // changed since
  const auto report = Record();
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_THAT(*report,
              HasSubstr("none: 1 new results; 3 left out: of another configuration, with overrides"));
  EXPECT_THAT(*report, HasSubstr("acre: 0 new results; 1 left out"));
  EXPECT_THAT(FrameMaps("none"), ::testing::ElementsAre(0.25));
  EXPECT_THAT(FrameMaps("acre"), ::testing::IsEmpty());
}

// A point of a sweep's grid is a change of an experiment, so none of its results is official.
TEST_F(RecordResultsTest, OfAChangedExperimentOnlyTrainedResultsAreRecorded) {
  const auto changed = LoadExperiment(root_ + "/configs", "acre", "model { mrsn { width: 32 } }");
  ASSERT_TRUE(changed.ok()) << changed.status();
  Result trained;
  trained.set_official(false);
  trained.set_config_fingerprint(changed->fingerprint);
  trained.set_commit("c");
  std::vector<Result> results(4, trained);
  results[1].mutable_given_weights()->set_random(true);
  results[2].set_config_fingerprint("other");
  results[3].set_commit("c-dirty");
  EXPECT_EQ(RemoveUnrecordable(*changed, &results), 3);
  ASSERT_EQ(results.size(), 1);
  EXPECT_EQ(results[0].DebugString(), trained.DebugString());
  const auto unchanged = LoadExperiment(root_ + "/configs", "acre");
  results[0].set_config_fingerprint(unchanged->fingerprint);
  EXPECT_EQ(RemoveUnrecordable(*unchanged, &results), 1);
}

TEST_F(RecordResultsTest, NothingNewIsAnErrorAndWritesNothing) {
  EXPECT_THAT(std::string(Record().status().message()), HasSubstr("no result of table t under "));
  EXPECT_FALSE(FileExists(Recorded()));
}

}  // namespace
}  // namespace mrsn::experiments
