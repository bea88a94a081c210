// What the rows of the paper's tables are made of, against what the tables and the references say.
#include <google/protobuf/text_format.h>

#include <map>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "experiments/config/config.h"
#include "experiments/tables/table_manifest.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "ops/base/file.h"
#include "ops/testing/proto_defaults.h"

namespace mrsn::experiments {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr char kConfigs[] = "experiments/configs";

// Calls use(row, experiment) for every row of the paper's tables at full size.
template <typename Use>
void ForEachRow(Use use) {
  int rows = 0;
  for (const char* name : {"table1", "table2", "table3", "table4"}) {
    const auto table = ReadTable("experiments/tables", name);
    ASSERT_TRUE(table.ok()) << table.status();
    for (const Table::Row& row : table->row()) {
      const auto resolved = LoadExperiment(kConfigs, row.experiment());
      ASSERT_TRUE(resolved.ok()) << resolved.status();
      SCOPED_TRACE(row.experiment());
      use(*table, row, resolved->experiment);
      ++rows;
    }
  }
  EXPECT_EQ(rows, 10 + 12 + 8 + 6);
}

TEST(RowsTest, ThePretrainingIsTheColumns) {
  int with_column = 0;
  ForEachRow([&](const Table& table, const Table::Row& row, const Experiment& experiment) {
    for (int c = 0; c < table.columns_size(); ++c) {
      if (table.columns(c) != "pretraining") continue;
      ++with_column;
      const std::string& pretraining = experiment.inputs().pretraining();
      EXPECT_EQ(row.cells(c), pretraining.empty() ? "none" : pretraining);
    }
    EXPECT_EQ(experiment.inputs().pretraining().empty(), experiment.inputs().pretrained_backbone().empty());
  });
  EXPECT_EQ(with_column, 10 + 12 + 8);
}

TEST(RowsTest, Ucf24RowsStateTheirThreshold) {
  ForEachRow([&](const Table&, const Table::Row&, const Experiment& experiment) {
    for (const DatasetConfig* data : {&experiment.train_data(), &experiment.eval_data()}) {
      if (data->has_ucf24()) {
        EXPECT_TRUE(data->proposals().has_inference_score());
      }
    }
  });
}

// Unsets the fields that have their default value, and messages that are empty then.
void DropDefaults(const std::map<std::string, std::string>& defaults, Message* message) {
  const auto& reflection = *message->GetReflection();
  std::vector<const FieldDescriptor*> set;
  reflection.ListFields(*message, &set);
  for (const FieldDescriptor* field : set) {
    if (field->is_repeated()) continue;
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      Message* inner = reflection.MutableMessage(message, field);
      DropDefaults(defaults, inner);
      if (inner->ByteSizeLong() == 0) reflection.ClearField(message, field);
      continue;
    }
    std::string value;
    google::protobuf::TextFormat::PrintFieldValueToString(*message, field, -1, &value);
    const auto known = defaults.find(field->full_name());
    if (known != defaults.end() && known->second == value) reflection.ClearField(message, field);
  }
}

// The backbone without what every backbone has.
std::string BackboneOf(const Experiment& experiment) {
  const auto proto = ReadFile("mrsn/model_config.proto");
  EXPECT_TRUE(proto.ok()) << proto.status();
  ModelConfig backbone;
  if (experiment.model().has_slow_only()) *backbone.mutable_slow_only() = experiment.model().slow_only();
  if (experiment.model().has_slow_fast()) *backbone.mutable_slow_fast() = experiment.model().slow_fast();
  const std::string kind = backbone.has_slow_fast() ? "SlowFast\n" : "SlowOnly\n";
  DropDefaults(DocumentedDefaults(*proto), &backbone);
  return kind + backbone.DebugString();
}

// A pooling, a stride or a padding has no weights: a wrong one loads any checkpoint without a word.
TEST(RowsTest, BackbonesAreThoseOfTheReferenceWhoseWeightsTheyRead) {
  const std::map<std::string, std::string> references = {
      {"slowfast_r50_8x8", "reference/slowfast_r50_8x8"},
      {"slowfast_r101_8x8", "reference/slowfast_r101_8x8_k400"},
      {"slowfast_r101_8x8_nl", "reference/slowfast_r101_8x8"},
      {"slowonly_r50_16x4", "reference/slowonly_r50_16x4"},
  };
  int compared = 0;
  ForEachRow([&](const Table&, const Table::Row&, const Experiment& experiment) {
    if (!experiment.model().has_slow_only() && !experiment.model().has_slow_fast()) return;
    if (experiment.model().slow_only().flat()) return;  // C2D, which has no reference
    const std::string file = experiment.inputs().pretrained_backbone();
    const std::string stem =
        file.substr(file.rfind('/') + 1, file.rfind("_k") - file.rfind('/') - 1);  // ../<stem>_k400.pyth
    ASSERT_EQ(references.count(stem), 1) << file;
    const auto reference = LoadExperiment(kConfigs, references.at(stem));
    ASSERT_TRUE(reference.ok()) << reference.status();
    EXPECT_EQ(BackboneOf(experiment), BackboneOf(reference->experiment)) << references.at(stem);
    ++compared;
  });
  EXPECT_EQ(compared, 9 + 12 + 3 + 6);
}

}  // namespace
}  // namespace mrsn::experiments
