#include "experiments/programs/device_flag.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "ops/base/program.h"

namespace mrsn::experiments {
namespace {

using ::testing::HasSubstr;

// The exit code of a program that is given the flag, and its message.
int ExitCode(const std::string& device, std::string* message) {
  char name[] = "program";
  char* argv[] = {name, nullptr};
  ::testing::internal::CaptureStderr();
  const int code = RunProgram(1, argv, "Does nothing.\n", [&] { return DeviceFlag(device).status(); });
  *message = ::testing::internal::GetCapturedStderr();
  return code;
}

TEST(DeviceFlagTest, TheCpuIsThere) {
  std::string message;
  EXPECT_EQ(ExitCode("cpu", &message), 0) << message;
  EXPECT_EQ(*DeviceFlag("cpu"), "cpu");
}

TEST(DeviceFlagTest, AWrongNameIsAWrongUsageInOneLine) {
  std::string message;
  EXPECT_EQ(ExitCode("gpu", &message), 2);
  EXPECT_EQ(message, "error: --device: device 'gpu'; allowed: cpu, cuda, cuda:<number>; see --help\n");
}

TEST(DeviceFlagTest, ADeviceThatIsNotThereIsAFailure) {
  const auto device = DeviceFlag("cuda:99");
  if (device.status().code() != absl::StatusCode::kFailedPrecondition) GTEST_SKIP() << "has a CUDA device";
  std::string message;
  EXPECT_EQ(ExitCode("cuda:99", &message), 1);
  EXPECT_THAT(message,
              HasSubstr("error: --device: device cuda:99: there is no CUDA device, or this program"));
}

}  // namespace
}  // namespace mrsn::experiments
