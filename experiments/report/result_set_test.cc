#include "experiments/report/result_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "ops/base/file.h"

namespace mrsn::experiments {
namespace {

using ::testing::HasSubstr;

// A folder of its own for each test.
std::string Root() {
  return absl::StrCat(std::getenv("TEST_TMPDIR"), "/",
                      ::testing::UnitTest::GetInstance()->current_test_info()->name());
}

constexpr char kResult[] =
    "experiment: \"EXPERIMENT\" seed: SEED config_fingerprint: \"c0\" data_fingerprint: \"d0\" official: "
    "true "
    "protocol: \"official_2019\" iou_threshold: 0.5 frame_map: 0.25 "
    "per_class { id: 1 name: \"sit\" kind: \"pose\" ap: 0.5 num_gt: 8 } per_class { id: 2 name: \"run\" "
    "num_gt: 0 } "
    "by_kind { kind: \"pose\" mean_ap: 0.5 num_classes: 1 }";

void Write(const std::string& experiment, int seed, const std::string& from = "#",
           const std::string& to = "") {
  const std::string text =
      absl::StrReplaceAll(kResult, {{"EXPERIMENT", experiment}, {"SEED", absl::StrCat(seed)}});
  ASSERT_TRUE(WriteFileAtomically(absl::StrCat(Root(), "/", experiment, "/seed", seed, ".textproto"),
                                  absl::StrReplaceAll(text, {{from, to}}))
                  .ok());
}

TEST(ReadResultSet, NumbersTheRuns) {
  for (int seed : {1, 0}) Write("m/b", seed);
  Write("m/a", 0, "frame_map: 0.25", "frame_map: 0.75");
  const auto set = ReadResultSet({Root()}, {});
  ASSERT_TRUE(set.ok()) << set.status();
  ASSERT_EQ(set->experiments.size(), 2);
  EXPECT_EQ(set->experiments[0].name, "m/a");
  EXPECT_EQ(set->experiments[1].RunIds(), "r2 r3");
  EXPECT_EQ(set->protocol, "official_2019");
  EXPECT_EQ(FrameMaps(set->experiments[0]), (BySeed{{0, 75}}));
  EXPECT_EQ(FrameMaps(set->experiments[1]), (BySeed{{0, 25}, {1, 25}}));
  EXPECT_EQ(ClassAps(set->experiments[1], 1), (BySeed{{0, 50}, {1, 50}}));
  EXPECT_EQ(ClassAps(set->experiments[1], 2), BySeed());
  EXPECT_EQ(KindMeans(set->experiments[0], "pose"), (BySeed{{0, 50}}));
  EXPECT_EQ(set->Find("m/none"), nullptr);
  EXPECT_EQ(set->experiments[1].runs[1].path, Root() + "/m/b/seed1.textproto");
}

TEST(ReadResultSet, PatternsChoose) {
  for (const char* name : {"m/a", "m/b", "other"}) Write(name, 0);
  EXPECT_EQ(ReadResultSet({Root()}, {"m/*"})->experiments.size(), 2);
  EXPECT_EQ(ReadResultSet({Root()}, {"other", "m/b"})->experiments.size(), 2);
  const auto none = ReadResultSet({Root()}, {"n/*", "x"});
  EXPECT_EQ(none.status().message(),
            absl::StrCat("no results of n/*, x in ", Root(), "; there are m/a, m/b, other"));
}

std::string ErrorWith(const std::string& from, const std::string& to) {
  Write("m/a", 0);
  Write("m/b", 3, from, to);
  return std::string(ReadResultSet({Root()}, {}).status().message());
}

TEST(ReadResultSet, RefusesAnotherProtocol) {
  EXPECT_EQ(
      ErrorWith("official_2019", "acar"),
      "these results cannot be compared: the protocol is official_2019 in m/a seed 0 and acar in m/b seed 3");
}

TEST(ReadResultSet, RefusesAnotherThreshold) {
  EXPECT_THAT(ErrorWith("iou_threshold: 0.5", "iou_threshold: 0.75"),
              HasSubstr("the IoU threshold is 0.5 in m/a seed 0 and 0.75 in m/b seed 3"));
}

TEST(ReadResultSet, RefusesOtherData) {
  EXPECT_THAT(ErrorWith("d0", "d1"),
              HasSubstr("the evaluated data is d0 in m/a seed 0 and d1 in m/b seed 3"));
}

TEST(ReadResultSet, RefusesAnotherClassList) {
  EXPECT_THAT(
      ErrorWith("\"run\"", "\"walk\""),
      HasSubstr("a class is 2 \"run\" with 0 boxes in m/a seed 0 and 2 \"walk\" with 0 boxes in m/b seed 3"));
  EXPECT_THAT(ErrorWith("per_class { id: 2 name: \"run\" num_gt: 0 }", ""),
              HasSubstr("a class is 2 \"run\" with 0 boxes in m/a seed 0 and none in m/b seed 3"));
}

TEST(ReadResultSet, RefusesTwoConfigurationsOfOneExperiment) {
  Write("m/a", 0);
  Write("m/a", 1, "c0", "c1");
  EXPECT_THAT(std::string(ReadResultSet({Root()}, {}).status().message()),
              HasSubstr("the configuration is c0 in m/a seed 0 and c1 in m/a seed 1"));
}

TEST(ReadResultSet, RefusesARunThatIsGivenTwice) {
  Write("m/a", 0);
  EXPECT_EQ(ReadResultSet({Root(), Root() + "/m"}, {}).status().message(),
            "two results of m/a seed 0 are given");
}

}  // namespace
}  // namespace mrsn::experiments
