// The sweeps of experiments/EVIDENCE.md run what its contrasts compare.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <set>
#include <string>

#include "ablations/sweep.h"
#include "absl/strings/match.h"
#include "experiments/evidence/contrasts.h"

namespace mrsn::ablations {
namespace {

// The seeds of every run that a sweep of the evidence asks for, by its label.
std::map<std::string, std::set<uint64_t>> Asked() {
  std::map<std::string, std::set<uint64_t>> seeds;
  for (const auto& entry : std::filesystem::directory_iterator("ablations")) {
    const std::string name = entry.path().stem();
    if (entry.path().extension() != ".textproto" || !absl::StartsWith(name, "evidence_")) continue;
    const auto sweep = ReadSweep("ablations", "experiments/tables", name);
    EXPECT_TRUE(sweep.ok()) << sweep.status();
    const auto runs = ExpandSweep(*sweep, "experiments/configs");
    EXPECT_TRUE(runs.ok()) << runs.status();
    for (const auto& run : runs->asked) seeds[run->label].insert(run->seed);
  }
  return seeds;
}

bool AnyBeginsWith(const std::map<std::string, std::set<uint64_t>>& asked, const std::string& prefix) {
  const auto at = asked.lower_bound(prefix);
  return at != asked.end() && absl::StartsWith(at->first, prefix);
}

TEST(EvidenceContrasts, EverySideIsRunWithTheSameSeeds) {
  const auto contrasts = experiments::ReadContrasts("experiments/evidence/contrasts.textproto");
  ASSERT_TRUE(contrasts.ok()) << contrasts.status();
  const auto asked = Asked();
  std::set<std::string> questions;
  for (const Contrasts::Contrast& contrast : contrasts->contrasts()) {
    questions.insert(contrast.question());
    std::vector<Contrasts::Setting> settings(contrast.baselines().begin(), contrast.baselines().end());
    settings.push_back(contrast.setting());
    for (const std::string& world : contrasts->worlds()) {
      const auto seeds = asked.find(experiments::InWorld(contrast.setting().results(), world));
      for (const Contrasts::Setting& setting : settings) {
        const std::string label = experiments::InWorld(setting.results(), world);
        const auto found = asked.find(label);
        ASSERT_NE(found, asked.end()) << contrast.question() << ": no sweep runs " << label;
        EXPECT_EQ(found->second, seeds->second) << contrast.question() << ": " << label;
        EXPECT_GE(found->second.size(), static_cast<size_t>(contrast.pairs())) << label;
      }
    }
    for (const Contrasts::Setting& setting : settings) {
      EXPECT_TRUE(setting.tuning().empty() || AnyBeginsWith(asked, setting.tuning())) << setting.tuning();
    }
  }
  EXPECT_EQ(questions.size(), 21) << "Q1 to Q21";
  for (const std::string& label : contrasts->probe().results()) EXPECT_EQ(asked.count(label), 1) << label;
}

}  // namespace
}  // namespace mrsn::ablations
