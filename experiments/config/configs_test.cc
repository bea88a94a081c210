// Every experiment in the tree: it loads, its inputs exist, and it resolves to its
// golden. On a difference: ./bazelw run //experiments:update_golden, and read the diff.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "experiments/config/config.h"
#include "experiments/config/experiment_graph.h"
#include "experiments/config/text_proto.h"
#include "experiments/table.pb.h"
#include "ops/base/file.h"

namespace mrsn::experiments {
namespace {

constexpr char kConfigs[] = "experiments/configs";
constexpr char kGolden[] = "experiments/records/golden";

std::vector<std::string> Names() {
  const auto names = ListExperiments(kConfigs);
  return names.ok() ? *names : std::vector<std::string>();
}

TEST(Configs, ThereAreSome) {
  EXPECT_THAT(Names(), ::testing::IsSupersetOf({"micro/none", "ucf24/real_clips", "ava22/ablation/none"}));
}

TEST(Configs, EveryGoldenHasItsExperiment) {
  const std::vector<std::string> names = Names();
  for (const auto& entry : std::filesystem::recursive_directory_iterator(
           kGolden, std::filesystem::directory_options::follow_directory_symlink)) {
    const std::string path = entry.path().lexically_relative(kGolden);
    if (!absl::EndsWith(path, ".textproto")) continue;
    EXPECT_THAT(names, ::testing::Contains(std::string(absl::StripSuffix(path, ".textproto"))))
        << "run ./bazelw run //experiments:update_golden";
  }
}

TEST(Configs, EveryFileSaysWhatItIs) {
  std::set<std::string> folders = {kConfigs, "experiments/tables"};
  for (const std::string& folder : folders) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(
             folder, std::filesystem::directory_options::follow_directory_symlink)) {
      if (!absl::EndsWith(entry.path().string(), ".textproto")) continue;
      const auto text = ReadFile(entry.path());
      ASSERT_TRUE(text.ok()) << text.status();
      EXPECT_THAT(*text, ::testing::StartsWith("# proto-file: experiments/")) << entry.path();
      EXPECT_THAT(*text, ::testing::HasSubstr("\n# proto-message: mrsn.")) << entry.path();
    }
  }
}

class EveryConfig : public ::testing::TestWithParam<std::string> {};

TEST_P(EveryConfig, ResolvesToItsGolden) {
  const auto resolved = LoadExperiment(kConfigs, GetParam());
  ASSERT_TRUE(resolved.ok()) << resolved.status();
  const auto golden = ReadFile(absl::StrCat(kGolden, "/", GetParam(), ".textproto"));
  ASSERT_TRUE(golden.ok()) << golden.status() << "\nrun ./bazelw run //experiments:update_golden";
  EXPECT_EQ(GoldenText(*resolved), *golden) << "run ./bazelw run //experiments:update_golden";
}

TEST_P(EveryConfig, ItsGoldenIsAConfigOfTheSameMeaning) {
  const auto resolved = LoadExperiment(kConfigs, GetParam());
  ASSERT_TRUE(resolved.ok()) << resolved.status();
  Experiment reread;
  const absl::Status status = ReadTextProto(absl::StrCat(kGolden, "/", GetParam(), ".textproto"), &reread);
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(PrintTextProto(reread), resolved->text);
}

TEST_P(EveryConfig, ItsInputsExistAndEndSomewhere) {
  ExperimentGraph graph(kConfigs);
  const auto node = graph.Add({GetParam(), "", ""});
  ASSERT_TRUE(node.ok()) << node.status();
  EXPECT_EQ(graph.nodes().back(), *node);
  EXPECT_EQ((*node)->resolved->name, GetParam());
}

// Table 4's rows are one head with parts left out; nothing else may differ.
TEST(Table4, RowsDifferInTheirHeadOnly) {
  for (const std::string name : {"table4_micro", "table4"}) {
    Table table;
    ASSERT_TRUE(ReadTextProto("experiments/tables/" + name + ".textproto", &table).ok());
    EXPECT_EQ(table.row_size(), 6);
    std::set<std::string> others;
    for (const Table::Row& row : table.row()) {
      auto resolved = LoadExperiment(kConfigs, row.experiment());
      ASSERT_TRUE(resolved.ok()) << resolved.status();
      Experiment& experiment = resolved->experiment;
      MrsnHeadConfig& head = *experiment.mutable_model()->mutable_mrsn();
      head.clear_acre();
      head.clear_aare();
      head.clear_rse();
      head.clear_consensus();
      experiment.clear_description();
      experiment.mutable_inputs()->clear_relation_bank_from();
      others.insert(PrintTextProto(experiment));
    }
    EXPECT_EQ(others.size(), 1) << name;
  }
}

INSTANTIATE_TEST_SUITE_P(Tree, EveryConfig, ::testing::ValuesIn(Names()), [](const auto& info) {
  std::string name = info.param;
  for (char& c : name) {
    if (!absl::ascii_isalnum(static_cast<unsigned char>(c))) c = '_';
  }
  return name;
});

}  // namespace
}  // namespace mrsn::experiments
