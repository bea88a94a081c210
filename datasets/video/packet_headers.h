// Reads the few bits of compressed packets that say which frames come out of them, without decoding.
#ifndef MRSN_DATASETS_VIDEO_PACKET_HEADERS_H_
#define MRSN_DATASETS_VIDEO_PACKET_HEADERS_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/strings/string_view.h"

namespace mrsn::datasets {

// A coded picture of MPEG-4 part 2 (ISO/IEC 14496-2, 6.2.5). A picture that is not coded has no data:
// encoders write one to drop a frame, or behind a packed B-picture.
struct Vop {
  enum Type { kI = 0, kP = 1, kB = 2, kS = 3 };
  Type type = kI;
  bool coded = true;
};

// Reads the pictures of an MPEG-4 stream. The stream's headers stand in its extradata or in a packet.
class Mpeg4Headers {
 public:
  void ReadExtradata(absl::string_view extradata) { FindLayer(extradata); }

  // The pictures that start in a packet, in file order. nullopt: the layer's header is missing or broken, so
  // that pictures cannot be read.
  std::optional<std::vector<Vop>> Vops(absl::string_view packet);

 private:
  void FindLayer(absl::string_view bytes);

  int time_bits_ = 0;  // of vop_time_increment; 0 until a layer's header was read
};

// The codecs whose packets consist of NAL units.
enum class NalCodec { kH264, kHevc };

// Types of a packet's NAL units. `extradata` tells units with a length in front (as MP4 and Matroska store
// them) from units behind start codes.
std::vector<int> NalTypes(NalCodec codec, absl::string_view extradata, absl::string_view packet);

// Whether the packet's picture lets a decoder start: every later picture in output order needs none before.
// H.264: IDR pictures. HEVC: pictures with random access.
bool StartsDecoding(NalCodec codec, const std::vector<int>& nal_types);

// VP8 (RFC 6386, 9.1): false for a picture that is only a reference and never shown.
bool Vp8IsShown(absl::string_view packet);

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_VIDEO_PACKET_HEADERS_H_
