// Headers in packets of videos. The first byte chooses the codec, the second is the length of the extradata;
// the rest is extradata and a packet.
#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "datasets/video/packet_headers.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace mrsn::datasets;
  if (size < 2) return 0;
  absl::string_view packet(reinterpret_cast<const char*>(data + 2), size - 2);
  const absl::string_view extradata = packet.substr(0, data[1]);
  packet.remove_prefix(extradata.size());
  if (data[0] == 0) {
    Mpeg4Headers headers;
    headers.ReadExtradata(extradata);
    for (int repeat = 0; repeat < 2; ++repeat) {  // the second packet comes behind headers of the first
      const std::optional<std::vector<Vop>> vops = headers.Vops(packet);
      // A picture starts with a code of four bytes.
      if (vops.has_value() && vops->size() > packet.size() / 4) __builtin_trap();
    }
    return 0;
  }
  const NalCodec codec = data[0] == 1 ? NalCodec::kH264 : NalCodec::kHevc;
  const std::vector<int> types = NalTypes(codec, extradata, packet);
  if (types.size() > packet.size()) __builtin_trap();
  for (const int type : types) {
    if (type < 0 || type > (codec == NalCodec::kH264 ? 31 : 63)) __builtin_trap();
  }
  (void)StartsDecoding(codec, types);
  (void)Vp8IsShown(packet);
  return 0;
}
