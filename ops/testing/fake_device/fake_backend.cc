// Makes LibTorch believe in the device: guard, hooks, allocator. Counts.
#include "ops/testing/fake_device/fake_backend.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/detail/HPUHooksInterface.h>
#include <c10/core/Allocator.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>

#include <deque>
#include <mutex>

#include "ops/testing/fake_device/fake_device.h"
#include "ops/testing/fake_device/fake_memory.h"

namespace mrsn::testing {
namespace {

constexpr size_t kEventsKept = 100;

struct Log {
  std::mutex mutex;
  FakeCounts counts;
  std::deque<std::string> events;
};

Log& TheLog() {
  static auto* log = new Log;
  return *log;
}

void Keep(Log& log, const std::string& event) {
  log.events.push_back(event);
  if (log.events.size() > kEventsKept) log.events.pop_front();
}

// One device with one stream, on which everything is done at once.
class Guard final : public c10::impl::DeviceGuardImplInterface {
 public:
  c10::DeviceType type() const override { return kFakeDeviceType; }
  c10::Device exchangeDevice(c10::Device) const override { return FakeDevice(); }
  c10::Device getDevice() const override { return FakeDevice(); }
  void setDevice(c10::Device) const override {}
  void uncheckedSetDevice(c10::Device) const noexcept override {}
  c10::Stream getStream(c10::Device) const override { return TheStream(); }
  c10::Stream exchangeStream(c10::Stream) const override { return TheStream(); }
  c10::DeviceIndex deviceCount() const noexcept override { return 1; }
  void record(void**, const c10::Stream&, c10::DeviceIndex, c10::EventFlag) const override {}
  void block(void*, const c10::Stream&) const override {}
  bool queryEvent(void*) const override { return true; }
  void destroyEvent(void*, c10::DeviceIndex) const noexcept override {}
  bool queryStream(const c10::Stream&) const override { return true; }
  void synchronizeStream(const c10::Stream&) const override {}

 private:
  static c10::Stream TheStream() { return c10::Stream(c10::Stream::DEFAULT, FakeDevice()); }
};

C10_REGISTER_GUARD_IMPL(HPU, Guard)

// Autograd asks for these before it starts a thread for the device.
class Hooks final : public at::HPUHooksInterface {
 public:
  explicit Hooks(at::HPUHooksArgs) {}
  void init() const override {}
  bool hasHPU() const override { return true; }
  bool isBuilt() const override { return true; }
  bool isAvailable() const override { return true; }
  bool hasPrimaryContext(c10::DeviceIndex) const override { return true; }
  c10::DeviceIndex deviceCount() const override { return 1; }
  c10::DeviceIndex getCurrentDevice() const override { return 0; }
  const at::Generator& getDefaultGenerator(c10::DeviceIndex) const override {
    static const auto* generator = new at::Generator(at::make_generator<at::CPUGeneratorImpl>());
    return *generator;
  }
};

[[maybe_unused]] const bool kHasAllocator = [] {
  c10::SetAllocator(kFakeDeviceType, FakeAllocator());
  return true;
}();

}  // namespace

c10::Device FakeDevice() { return {kFakeDeviceType, 0}; }

FakeCounts operator-(const FakeCounts& a, const FakeCounts& b) {
  return {a.host_reads - b.host_reads, a.copies_to_device - b.copies_to_device, a.operations - b.operations};
}

FakeCounts FakeCounted() {
  const std::lock_guard<std::mutex> lock(TheLog().mutex);
  return TheLog().counts;
}

std::string FakeEvents() {
  const std::lock_guard<std::mutex> lock(TheLog().mutex);
  std::string lines;
  for (const std::string& event : TheLog().events) lines += event + "\n";
  return lines;
}

void ForgetFakeEvents() {
  const std::lock_guard<std::mutex> lock(TheLog().mutex);
  TheLog().events.clear();
}

void NoteHostRead(const std::string& what) {
  Log& log = TheLog();
  const std::lock_guard<std::mutex> lock(log.mutex);
  ++log.counts.host_reads;
  Keep(log, "host read: " + what);
}

void NoteCopyToDevice(const std::string& what) {
  Log& log = TheLog();
  const std::lock_guard<std::mutex> lock(log.mutex);
  ++log.counts.copies_to_device;
  Keep(log, "copy to device: " + what);
}

void NoteOperation() {
  const std::lock_guard<std::mutex> lock(TheLog().mutex);
  ++TheLog().counts.operations;
}

}  // namespace mrsn::testing

// The registry finds the hooks by the name that LibTorch gave them.
namespace at {
using HPUHooks = mrsn::testing::Hooks;
REGISTER_HPU_HOOKS(HPUHooks);
}  // namespace at
