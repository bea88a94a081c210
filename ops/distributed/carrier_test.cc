#include "ops/distributed/carrier.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "ops/distributed/nccl_carrier.h"

namespace mrsn {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(CarrierTest, NcclForCudaAndGlooForTheRest) {
  EXPECT_EQ(*CarrierFor(c10::kCUDA, /*has_nccl=*/true), Carrier::kNccl);
  for (const bool has_nccl : {true, false}) {
    EXPECT_EQ(*CarrierFor(c10::kCPU, has_nccl), Carrier::kGloo);
    EXPECT_EQ(*CarrierFor(c10::kPrivateUse1, has_nccl), Carrier::kGloo);
  }
  const absl::Status status = CarrierFor(c10::kCUDA, /*has_nccl=*/false).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("built without: build with --config=cuda"));
  EXPECT_THAT(std::string(status.message()), Not(HasSubstr("\n")));
}

TEST(CarrierTest, EachProcessTakesADeviceOfItsOwn) {
  EXPECT_EQ(*DeviceOfProcess("cuda", 0, 2, true), "cuda:0");
  EXPECT_EQ(*DeviceOfProcess("cuda", 3, 16, true), "cuda:3");
  EXPECT_EQ(*DeviceOfProcess("cpu", 1, 2, false), "cpu");
  EXPECT_EQ(*DeviceOfProcess("cuda", 0, 1, false), "cuda") << "one process sends nothing";
  EXPECT_EQ(*DeviceOfProcess("cuda:1", 0, 1, true), "cuda:1");
  EXPECT_EQ(DeviceOfProcess("cuda:1", 0, 2, true).status().message(),
            "device cuda:1 for 2 processes; allowed: cuda, each process then takes a device of its own");
  EXPECT_EQ(DeviceOfProcess("cuda", 0, 2, false).status().code(), absl::StatusCode::kFailedPrecondition);
}

// A build knows one of the two.
TEST(CarrierTest, WithoutNcclNoGroupIsMade) {
  if (HasNccl()) GTEST_SKIP() << "built with NCCL";
  EXPECT_EQ(MakeNccl({}, 0, 2).status().code(), absl::StatusCode::kUnimplemented);
}

}  // namespace
}  // namespace mrsn
