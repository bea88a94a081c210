// What a file is, and lists of videos.
#include <cstddef>
#include <cstdint>

#include "ops/formats/sniff.h"
#include "ops/formats/ucf24_files.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace mrsn::formats;
  const absl::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::string message(NotThe("a checkpoint", "fuzz", LookAtBytes(bytes)).message());
  if (message.find('\n') != std::string::npos) __builtin_trap();  // messages are one line
  const absl::StatusOr<TextFile> file = TextFile::FromBytes(bytes, "fuzz");
  if (!file.ok()) return 0;
  const absl::StatusOr<SplitList> list = ParseSplitList(*file, {"Biking"});
  if (!list.ok()) return 0;
  for (const std::string& video : list->videos) {
    if (video.find("..") != std::string::npos || video[0] == '/') __builtin_trap();
  }
  return 0;
}
