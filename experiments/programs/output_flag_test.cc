#include "experiments/programs/output_flag.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mrsn::experiments {
namespace {

using ::testing::HasSubstr;

TEST(OutputFlagTest, TakesNamesWithTheSuffix) {
  EXPECT_EQ(*OutputFlag("output", "/out/model.onnx", ".onnx"), "/out/model.onnx");
  EXPECT_EQ(*OutputFlag("output", "/out/a.b.onnx", ".onnx"), "/out/a.b.onnx");
}

TEST(OutputFlagTest, RefusesOtherNames) {
  for (const char* name : {"/out/model.pb", "/out/model", "/out/model.onnx.gz", "/out/onnx", "/out/.onnx",
                           "/out/model.onnx/", "/out/modelonnx", "/out/model.ONNX"}) {
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
