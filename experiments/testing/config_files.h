// Experiments in a folder of the test's own, for tests of how they are read.
#ifndef MRSN_EXPERIMENTS_TESTING_CONFIG_FILES_H_
#define MRSN_EXPERIMENTS_TESTING_CONFIG_FILES_H_

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "absl/strings/str_replace.h"
#include "experiments/config/config.h"
#include "ops/base/file.h"

namespace mrsn::experiments {

inline constexpr char kModel[] = "model { num_classes: 3 slow_only {} mrsn { width: 64 } }\n";

// Each test has a folder, in which base/b stands.
class ConfigFiles : public ::testing::Test {
 protected:
  void SetUp() override {
    root_ = ::testing::TempDir() + "/" + ::testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(root_);
    Write("base/b",
          std::string(kModel) +
              "train {\n  epochs: 6\n  decay_epochs: 5.6\n  decay_epochs: 5.8\n  batch_norm: TRAINED\n}\n");
  }

  void Write(const std::string& name, const std::string& text) {
    ASSERT_TRUE(WriteFileAtomically(root_ + "/" + name + ".textproto", text).ok());
  }

  // The message of the error, with the root folder written as R.
  std::string ErrorOf(const std::string& name, const std::string& override_text = "") {
    const auto loaded = LoadExperiment(root_, name, override_text);
    return loaded.ok() ? "no error" : absl::StrReplaceAll(loaded.status().message(), {{root_, "R"}});
  }
  std::string ErrorOfTrain(const std::string& train) {
    Write("x", "base: \"base/b\"\ntrain {\n  " + train + "\n}\n");
    return ErrorOf("x");
  }

  std::string root_;
};

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_TESTING_CONFIG_FILES_H_
