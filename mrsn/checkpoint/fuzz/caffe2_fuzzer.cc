// Caffe2 pickles: every blob's elements are copied.
#include <cstddef>
#include <cstdint>
#include <vector>

#include "mrsn/checkpoint/caffe2_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto file =
      mrsn::Caffe2File::Parse(absl::string_view(reinterpret_cast<const char*>(data), size), "fuzz");
  if (!file.ok()) return 0;
  for (const mrsn::Caffe2Blob& blob : file->blobs()) {
    std::vector<char> elements(blob.array->size() * mrsn::InfoOf(blob.dtype).bytes);
    mrsn::CopyElements(*blob.array, elements.data());
  }
  return 0;
}
