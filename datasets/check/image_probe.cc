#include "datasets/check/image_probe.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"

namespace mrsn::datasets {
namespace {

using State = ImageProbe::State;

constexpr size_t kTail = 32;
constexpr absl::string_view kPng = "\x89PNG\r\n\x1a\n";

class File {
 public:
  explicit File(const std::string& path) : descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
    struct stat info;
    if (descriptor_ >= 0 && ::fstat(descriptor_, &info) == 0 && S_ISREG(info.st_mode)) size_ = info.st_size;
  }
  ~File() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  int64_t size() const { return size_; }  // -1: cannot be read

  std::string Read(int64_t offset, size_t count) const {
    std::string bytes(count, '\0');
    const ssize_t got = ::pread(descriptor_, bytes.data(), count, offset);
    bytes.resize(got > 0 ? static_cast<size_t>(got) : 0);
    return bytes;
  }

 private:
  const int descriptor_;
  int64_t size_ = -1;
};

int BigEndian(absl::string_view bytes, size_t at, int count) {
  unsigned value = 0;
  for (int i = 0; i < count; ++i) value = (value << 8) | static_cast<unsigned char>(bytes[at + i]);
  return static_cast<int>(value);
}

// The frame header's size; false if the file has none.
bool JpegSize(const File& file, ImageProbe* probe) {
  // Each segment: FF, marker, two bytes of length with themselves.
  for (int64_t at = 2; at + 9 <= file.size();) {
    const std::string segment = file.Read(at, 9);
    if (segment.size() < 9 || segment[0] != '\xFF') return false;
    const int marker = static_cast<unsigned char>(segment[1]);
    if (marker == 0xFF) {  // padding
      ++at;
      continue;
    }
    const bool frame = marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
    if (frame) {
      probe->height = BigEndian(segment, 5, 2);
      probe->width = BigEndian(segment, 7, 2);
      return probe->width > 0 && probe->height > 0;
    }
    if (marker == 0xDA || marker == 0xD9) return false;
    at += 2 + std::max(2, BigEndian(segment, 2, 2));
  }
  return false;
}

}  // namespace

ImageProbe ProbeImage(const std::string& path) {
  const File file(path);
  ImageProbe probe;
  if (file.size() < 0) {
    probe.state = State::kUnreadable;
  } else if (file.size() == 0) {
    probe.state = State::kEmpty;
  } else {
    const std::string head = file.Read(0, 32);
    const std::string tail =
        file.Read(std::max<int64_t>(0, file.size() - static_cast<int64_t>(kTail)), kTail);
    if (absl::StartsWith(head, "\xFF\xD8")) {
      if (!absl::StrContains(tail, "\xFF\xD9")) {
        probe.state = State::kCut;
      } else if (!JpegSize(file, &probe)) {
        probe.state = State::kNoImage;
      }
    } else if (absl::StartsWith(head, kPng)) {
      if (!absl::StrContains(tail, "IEND")) {
        probe.state = State::kCut;
      } else {
        probe.width = BigEndian(head, 16, 4);
        probe.height = BigEndian(head, 20, 4);
      }
    } else {
      probe.state = State::kNoImage;
    }
  }
  return probe;
}

std::string ImageFault(ImageProbe::State state) {
  switch (state) {
    case State::kGood:
      return "";
    case State::kUnreadable:
      return "cannot be opened";
    case State::kEmpty:
      return "is empty";
    case State::kNoImage:
      return "is no image";
    case State::kCut:
      return "breaks off";
  }
  return "";
}

}  // namespace mrsn::datasets
