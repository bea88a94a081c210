// The defaults that dataset_config.proto's comments promise are the options' own.
#include <google/protobuf/descriptor.h>

#include <map>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "datasets/open_dataset.h"
#include "gtest/gtest.h"
#include "ops/base/config_reader.h"
#include "ops/base/file.h"
#include "ops/testing/proto_defaults.h"

namespace mrsn::datasets {
namespace {

// The part of "4 (micro_world), 8 (ucf24, ava)" that is for `kind`; other texts as they are.
std::string ForKind(const std::string& documented, const std::string& kind) {
  for (const absl::string_view part : absl::StrSplit(documented, "), ")) {
    const std::vector<std::string> value = absl::StrSplit(part, " (");
    if (value.size() == 1) return documented;
    for (const absl::string_view name : absl::StrSplit(absl::StripSuffix(value[1], ")"), ", ")) {
      if (name == kind) return value[0];
    }
  }
  return "for no " + kind;
}

TEST(DatasetDefaultsTest, CommentsOfTheProtoFile) {
  const auto proto = ReadFile("datasets/dataset_config.proto");
  ASSERT_TRUE(proto.ok()) << proto.status();
  const auto documented = DocumentedDefaults(*proto);
  std::map<std::string, std::string> all_seen;
  const auto& kinds = *DatasetConfig::descriptor()->FindOneofByName("dataset");
  for (int i = 0; i < kinds.field_count(); ++i) {
    const std::string& kind = kinds.field(i)->name();
    DatasetConfig config;
    config.GetReflection()->MutableMessage(&config, kinds.field(i));
    DefaultsSeen seen;
    ASSERT_TRUE(ValidateDatasetConfig(config).ok());
    for (const auto& [field, value] : seen.fields()) {
      const auto found = documented.find(field);
      ASSERT_TRUE(found != documented.end()) << field;
      // A path that is empty unless set, "none", has no default to name.
      const std::string words = found->second.empty() ? "\"\"" : ForKind(found->second, kind);
      EXPECT_EQ(absl::StrReplaceAll(words, {{"<v>", "v2.2"}}), value) << field << " of " << kind;
      all_seen[field] = value;
    }
  }
  for (const auto& [field, words] : documented) {
    EXPECT_TRUE(words.empty() || all_seen.count(field) == 1) << field << ": nobody reads it";
  }
  EXPECT_GT(all_seen.size(), 25);
}

}  // namespace
}  // namespace mrsn::datasets
