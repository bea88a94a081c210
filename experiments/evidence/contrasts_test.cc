#include "experiments/evidence/contrasts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "ops/base/file.h"

namespace mrsn::experiments {
namespace {

using ::testing::HasSubstr;

constexpr char kGood[] =
    "worlds: \"1\"\n"
    "contrasts { question: \"Q1\" rank: SIDE on: \"all\"\n"
    "  setting { name: \"A\" results: \"a@w={world}\" }\n"
    "  baselines { name: \"B\" results: \"b@w={world}\" } }\n";

absl::StatusOr<Contrasts> Read(const std::string& text) {
  const std::string path = ::testing::TempDir() + "/contrasts.textproto";
  EXPECT_TRUE(WriteFileAtomically(path, text).ok());
  return ReadContrasts(path);
}

std::string ErrorWith(const std::string& from, const std::string& to) {
  std::string text = kGood;
  text.replace(text.find(from), from.size(), to);
  const auto contrasts = Read(text);
  return contrasts.ok() ? "" : std::string(contrasts.status().message());
}

TEST(ContrastsTest, DefaultsAreThePages) {
  const auto contrasts = Read(kGood);
  ASSERT_TRUE(contrasts.ok()) << contrasts.status();
  EXPECT_EQ(contrasts->draws(), 2000);
  EXPECT_EQ(contrasts->main_margin(), 0.3);
  EXPECT_EQ(contrasts->side_margin(), 0.5);
  EXPECT_EQ(contrasts->most_rise(), 0.5);
  EXPECT_EQ(contrasts->equal_settings(), 0.1);
  EXPECT_EQ(contrasts->contrasts(0).pairs(), 3);
  EXPECT_EQ(Read(absl::StrCat(kGood, "probe {}"))->probe().margin(), 3);
  EXPECT_EQ(InWorld("a{world}/b@w={world}", "2"), "a2/b@w=2");
}

TEST(ContrastsTest, ErrorsNameFileLineAndField) {
  EXPECT_THAT(ErrorWith("rank: SIDE", ""), HasSubstr("contrasts.textproto:2:1: contrasts[0].rank: not set"));
  EXPECT_THAT(ErrorWith("b@w={world}", "b"),
              HasSubstr("contrasts.textproto:4:25: contrasts[0].baselines[0].results: \"b\"; allowed: a name "
                        "with \"{world}\""));
  EXPECT_THAT(ErrorWith("b@w", "a@w"), HasSubstr("baselines[0].results: the same as the setting's"));
  EXPECT_THAT(ErrorWith("on: \"all\"", ""), HasSubstr("contrasts[0].on: none"));
  EXPECT_THAT(ErrorWith("SIDE", "SIDE holm: true"), HasSubstr("contrasts[0].holm: set in a side contrast"));
  EXPECT_THAT(ErrorWith("\"1\"", "\"1\" worlds: \"1\""), HasSubstr("worlds: a world stands there twice"));
  EXPECT_THAT(ErrorWith("\"1\"", "\"1\" draws: 99"), HasSubstr("draws: 99; allowed: 100..1000000"));
  EXPECT_THAT(ErrorWith("\"1\"", "\"1\" main_margin: 0"), HasSubstr("main_margin: 0; allowed: above 0"));
  EXPECT_THAT(ErrorWith("rank:", "baselines { name: \"C\" results: \"c{world}\" } rank:"),
              HasSubstr("baselines[0].tuning: not set"));
}

// The family of EVIDENCE.md: Q1 to Q7 and Q14.
TEST(ContrastsTest, TheFamilyHasEightMainContrasts) {
  const auto contrasts = ReadContrasts("experiments/evidence/contrasts.textproto");
  ASSERT_TRUE(contrasts.ok()) << contrasts.status();
  std::vector<std::string> family;
  for (const Contrasts::Contrast& contrast : contrasts->contrasts()) {
    if (contrast.holm()) family.push_back(contrast.question());
  }
  EXPECT_THAT(family, ::testing::ElementsAre("Q1", "Q2", "Q3", "Q4", "Q5", "Q6", "Q7", "Q14"));
  EXPECT_EQ(contrasts->worlds_size(), 3);
}

}  // namespace
}  // namespace mrsn::experiments
