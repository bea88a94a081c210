#include "ablations/sweep.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "experiments/config/text_proto.h"
#include "ops/base/file.h"

namespace mrsn::ablations {
namespace {

using ::testing::ElementsAre;

class SweepTest : public ::testing::Test {
 protected:
  void SetUp() override {
    root_ = absl::StrCat(std::getenv("TEST_TMPDIR"), "/",
                         ::testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::remove_all(root_);
    Write("pre", "model { slow_only {} mrsn {} } train { batch_norm: TRAINED }");
    Write("short", "base: \"pre\" model { mrsn { acre {} } } inputs { initialise_from: \"pre\" }");
    Write("long", "base: \"short\" model { mrsn { long_term {} } } inputs { relation_bank_from: \"short\" }");
  }

  void Write(const std::string& name, const std::string& text) {
    ASSERT_TRUE(WriteFileAtomically(root_ + "/" + name + ".textproto", text).ok());
  }

  // The runs as "label seed 0", those that are only needed by others with a "*"; or the error.
  std::vector<std::string> Runs(const std::string& text, std::optional<int> seeds = std::nullopt) {
    Write("sweeps/s", text);
    const auto sweep = ReadSweep(root_ + "/sweeps", root_ + "/tables", "s");
    if (!sweep.ok()) return {Shown(sweep.status())};
    const auto runs = ExpandSweep(*sweep, root_, seeds);
    if (!runs.ok()) return {Shown(runs.status())};
    std::vector<std::string> names;
    for (const auto& run : runs->all) {
      names.push_back(absl::StrCat(run->label, " seed ", run->seed, Asked(*runs, run) ? "" : "*"));
    }
    return names;
  }

  static bool Asked(const SweepRuns& runs, const std::shared_ptr<const experiments::RunNode>& run) {
    return std::find(runs.asked.begin(), runs.asked.end(), run) != runs.asked.end();
  }

  std::string Shown(const absl::Status& status) const {
    return absl::StrReplaceAll(status.message(), {{root_, "R"}});
  }

  std::string root_;
};

TEST_F(SweepTest, InputsComeFirstAndOnce) {
  EXPECT_THAT(Runs("experiments: \"long\" seeds: 2"),
              ElementsAre("pre seed 0*", "short seed 0*", "long seed 0", "short seed 1*", "long seed 1"));
  EXPECT_THAT(Runs("experiments: \"long\" experiments: \"short\""),
              ElementsAre("pre seed 0*", "short seed 0", "long seed 0"));
}

TEST_F(SweepTest, TheCallersSeedsWin) {
  EXPECT_THAT(Runs("experiments: \"pre\" seeds: 5", 2), ElementsAre("pre seed 0", "pre seed 1"));
  EXPECT_THAT(Runs("experiments: \"pre\"", 0), ElementsAre("seeds is 0; allowed: 1..1000"));
}

constexpr char kGrid[] =
    "experiments: \"short\"\n"
    "axes { name: \"width\" points { label: \"64\" delta { model { mrsn { width: 64 } } } }\n"
    "       points { label: \"128\" delta { model { mrsn { width: 128 } } } } }\n"
    "axes { name: \"decay\" points { label: \"none\" delta { clear: \"train.decay_epochs\" } }\n"
    "       points { label: \"late\" delta { train { epochs: 3 decay_epochs: 2 } } } }\n";

TEST_F(SweepTest, GridIsTheProductOfTheAxes) {
  EXPECT_THAT(
      Runs(kGrid),
      ElementsAre("pre seed 0*", "short@width=64,decay=none seed 0", "short@width=64,decay=late seed 0",
                  "short@width=128,decay=none seed 0", "short@width=128,decay=late seed 0"));
  const auto runs = ExpandSweep(*ReadSweep(root_ + "/sweeps", root_ + "/tables", "s"), root_);
  ASSERT_TRUE(runs.ok());
  EXPECT_EQ(runs->all[0]->override_text, "");
  EXPECT_EQ(runs->all[1]->override_text,
            "clear: \"train.decay_epochs\"\nmodel {\n  mrsn {\n    width: 64\n  }\n}\n");
  EXPECT_EQ(runs->all[4]->override_text,
            "model {\n  mrsn {\n    width: 128\n  }\n}\ntrain {\n  epochs: 3\n  decay_epochs: 2\n}\n");
}

TEST_F(SweepTest, ABadPointIsFoundBeforeAnythingRuns) {
  EXPECT_THAT(
      Runs("experiments: \"short\" axes { name: \"b\" points { label: \"0\" delta { train { batch_size: "
           "0 } } } }"),
      ElementsAre("short with b=0: train.batch_size is 0; allowed: 1 to 4096"));
}

TEST_F(SweepTest, BankWritersMustHaveTheSameModel) {
  EXPECT_THAT(
      Runs("experiments: \"long\" axes { name: \"w\" points { label: \"8\" delta { model { mrsn { width: "
           "8 } } } } }"),
      ElementsAre("long with w=8: changes the model, but the relation bank comes from short without "
                  "that change; write two experiments for it"));
  EXPECT_THAT(
      Runs(
          "experiments: \"long\" axes { name: \"w\" points { label: \"2\" delta { model { mrsn { long_term { "
          "window_seconds: 2 } } } } } }"),
      ElementsAre("pre seed 0*", "short seed 0*", "long@w=2 seed 0"));
}

TEST_F(SweepTest, ATableNamesTheExperiments) {
  Write("tables/t",
        "id: \"t\" caption: \"c\" metric: FRAME_MAP_50 measured_data: \"d\" row { label: \"a\" experiment: "
        "\"short\" } row { label: \"not yet written\" } row { label: \"b\" experiment: \"long\" }");
  EXPECT_THAT(Runs("table: \"t\""), ElementsAre("pre seed 0*", "short seed 0", "long seed 0"));
  EXPECT_THAT(Runs("table: \"t\" experiments: \"pre\""), ElementsAre("pre seed 0"));
  EXPECT_THAT(Runs("table: \"u\""),
              ElementsAre("unknown table 'u': there is no R/tables/u.textproto; there are t"));
}

TEST_F(SweepTest, BadFiles) {
  EXPECT_THAT(Runs("seeds: 1"),
              ElementsAre("R/sweeps/s.textproto: experiments: none; allowed: one or more, or a table "
                          "that names them"));
  EXPECT_THAT(Runs("experiments: \"pre\"\nseeds: 0"),
              ElementsAre("R/sweeps/s.textproto:2:1: seeds: 0; allowed: 1..1000"));
  EXPECT_THAT(
      Runs("experiments: \"per\""),
      ElementsAre("unknown experiment 'per': there is no R/per.textproto; there are long, pre, short, "
                  "sweeps/s"));
  EXPECT_THAT(Runs("experiments: \"pre\"\naxes { name: \"a b\" }"),
              ElementsAre("R/sweeps/s.textproto:2:8: axes[0].name: \"a b\"; allowed: letters, digits, _ . -, "
                          "each name once"));
  EXPECT_THAT(Runs("experiments: \"pre\"\naxes { name: \"a\" }"),
              ElementsAre("R/sweeps/s.textproto:2:1: axes[0].points: none; allowed: one or more"));
  EXPECT_THAT(
      Runs("experiments: \"pre\"\naxes { name: \"a\" points { label: \"1\" } points { label: \"1\" } }"),
      ElementsAre(
          "R/sweeps/s.textproto:2:49: axes[0].points[1].label: \"1\"; allowed: letters, digits, _ . -, "
          "each label once"));
  EXPECT_THAT(
      Runs("experiments: \"pre\"\naxes { name: \"a\" points { label: \"1\" delta { base: \"x\" } } }"),
      ElementsAre(
          "R/sweeps/s.textproto:2:46: axes[0].points[0].delta.base: the base is the sweep's experiment"));
  EXPECT_EQ(Shown(ReadSweep(root_ + "/sweeps", root_ + "/tables", "t").status()),
            "unknown sweep 't': there is no R/sweeps/t.textproto; did you mean s?");
}

// Every sweep in the tree expands.
TEST(Sweeps, EveryFileExpands) {
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator("ablations")) {
    if (entry.path().extension() != ".textproto") continue;
    ++files;
    const auto sweep = ReadSweep("ablations", "experiments/tables", entry.path().stem());
    ASSERT_TRUE(sweep.ok()) << sweep.status();
    const auto runs = ExpandSweep(*sweep, "experiments/configs");
    ASSERT_TRUE(runs.ok()) << runs.status();
    EXPECT_FALSE(sweep->description().empty()) << entry.path() << ": description says what the sweep asks";
    if (sweep->has_table()) {
      EXPECT_TRUE(FileExists(absl::StrCat("experiments/tables/", sweep->table(), ".textproto"))) << entry;
    }
  }
  EXPECT_GE(files, 1);
}

TEST(Sweeps, ComponentsAreTable4sSixRows) {
  const auto runs =
      ExpandSweep(*ReadSweep("ablations", "experiments/tables", "components"), "experiments/configs", 1);
  ASSERT_TRUE(runs.ok()) << runs.status();
  std::vector<std::string> names;
  for (const auto& run : runs->all) names.push_back(run->resolved->name);
  EXPECT_THAT(runs->asked, ::testing::ElementsAreArray(runs->all.begin() + 1, runs->all.end()));
  EXPECT_THAT(names, ElementsAre("micro/pretrain", "micro/none", "micro/acre", "micro/aare",
                                 "micro/acre_aare", "micro/acre_aare_rse", "micro/acre_aare_rse_lrb"));
}

TEST_F(SweepTest, AFileOutsideTheTreeNamesFilesBesideIt) {
  const std::string user = root_ + ".user";
  ASSERT_TRUE(WriteFileAtomically(user + "/mine.textproto", "base: \"short\"").ok());
  ASSERT_TRUE(WriteFileAtomically(user + "/sweep.textproto",
                                  "experiments: \"mine.textproto\" experiments: \"short\" axes { name: \"e\" "
                                  "points { label: \"1\" delta { train { epochs: 1 } } } }")
                  .ok());
  const auto sweep = ReadSweep(root_ + "/sweeps", root_ + "/tables", user + "/sweep.textproto");
  ASSERT_TRUE(sweep.ok()) << sweep.status();
  const auto runs = ExpandSweep(*sweep, root_, std::nullopt);
  ASSERT_TRUE(runs.ok()) << runs.status();
  ASSERT_EQ(runs->asked.size(), 2);
  EXPECT_EQ(runs->asked[0]->label, "mine@e=1");
  EXPECT_EQ(runs->asked[1]->label, "short@e=1");
  EXPECT_EQ(ReadSweep(root_, root_, user + "/none.textproto").status().message(),
            "there is no file " + user + "/none.textproto");
}

}  // namespace
}  // namespace mrsn::ablations
