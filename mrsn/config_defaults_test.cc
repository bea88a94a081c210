// The defaults that model_config.proto's comments promise are the options' own.
#include <google/protobuf/text_format.h>

#include <map>
#include <string>

#include "gtest/gtest.h"
#include "mrsn/model_config.pb.h"
#include "mrsn/model_options.h"
#include "ops/base/config_reader.h"
#include "ops/base/file.h"
#include "ops/testing/proto_defaults.h"

namespace mrsn {
namespace {

// Together they read every message. A stage has 6 blocks and 256 channels.
constexpr const char* kModels[] = {
    "slow_only { stages { blocks: 6 channels: 256 } nonlocal { stage: 2 after_blocks: 0 } } linear {}",
    "slow_fast {} roi {} linear {}",
    "inception { last: MIXED_5C } linear {}",
    "two_stream { rgb { resnet {} } } mrsn { acre {} aare {} rse {} short_term {} }",
    "slow_only {} mrsn { acre {} long_term {} }",
    "slow_only {} acrn {}",
    "slow_only {} lfb {}",
    "slow_only {} acar { long_term {} }",
    "slow_only {} aia {}",
    "slow_only {} context_average {}",
    "act {}",
    "step { grids { size: 1 } }",
    "inception {} linear {}",
};

// Defaults that depend on other fields, for the models above.
const std::map<std::string, std::string> kWords = {{"C", "2048"}, {"channels / 4", "64"}, {"blocks", "6"}};

TEST(ConfigDefaultsTest, CommentsOfTheProtoFile) {
  DefaultsSeen seen;
  for (const char* text : kModels) {
    ModelConfig config;
    ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &config)) << text;
    config.set_num_classes(80);
    const auto read = ReadModel(config);
    ASSERT_TRUE(read.ok()) << text << ": " << read.status();
  }
  const auto proto = ReadFile("mrsn/model_config.proto");
  ASSERT_TRUE(proto.ok()) << proto.status();
  std::map<std::string, std::string> documented;
  for (const auto& [field, words] : DocumentedDefaults(*proto)) {
    const auto word = kWords.find(words);
    if (!words.empty()) documented[field] = word == kWords.end() ? words : word->second;
  }
  ASSERT_GT(documented.size(), 90);
  EXPECT_EQ(seen.fields(), documented);
}

}  // namespace
}  // namespace mrsn
