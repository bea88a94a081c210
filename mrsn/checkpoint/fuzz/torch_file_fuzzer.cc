// Files of torch.save: the archive, the pickle in it, and every storage.
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "mrsn/checkpoint/torch_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto file =
      mrsn::TorchFile::Parse(absl::string_view(reinterpret_cast<const char*>(data), size), "fuzz");
  if (!file.ok()) return 0;
  for (const mrsn::StoredTensor& stored : file->state()) {
    const mrsn::StorageRecord& storage = *stored.tensor->storage;
    std::vector<char> elements(storage.elements * mrsn::InfoOf(storage.dtype).bytes);
    if (elements.size() > size) __builtin_trap();  // more than the file can hold
    (void)file->ReadStorage(storage, elements.data());
  }
  return 0;
}
