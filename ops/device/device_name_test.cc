#include "ops/device/device_name.h"

#include <ATen/Context.h>

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mrsn {
namespace {

using ::testing::HasSubstr;

TEST(DeviceNameTest, TheCpu) {
  const auto device = DeviceNamed("cpu");
  ASSERT_TRUE(device.ok());
  EXPECT_TRUE(device->is_cpu());
}

TEST(DeviceNameTest, OtherNamesAreErrorsThatListTheAllowedOnes) {
  for (const char* name : {"", "CPU", "gpu", "cpu:0", "cuda:", "cuda:x", "cuda:-1", "cuda:+1", "cuda: 1",
                           "cuda:0 ", "cuda:9999999999", "cuda0", "xcuda", "hpu"}) {
    const auto device = DeviceNamed(name);
    ASSERT_FALSE(device.ok()) << name;
    EXPECT_EQ(device.status().code(), absl::StatusCode::kInvalidArgument) << device.status();
    EXPECT_THAT(std::string(device.status().message()),
                HasSubstr(std::string("device '") + name + "'; allowed: cpu, cuda, cuda:<number>"));
  }
}

TEST(DeviceNameTest, CudaDevicesAreThoseOfTheMachine) {
  const int devices = at::hasCUDA() ? at::detail::getCUDAHooks().deviceCount() : 0;
  if (devices == 0) {
    for (const char* name : {"cuda", "cuda:0", "cuda:3"}) {
      const auto device = DeviceNamed(name);
      EXPECT_EQ(device.status().code(), absl::StatusCode::kFailedPrecondition);
      EXPECT_THAT(std::string(device.status().message()),
                  HasSubstr(std::string("device ") + name + ": there is"));
    }
    return;
  }
  EXPECT_EQ(DeviceNamed("cuda")->index(), 0);
  const std::string last = std::to_string(devices - 1), next = std::to_string(devices);
  EXPECT_EQ(DeviceNamed("cuda:" + last)->index(), devices - 1);
  EXPECT_EQ(DeviceNamed("cuda:" + next).status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace mrsn
