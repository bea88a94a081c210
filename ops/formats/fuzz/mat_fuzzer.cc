// finalAnnots.mat: a file in memory, since libmatio reads files. The reader works in a process of its own,
// whose end is an error that names no bug: what is fuzzed is that the caller survives.
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <string>

#include "ops/formats/ucf24_files.h"

namespace {

absl::Status Read(const void* data, size_t size) {
  static const int descriptor = ::memfd_create("fuzz.mat", 0);
  static const std::string path = "/proc/self/fd/" + std::to_string(descriptor);
  if (::ftruncate(descriptor, 0) != 0 || ::pwrite(descriptor, data, size, 0) != static_cast<ssize_t>(size))
    return absl::OkStatus();
  return mrsn::formats::ReadUcf24Mat(path).status();
}

}  // namespace

// A file without variables is read to its end. If its process died, all others would die as well.
extern "C" int LLVMFuzzerInitialize(int*, char***) {
  std::string empty = "MATLAB 5.0 MAT-file";
  empty.resize(124, ' ');
  empty += std::string("\0\1IM", 4);
  if (!absl::IsInvalidArgument(Read(empty.data(), empty.size()))) __builtin_trap();
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  (void)Read(data, size);
  return 0;
}
