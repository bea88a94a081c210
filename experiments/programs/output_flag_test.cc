#include "experiments/programs/output_flag.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mrsn::experiments {
namespace {

using ::testing::HasSubstr;

TEST(OutputFlagTest, TakesNamesWithTheSuffix) {
  EXPECT_EQ(*OutputFlag("output", "/tmp/model.onnx", ".onnx"), "/tmp/model.onnx");
  EXPECT_EQ(*OutputFlag("output", "/tmp/a.b.onnx", ".onnx"), "/tmp/a.b.onnx");
}

TEST(OutputFlagTest, RefusesOtherNames) {
  for (const char* name : {"/tmp/model.pb", "/tmp/model", "/tmp/model.onnx.gz", "/tmp/onnx", "/tmp/.onnx",
                           "/tmp/model.onnx/", "/tmp/modelonnx", "/tmp/model.ONNX"}) {
    const auto path = OutputFlag("output", name, ".onnx");
    EXPECT_EQ(path.status().code(), absl::StatusCode::kInvalidArgument) << name;
    EXPECT_THAT(std::string(path.status().message()),
                HasSubstr(std::string("--output=") + name + "; expected a file's name that ends in .onnx"));
  }
  EXPECT_THAT(std::string(OutputFlag("output", "", ".onnx").status().message()),
              HasSubstr("--output is not set"));
}

}  // namespace
}  // namespace mrsn::experiments
