#include "experiments/heads/experiments_of_head.h"

#include <google/protobuf/descriptor.h>

#include <cctype>
#include <cstdio>
#include <string>
#include <variant>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "experiments/config/config.h"
#include "mrsn/model_config.pb.h"
#include "mrsn/model_options.h"
#include "ops/base/runfiles.h"

namespace mrsn::experiments {
namespace {

std::string& Head() {
  static std::string head;
  return head;
}

bool IsLinear(const ModelOptions& options) {
  const auto* scoring = std::get_if<ActionDetectorOptions>(&options);
  return scoring != nullptr && std::holds_alternative<LinearHeadOptions>(scoring->head);
}

// A misspelt head has no experiments.
TEST(ExperimentsOfHeadTest, ThereAreSome) { EXPECT_FALSE(ExperimentsOfHead().empty()) << HeadUnderTest(); }

}  // namespace

std::string ConfigsRoot() { return DataFilesRoot() + "/experiments/configs"; }

const std::string& HeadUnderTest() { return Head(); }

bool HasHeadUnderTest(const std::string& experiment, const std::string& change) {
  const auto resolved = LoadExperiment(ConfigsRoot(), experiment, change);
  if (!resolved.ok()) return true;
  const ModelConfig& config = resolved->experiment.model();
  const auto options = ReadModel(config);
  if (!options.ok()) return true;
  if (IsLinear(*options)) return HeadUnderTest() == "linear";
  const auto& oneof = *ModelConfig::descriptor()->FindOneofByName("head");
  return config.GetReflection()->GetOneofFieldDescriptor(config, &oneof)->name() == HeadUnderTest();
}

const std::vector<std::string>& ExperimentsOfHead() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> names;
    const auto all = ListExperiments(ConfigsRoot());
    if (!all.ok()) return names;
    for (const std::string& name : *all) {
      if (HasHeadUnderTest(name)) names.push_back(name);
    }
    return names;
  }();
  return names;
}

std::string ExperimentTestName(const ::testing::TestParamInfo<std::string>& info) {
  std::string name = info.param;
  for (char& c : name) {
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
  }
  return name;
}

}  // namespace mrsn::experiments

int main(int argc, char** argv) {
  // Before InitGoogleTest, which asks for the tests' parameters.
  for (int i = 1; i < argc; ++i) {
    absl::string_view argument = argv[i];
    if (absl::ConsumePrefix(&argument, "--head=")) mrsn::experiments::Head() = std::string(argument);
  }
  if (mrsn::experiments::HeadUnderTest().empty()) {
    std::fprintf(stderr, "error: --head is not set; allowed: a member of ModelConfig's oneof head\n");
    return 2;
  }
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
