#include "experiments/engine/scored_bytes.h"

#include <ATen/ATen.h>

#include <cstdint>
#include <cstring>

#include "absl/status/status.h"

namespace mrsn::experiments {
namespace {

constexpr int64_t kMostDimensions = 8;

std::vector<at::Tensor*> TensorsOf(Detections& found) {
  return {&found.boxes, &found.clip_index, &found.scores, &found.G, &found.memory};
}

void Append(const void* data, size_t size, std::string* bytes) {
  bytes->append(static_cast<const char*>(data), size);
}

void Append(int64_t value, std::string* bytes) { Append(&value, sizeof value, bytes); }

void Append(absl::string_view text, std::string* bytes) {
  Append(static_cast<int64_t>(text.size()), bytes);
  Append(text.data(), text.size(), bytes);
}

void Append(const Keyframe& keyframe, std::string* bytes) {
  Append(absl::string_view(keyframe.video), bytes);
  Append(keyframe.timestamp.micros(), bytes);
}

// Dimensions (-1: undefined), type (0: float32, 1: int64), sizes, values.
void Append(const at::Tensor& tensor, std::string* bytes) {
  if (!tensor.defined()) return Append(int64_t{-1}, bytes);
  TORCH_CHECK(tensor.is_contiguous() && tensor.is_cpu(), "tensors travel contiguous and from the CPU");
  TORCH_CHECK(tensor.scalar_type() == at::kFloat || tensor.scalar_type() == at::kLong,
              "no type that travels: ", tensor.scalar_type());
  Append(tensor.dim(), bytes);
  Append(int64_t{tensor.scalar_type() == at::kLong}, bytes);
  for (const int64_t size : tensor.sizes()) Append(size, bytes);
  if (tensor.numel() > 0) Append(tensor.const_data_ptr(), tensor.nbytes(), bytes);
}

// Takes values off the front of the bytes; `ok` turns false when there are too few.
class Reader {
 public:
  explicit Reader(absl::string_view bytes) : bytes_(bytes) {}

  int64_t Number() {
    int64_t value = 0;
    Copy(&value, sizeof value);
    return value;
  }
  // A number of things that take at least one byte each.
  int64_t Count() {
    const int64_t count = Number();
    if (count < 0 || count > static_cast<int64_t>(bytes_.size())) ok_ = false;
    return ok_ ? count : 0;
  }
  std::string Text() {
    std::string text(Count(), '\0');
    Copy(text.data(), text.size());
    return text;
  }
  Keyframe ReadKeyframe() {
    Keyframe keyframe;
    keyframe.video = Text();
    keyframe.timestamp = Timestamp::OfMicros(Number());
    return keyframe;
  }
  at::Tensor Tensor() {
    const int64_t dimensions = Number();
    if (dimensions < 0 || dimensions > kMostDimensions || !ok_) {
      ok_ = ok_ && dimensions == -1;
      return {};
    }
    const at::ScalarType type = Number() == 0 ? at::kFloat : at::kLong;
    std::vector<int64_t> sizes;
    int64_t values = 1;
    for (int64_t d = 0; d < dimensions; ++d) {
      const int64_t size = Number();
      if (size < 0 || (size > 0 && values > INT32_MAX / size)) ok_ = false;
      if (!ok_) return {};
      sizes.push_back(size);
      values *= size;
    }
    if (values * static_cast<int64_t>(at::elementSize(type)) > static_cast<int64_t>(bytes_.size())) {
      ok_ = false;
      return {};
    }
    at::Tensor tensor = at::empty(sizes, type);
    if (values > 0) Copy(tensor.mutable_data_ptr(), tensor.nbytes());
    return tensor;
  }

  bool ok() const { return ok_; }
  bool at_end() const { return bytes_.empty(); }

 private:
  void Copy(void* to, size_t size) {
    if (!ok_ || size > bytes_.size()) {
      ok_ = false;
      return;
    }
    std::memcpy(to, bytes_.data(), size);
    bytes_.remove_prefix(size);
  }

  absl::string_view bytes_;
  bool ok_ = true;
};

}  // namespace

std::string BytesOf(const FoundByRank& found) {
  std::string bytes;
  Append(static_cast<int64_t>(found.clips.size()), &bytes);
  for (const FoundInClips& clips : found.clips) {
    Append(static_cast<int64_t>(clips.keyframes.size()), &bytes);
    for (const Keyframe& keyframe : clips.keyframes) Append(keyframe, &bytes);
    Detections tensors = clips.found;
    for (const at::Tensor* tensor : TensorsOf(tensors)) Append(*tensor, &bytes);
  }
  Append(static_cast<int64_t>(found.skipped.size()), &bytes);
  for (const datasets::SkippedClip& clip : found.skipped) {
    Append(clip.keyframe, &bytes);
    for (const int64_t number : {clip.epoch, clip.batch, static_cast<int64_t>(clip.reason.code())}) {
      Append(number, &bytes);
    }
    Append(clip.reason.message(), &bytes);
  }
  return bytes;
}

absl::StatusOr<FoundByRank> FoundFromBytes(absl::string_view bytes) {
  Reader reader(bytes);
  FoundByRank found;
  found.clips.resize(reader.Count());
  for (FoundInClips& clips : found.clips) {
    clips.keyframes.resize(reader.Count());
    for (Keyframe& keyframe : clips.keyframes) keyframe = reader.ReadKeyframe();
    for (at::Tensor* tensor : TensorsOf(clips.found)) *tensor = reader.Tensor();
  }
  found.skipped.resize(reader.Count());
  for (datasets::SkippedClip& clip : found.skipped) {
    clip.keyframe = reader.ReadKeyframe();
    clip.epoch = reader.Number();
    clip.batch = reader.Number();
    const auto code = static_cast<absl::StatusCode>(reader.Number());
    clip.reason = absl::Status(code, reader.Text());
  }
  if (!reader.ok() || !reader.at_end()) {
    return absl::DataLossError("another process sent detections that cannot be read");
  }
  return found;
}

}  // namespace mrsn::experiments
