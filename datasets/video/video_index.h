// Says which packet of a video file gives which frame, and where decoding can start.
#ifndef MRSN_DATASETS_VIDEO_VIDEO_INDEX_H_
#define MRSN_DATASETS_VIDEO_VIDEO_INDEX_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "datasets/video/packet_headers.h"

namespace mrsn::datasets {

// A packet of the video stream as its container describes it. Packets without data do not count.
struct PacketFacts {
  int64_t pts = 0, dts = 0;  // kNoTime if the container does not say
  int64_t position = -1;     // in the file, in bytes
  int size = 0;
  bool key = false;
  bool discarded = false;  // an edit list leaves its frame out
  bool shown = true;       // its picture comes out
  std::vector<Vop> vops;   // MPEG-4 part 2
};

constexpr int64_t kNoTime = INT64_MIN;

// A packet with which a decoder can start: all frames from its own on, in output order, come out as they do
// when decoding begins with the first packet.
struct StartPacket {
  int32_t packet = 0;
  int64_t pts = kNoTime, dts = kNoTime, position = -1;
  int size = 0;
};

// Packets are numbered from 0 in file order, frames from 0 in output order.
struct VideoIndex {
  std::vector<int32_t> packet_of_frame;
  std::vector<int32_t> frame_of_packet;  // -1: no frame comes out
  std::vector<StartPacket> starts;       // ascending
  bool decoded = false;                  // the order was seen by decoding, not derived from the packets
  // Some packets hold two pictures. FFmpeg loses the second one where it leaves out the first.
  bool packed = false;
  double frame_rate = 0;  // the container's average; 0 if it does not say
  // The frames that the container states, 0 if it states none, and the number of frame times from the first
  // packet to the last. A file that states more frames than it has, and whose packets end early, is cut.
  int64_t stated_frames = 0, covered_frames = 0;
  int64_t empty_packets = 0;  // packets without data: frames that the encoder dropped

  int64_t frames() const { return static_cast<int64_t>(packet_of_frame.size()); }
  size_t bytes() const;
  bool IsCut() const;
  // The last start whose frame is not behind `frame`; nullptr if decoding has to begin with the file.
  const StartPacket* StartFor(int64_t frame) const;
  // Fills packet_of_frame and frame_of_packet; `order` holds the packets of the frames in output order.
  void SetOrder(std::vector<int32_t> order, size_t packets);
};

// Packets of the frames in output order. Frames are sorted by their time: for codecs that give one frame a
// packet, in containers that store the time of each. nullopt if times are missing or not distinct.
std::optional<std::vector<int32_t>> OrderByTime(const std::vector<PacketFacts>& packets);

// Codecs that give one frame for each packet, in file order.
std::vector<int32_t> FileOrder(const std::vector<PacketFacts>& packets);

// MPEG-4 part 2 from the types of its pictures, as FFmpeg decodes them: a P-picture comes out when the next
// I- or P-picture is decoded, a B-picture at once; a B-picture that is packed behind a P-picture is decoded
// with the next packet. nullopt for a sequence whose output is not certain.
std::optional<std::vector<int32_t>> Mpeg4Order(const std::vector<PacketFacts>& packets);

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_VIDEO_VIDEO_INDEX_H_
