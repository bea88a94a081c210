// An accelerator that is not there, for tests: it shows on a CPU what would fail or be slow on a GPU.
//
//   model->to(testing::FakeDevice());
//   const testing::FakeCounts before = testing::FakeCounted();
//   model->Loss(input.To(testing::FakeDevice()), truth, loss);
//   EXPECT_EQ((testing::FakeCounted() - before).host_reads, 0) << testing::FakeEvents();
//
// Host code that touches a tensor's memory ends the process with SIGSEGV at its line. An operation on tensors
// of the device and of the CPU throws c10::Error, unless the CPU's tensor has no dimension. Operations run
// LibTorch's CPU kernels on copies, so that numbers are those of the CPU; code that asks is_cpu() takes its
// way for other devices. Random numbers come from the CPU's generator. Only programs that link this target
// have the device.
#ifndef MRSN_OPS_TESTING_FAKE_DEVICE_FAKE_DEVICE_H_
#define MRSN_OPS_TESTING_FAKE_DEVICE_FAKE_DEVICE_H_

#include <c10/core/Device.h>

#include <cstdint>
#include <string>

namespace mrsn::testing {

c10::Device FakeDevice();

// Since the program began, over all threads.
struct FakeCounts {
  // Moments when the host waits for the device: a value read by the host (item()), a copy to the host, an
  // operation whose result's size depends on values (nonzero, masked_select, indexing by a mask, equal).
  int64_t host_reads = 0;
  int64_t copies_to_device = 0;
  int64_t operations = 0;  // of any kind, views left out
};
FakeCounts operator-(const FakeCounts& a, const FakeCounts& b);
FakeCounts FakeCounted();

// Bytes that tensors hold on the device now, and the most since ResetPeakFakeBytes().
int64_t FakeBytes();
int64_t PeakFakeBytes();
void ResetPeakFakeBytes();

// The last host reads and copies, one a line: "host read: aten::item", "copy to device: Float [2,3]". For
// messages of tests.
std::string FakeEvents();
void ForgetFakeEvents();

}  // namespace mrsn::testing

#endif  // MRSN_OPS_TESTING_FAKE_DEVICE_FAKE_DEVICE_H_
