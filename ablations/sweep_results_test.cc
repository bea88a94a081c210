#include "ablations/sweep_results.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <utility>

#include "ablations/testing/made_up_sweep.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "experiments/tables/result_files.h"
#include "ops/base/file.h"

namespace mrsn::ablations {
namespace {

using ::testing::ElementsAre;

class SweepResultsTest : public ::testing::Test {
 protected:
  // The report, or the error.
  std::string Record() {
    const auto report = RecordSweep("s", tree_.Runs(), {tree_.results(), tree_.recorded()});
    return report.ok() ? *report : Shown(report.status());
  }

  std::string Shown(const absl::Status& status) const {
    return absl::StrReplaceAll(status.message(), {{tree_.root(), "R"}});
  }

  void Leave(const std::string& label, uint64_t seed, double frame_map) {
    tree_.Leave(tree_.ResultOf(label, seed, frame_map));
  }

  // Of the recorded file: label -> frame-mAPs, by seed.
  std::map<std::string, std::vector<double>> FrameMaps() {
    const auto recorded = ReadRecorded(tree_.recorded(), "s", Sweep());
    EXPECT_TRUE(recorded.ok()) << recorded.status();
    std::map<std::string, std::vector<double>> values;
    for (const auto& [label, results] : *recorded) {
      for (const Result& result : results) values[label].push_back(result.frame_map());
    }
    return values;
  }

  MadeUpSweep tree_;
};

TEST_F(SweepResultsTest, ResultsOfTwoDataSetsAreReadBackEqual) {
  std::map<std::pair<std::string, uint64_t>, std::string> written;
  double frame_map = 0.0625;
  for (const auto& run : tree_.Runs().all) {
    const Result result = tree_.ResultOf(run->label, run->seed, frame_map);
    tree_.Leave(result);
    written[{run->label, run->seed}] = result.DebugString();
    frame_map += 0.0625;
  }
  EXPECT_EQ(written.size(), 9);
  EXPECT_EQ(Record(),
            "none@world=1: 2 new results\nnone@world=2: 2 new results\n"
            "acre@world=1: 2 new results\nacre@world=2: 2 new results\n"
            "pre: 1 new results\n8 of 8 runs are recorded\n");
  const auto recorded = ReadRecorded(tree_.recorded(), "s", Sweep());
  ASSERT_TRUE(recorded.ok()) << recorded.status();
  for (const auto& [label, results] : *recorded) {
    for (const Result& result : results) {
      EXPECT_EQ(result.DebugString(), (written[{label, result.seed()}])) << label;
      written.erase({label, result.seed()});
    }
  }
  EXPECT_TRUE(written.empty());
  const auto text = ReadFile(tree_.recorded());
  ASSERT_TRUE(text.ok()) << text.status();
  EXPECT_THAT(*text, ::testing::StartsWith("# proto-file: ablations/sweep_results.proto\n# proto-message: "
                                           "mrsn.SweepResults\nsweep: \"s\"\ndata {\n  common {\n"));
}

TEST_F(SweepResultsTest, APartOfASweepIsRecordedAndTheRestIsNamed) {
  Leave("none@world=2", 1, 0.5);
  Leave("none@world=2", 7, 0.5);  // no seed of the sweep
  Result dirty = tree_.ResultOf("none@world=1", 0, 0.25);
  dirty.set_commit("c1-dirty");
  tree_.Leave(dirty);
  Result unknown = tree_.ResultOf("none@world=1", 1, 0.25);
  unknown.set_commit("unknown");
  tree_.Leave(unknown);
  Result given = tree_.ResultOf("acre@world=1", 0, 0.25);
  given.mutable_given_weights()->set_random(true);
  tree_.Leave(given);
  Result other = tree_.ResultOf("acre@world=1", 1, 0.25);
  other.set_config_fingerprint("other");
  tree_.Leave(other);
  Result overridden = tree_.ResultOf("pre", 0, 0.25);
  overridden.set_official(false);
  tree_.Leave(overridden);
  EXPECT_EQ(Record(),
            "none@world=1: 0 new results; missing: seed 0, 1; 2 left out: of another configuration, with "
            "overrides or of uncommitted code\n"
            "none@world=2: 1 new results; missing: seed 0\n"
            "acre@world=1: 0 new results; missing: seed 0, 1; 2 left out: of another configuration, with "
            "overrides or of uncommitted code\n"
            "acre@world=2: 0 new results; missing: seed 0, 1\n"
            "pre: 0 new results; missing: seed 0; 1 left out: of another configuration, with overrides or of "
            "uncommitted code\n"
            "1 of 8 runs are recorded\n");
  EXPECT_THAT(FrameMaps(), ElementsAre(std::pair("none@world=2", std::vector<double>{0.5})));
}

TEST_F(SweepResultsTest, RecordedResultsStayUntilThereAreNewOnesOrTheSweepChanges) {
  Leave("none@world=1", 0, 0.25);
  Leave("none@world=1", 1, 0.375);
  Leave("acre@world=2", 1, 0.75);
  Record();
  std::filesystem::remove_all(tree_.results());
  Leave("none@world=1", 1, 0.5);
  EXPECT_EQ(Record(),
            "none@world=1: 1 new results, 1 kept\nnone@world=2: 0 new results; missing: seed 0, 1\n"
            "acre@world=1: 0 new results; missing: seed 0, 1\n"
            "acre@world=2: 0 new results, 1 kept; missing: seed 0\n"
            "pre: 0 new results; missing: seed 0\n3 of 8 runs are recorded\n");
  EXPECT_THAT(FrameMaps(), ElementsAre(std::pair("acre@world=2", std::vector<double>{0.75}),
                                       std::pair("none@world=1", std::vector<double>{0.25, 0.5})));

  tree_.Write("experiments/configs/acre", "base: \"none\" model { mrsn { acre { layers: 2 } } }");
  tree_.Write("ablations/s",
              "experiments: \"acre\" seeds: 1 axes { name: \"world\" points { label: \"2\" } }");
  Leave("acre@world=2", 0, 0.625);
  EXPECT_EQ(Record(),
            "acre@world=2: 1 new results; 1 recorded before removed: of another configuration\n"
            "pre: 0 new results; missing: seed 0\n"
            "none@world=1: 2 recorded before removed: no run of the sweep\n1 of 1 runs are recorded\n");
  EXPECT_THAT(FrameMaps(), ElementsAre(std::pair("acre@world=2", std::vector<double>{0.625})));
}

TEST_F(SweepResultsTest, RecordedRunsAreLeftOutAndTheirResultsWritten) {
  Leave("none@world=1", 0, 0.25);
  Leave("none@world=1", 1, 0.375);
  Leave("acre@world=2", 1, 0.75);
  Record();
  std::filesystem::remove_all(tree_.results());
  Leave("none@world=1", 1, 0.5);  // stays as it is
  const auto take = [&] {
    return TakeRecorded("s", Sweep(), tree_.Runs(), tree_.recorded(), tree_.root() + "/out");
  };
  const auto found = take();
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->taken, 3);
  std::vector<std::string> left;
  for (const auto& run : found->left) left.push_back(absl::StrCat(run->label, " ", run->seed));
  EXPECT_THAT(left, ElementsAre("none@world=2 0", "acre@world=1 0", "acre@world=2 0", "none@world=2 1",
                                "acre@world=1 1"));
  const auto none = experiments::ReadResults(tree_.results(), "none@world=1");
  ASSERT_TRUE(none.ok()) << none.status();
  ASSERT_EQ(none->size(), 2);
  EXPECT_EQ((*none)[0].DebugString(), tree_.ResultOf("none@world=1", 0, 0.25).DebugString());
  EXPECT_EQ((*none)[1].frame_map(), 0.5);
  const auto acre = experiments::ReadResults(tree_.results(), "acre@world=2");
  ASSERT_TRUE(acre.ok()) << acre.status();
  ASSERT_EQ(acre->size(), 1);

  tree_.Write("experiments/configs/acre", "base: \"none\" model { mrsn { acre { layers: 2 } } }");
  const auto changed = take();
  ASSERT_TRUE(changed.ok()) << changed.status();
  EXPECT_EQ(changed->taken, 2) << "a result of another configuration is none";
  std::filesystem::remove(tree_.recorded());
  const auto nothing = take();
  ASSERT_TRUE(nothing.ok()) << nothing.status();
  EXPECT_EQ(nothing->left.size(), 8);
}

TEST_F(SweepResultsTest, RunsThatStartFromOtherWeightsAreNotMixed) {
  Result start = tree_.ResultOf("pre", 0, 0.5);
  start.set_weights_hash("w1");
  tree_.Leave(start);
  Leave("none@world=1", 0, 0.25);
  Record();
  Leave("none@world=1", 1, 0.375);
  EXPECT_THAT(Record(), ::testing::HasSubstr("2 of 8 runs are recorded")) << "the same weights";
  start.set_weights_hash("w2");
  tree_.Leave(start);
  Leave("acre@world=1", 0, 0.5);
  EXPECT_EQ(
      Record(),
      "R/ablations/results/s.textproto: the recorded runs start from weights of pre seed 0 with the hash w1, "
      "the new ones from w2; expected the same, or a sweep whose record is removed first");
  EXPECT_THAT(FrameMaps(), ElementsAre(std::pair("none@world=1", std::vector<double>{0.25, 0.375}),
                                       std::pair("pre", std::vector<double>{0.5})));
}

TEST_F(SweepResultsTest, NothingNewIsAnErrorAndWritesNothing) {
  Leave("pre", 0, 0.5);
  EXPECT_THAT(Record(),
              ::testing::StartsWith("no result of sweep s under R/out/results\nnone@world=1: 0 new"));
  EXPECT_FALSE(FileExists(tree_.recorded()));
}

TEST_F(SweepResultsTest, ABadFileIsNamed) {
  const auto error = [&](const std::string& text) {
    tree_.Write("ablations/results/s", text);
    return Shown(ReadRecorded(tree_.recorded(), "s", Sweep()).status());
  };
  EXPECT_EQ(error("sweep: \"t\""),
            "R/ablations/results/s.textproto: sweep is \"t\", the file's name says \"s\"");
  const std::string data = "data { experiment { name: \"a\" run { own { seed: 3 frame_map: ";
  EXPECT_EQ(error("sweep: \"s\"" + data + "0.5 } } } }" + data + "0.25 } } } }"),
            "R/ablations/results/s.textproto: a seed 3 stands there twice");
  EXPECT_EQ(error("sweep: \"s\"" + data + "1.5 } } } }"),
            "R/ablations/results/s.textproto: a seed 3: frame_map is 1.5; allowed: 0..1");
}

TEST(RecordedPath, OfATableIsTheTablesFile) {
  Sweep sweep;
  EXPECT_EQ(RecordedPath("R", "s", sweep), "R/ablations/results/s.textproto");
  sweep.set_table("t");
  EXPECT_EQ(RecordedPath("R", "s", sweep), "R/experiments/records/results/t.textproto");
}

}  // namespace
}  // namespace mrsn::ablations
