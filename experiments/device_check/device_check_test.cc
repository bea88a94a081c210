#include <ATen/ATen.h>

#include <string>

#include "experiments/device_check/check_models.h"
#include "experiments/device_check/check_ops.h"
#include "experiments/device_check/device_report.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "ops/base/runfiles.h"
#include "ops/testing/fake_device/fake_device.h"

namespace mrsn::experiments {
namespace {

using ::testing::HasSubstr;

TEST(CheckOpsTest, ADeviceThatComputesAsTheCpuPasses) {
  const auto ops = CheckOps(mrsn::testing::FakeDevice());
  EXPECT_GE(ops.size(), 11u);
  for (const CheckedOp& op : ops) EXPECT_TRUE(op.ok()) << op.name << " " << op.difference << " " << op.error;
}

// The meta device has shapes and no values: each comparison must notice.
TEST(CheckOpsTest, ADeviceWithoutValuesFails) {
  for (const CheckedOp& op : CheckOps(at::kMeta)) EXPECT_FALSE(op.ok()) << op.name;
}

TEST(CheckModelTest, ComparesAndTimes) {
  CheckModelOptions options;
  options.configs_root = DataFilesRoot() + "/experiments/configs";
  options.clips = 1;
  options.steps = 1;
  const auto checked = CheckModel("micro/acre", options, mrsn::testing::FakeDevice());
  ASSERT_TRUE(checked.ok()) << checked.status();
  EXPECT_TRUE(checked->ok()) << checked->loss_difference << " " << checked->gradient_difference;
  EXPECT_EQ(checked->setting, "1 clips 4x64x64");
  EXPECT_GT(checked->step_milliseconds, 0);
  EXPECT_EQ(CheckModel("micro/none_such", options, at::kCPU).status().code(), absl::StatusCode::kNotFound);
}

TEST(DeviceReportTest, SaysWhatDiffers) {
  DeviceReport report;
  report.device = "cuda:0: NVIDIA X";
  report.date = "2026-01-02";
  report.commit = "abc";
  report.ops = {{"RoiAlign", 2e-7, 1e-5, ""}};
  report.models.push_back({"micro/acre", 1e-7, 2e-5, "8 clips 4x64x64", 20, 3.0 * 1024 * 1024 * 1024});
  EXPECT_TRUE(report.AllOk().ok());
  const std::string text = ToMarkdown(report);
  EXPECT_THAT(text, HasSubstr("| RoiAlign | 2.0e-07 | 1e-05 | ok |\n"));
  EXPECT_THAT(text,
              HasSubstr("| micro/acre | 1.0e-07 | 2.0e-05 | ok | 8 clips 4x64x64 | 20.0 | 400.0 | 3.0 |\n"));
  report.ops.push_back({"Sgd", 1, 1e-6, ""});
  report.ops.push_back({"attention", 0, 1e-6, "no kernel"});
  report.errors.push_back("ava21/x on cuda:0: out of memory");
  EXPECT_EQ(report.AllOk().message(), "cuda:0: NVIDIA X: 3 of 5 checks differ from the CPU or failed");
  EXPECT_THAT(ToMarkdown(report), HasSubstr("| Sgd | 1.0e+00 | 1e-06 | **differs** |\n"));
  EXPECT_THAT(ToMarkdown(report), HasSubstr("| attention | no kernel | 1e-06 | **differs** |\n"));
  EXPECT_THAT(ToMarkdown(report), HasSubstr("failed: ava21/x on cuda:0: out of memory\n"));
}

}  // namespace
}  // namespace mrsn::experiments
