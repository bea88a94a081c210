#include "datasets/video/packet_headers.h"

#include <algorithm>
#include <cstddef>

namespace mrsn::datasets {
namespace {

// Most significant bit first. Bits behind the end are 0 and clear `ok`.
class BitReader {
 public:
  explicit BitReader(absl::string_view bytes) : bytes_(bytes) {}

  uint32_t Read(int bits) {
    uint32_t value = 0;
    for (int i = 0; i < bits; ++i, ++position_) {
      const size_t byte = position_ / 8;
      if (byte >= bytes_.size()) ok_ = false;
      const uint32_t bit = ok_ ? static_cast<uint8_t>(bytes_[byte]) >> (7 - position_ % 8) & 1 : 0;
      value = value << 1 | bit;
    }
    return value;
  }
  void Skip(size_t bits) { position_ += bits; }
  bool ok() const { return ok_; }

 private:
  absl::string_view bytes_;
  size_t position_ = 0;
  bool ok_ = true;
};

// Position behind the next start code 00 00 01 at or behind `from`; npos if there is none.
size_t BehindStartCode(absl::string_view bytes, size_t from) {
  const size_t at = bytes.find(absl::string_view("\0\0\1", 3), from);
  return at == absl::string_view::npos ? at : at + 3;
}

constexpr uint8_t kVopStart = 0xB6;
constexpr int kExtendedAspectRatio = 15, kGreyScaleShape = 3;

// vop_time_increment_resolution of a video object layer, 0 if its header is broken.
int TimeResolution(absl::string_view header) {
  BitReader bits(header);
  bits.Skip(1 + 8);  // random_accessible_vol, video_object_type_indication
  uint32_t version = 1;
  if (bits.Read(1)) {
    version = bits.Read(4);
    bits.Skip(3);
  }
  if (bits.Read(4) == kExtendedAspectRatio) bits.Skip(8 + 8);
  if (bits.Read(1)) {                 // vol_control_parameters
    bits.Skip(2 + 1);                 // chroma_format, low_delay
    if (bits.Read(1)) bits.Skip(79);  // vbv_parameters
  }
  if (bits.Read(2) == kGreyScaleShape && version != 1) bits.Skip(4);
  bits.Skip(1);  // marker
  const int resolution = static_cast<int>(bits.Read(16));
  return bits.ok() ? resolution : 0;
}

size_t LengthBytes(NalCodec codec, absl::string_view extradata) {
  const size_t at = codec == NalCodec::kH264 ? 4 : 21;  // of lengthSizeMinusOne in avcC and hvcC
  if (extradata.size() <= at || extradata[0] != 1) return 0;
  return (static_cast<uint8_t>(extradata[at]) & 3) + 1;
}

int NalType(NalCodec codec, char first) {
  const int byte = static_cast<uint8_t>(first);
  return codec == NalCodec::kH264 ? byte & 0x1f : byte >> 1 & 0x3f;
}

}  // namespace

void Mpeg4Headers::FindLayer(absl::string_view bytes) {
  for (size_t at = BehindStartCode(bytes, 0); at < bytes.size(); at = BehindStartCode(bytes, at)) {
    const int code = static_cast<uint8_t>(bytes[at]);
    if (code < 0x20 || code > 0x2f) continue;
    const int resolution = TimeResolution(bytes.substr(at + 1));
    if (resolution == 0) continue;
    time_bits_ = 1;
    while (time_bits_ < 16 && (resolution - 1) >> time_bits_ > 0) ++time_bits_;
  }
}

std::optional<std::vector<Vop>> Mpeg4Headers::Vops(absl::string_view packet) {
  std::vector<Vop> vops;
  for (size_t at = BehindStartCode(packet, 0); at < packet.size(); at = BehindStartCode(packet, at)) {
    if (static_cast<uint8_t>(packet[at]) != kVopStart) continue;
    if (vops.empty()) FindLayer(packet.substr(0, at));  // a layer stands before its pictures
    if (time_bits_ == 0) return std::nullopt;
    BitReader bits(packet.substr(at + 1));
    Vop vop;
    vop.type = static_cast<Vop::Type>(bits.Read(2));
    while (bits.Read(1) && bits.ok()) {  // modulo_time_base
    }
    bits.Skip(1 + time_bits_ + 1);  // marker, vop_time_increment, marker
    vop.coded = bits.Read(1);
    if (!bits.ok()) return std::nullopt;
    vops.push_back(vop);
  }
  return vops;
}

std::vector<int> NalTypes(NalCodec codec, absl::string_view extradata, absl::string_view packet) {
  std::vector<int> types;
  const size_t length_bytes = LengthBytes(codec, extradata);
  if (length_bytes == 0) {
    for (size_t at = BehindStartCode(packet, 0); at < packet.size(); at = BehindStartCode(packet, at)) {
      types.push_back(NalType(codec, packet[at]));
    }
    return types;
  }
  while (packet.size() > length_bytes) {
    size_t length = 0;
    for (size_t i = 0; i < length_bytes; ++i) length = length << 8 | static_cast<uint8_t>(packet[i]);
    packet.remove_prefix(length_bytes);
    if (length > 0) types.push_back(NalType(codec, packet[0]));
    packet.remove_prefix(std::min(length, packet.size()));
  }
  return types;
}

bool StartsDecoding(NalCodec codec, const std::vector<int>& nal_types) {
  return std::any_of(nal_types.begin(), nal_types.end(), [&](int type) {
    return codec == NalCodec::kH264 ? type == 5 : type >= 16 && type <= 21;
  });
}

bool Vp8IsShown(absl::string_view packet) { return !packet.empty() && (packet[0] >> 4 & 1) != 0; }

}  // namespace mrsn::datasets
