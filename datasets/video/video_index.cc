#include "datasets/video/video_index.h"

#include <algorithm>
#include <utility>

#include "datasets/stated_length.h"

namespace mrsn::datasets {

size_t VideoIndex::bytes() const {
  return sizeof(*this) + (packet_of_frame.capacity() + frame_of_packet.capacity()) * sizeof(int32_t) +
         starts.capacity() * sizeof(StartPacket);
}

bool VideoIndex::IsCut() const {
  return stated_frames > 0 && std::max(frames(), covered_frames) + LengthSlack(stated_frames) < stated_frames;
}

const StartPacket* VideoIndex::StartFor(int64_t frame) const {
  const auto behind = std::partition_point(starts.begin(), starts.end(), [&](const StartPacket& start) {
    return frame_of_packet[start.packet] <= frame;
  });
  return behind == starts.begin() ? nullptr : &*(behind - 1);
}

void VideoIndex::SetOrder(std::vector<int32_t> order, size_t packets) {
  packet_of_frame = std::move(order);
  frame_of_packet.assign(packets, -1);
  for (size_t frame = 0; frame < packet_of_frame.size(); ++frame) {
    frame_of_packet[packet_of_frame[frame]] = static_cast<int32_t>(frame);
  }
  // A start without a frame says nothing, and frames of starts ascend.
  int32_t last = -1;
  std::vector<StartPacket> kept;
  for (const StartPacket& start : starts) {
    if (frame_of_packet[start.packet] <= last) continue;
    last = frame_of_packet[start.packet];
    kept.push_back(start);
  }
  starts = std::move(kept);
}

std::optional<std::vector<int32_t>> OrderByTime(const std::vector<PacketFacts>& packets) {
  std::vector<int32_t> order;
  for (size_t i = 0; i < packets.size(); ++i) {
    if (packets[i].discarded || !packets[i].shown) continue;
    if (packets[i].pts == kNoTime) return std::nullopt;
    order.push_back(static_cast<int32_t>(i));
  }
  std::sort(order.begin(), order.end(),
            [&](int32_t a, int32_t b) { return packets[a].pts < packets[b].pts; });
  for (size_t i = 1; i < order.size(); ++i) {
    if (packets[order[i]].pts == packets[order[i - 1]].pts) return std::nullopt;
  }
  return order;
}

std::vector<int32_t> FileOrder(const std::vector<PacketFacts>& packets) {
  std::vector<int32_t> order;
  for (size_t i = 0; i < packets.size(); ++i) {
    if (!packets[i].discarded) order.push_back(static_cast<int32_t>(i));
  }
  return order;
}

std::optional<std::vector<int32_t>> Mpeg4Order(const std::vector<PacketFacts>& packets) {
  std::vector<int32_t> order;
  int32_t anchor = -1;  // the I- or P-picture that waits to come out
  int anchors = 0;
  bool packed = false;  // a B-picture waits for the next packet
  for (size_t i = 0; i < packets.size(); ++i) {
    const std::vector<Vop>& vops = packets[i].vops;
    const auto number = static_cast<int32_t>(i);
    if (vops.empty() || vops.size() > 2) return std::nullopt;
    Vop decoded = vops[0];
    if (packed) {  // it is decoded instead of what this packet holds, which waits if it is a B-picture too
      if (vops.size() != 1 || (vops[0].coded && vops[0].type != Vop::kB)) return std::nullopt;
      decoded = {Vop::kB, true};
      packed = vops[0].coded;
    } else if (vops.size() == 2) {
      if (!vops[0].coded || vops[0].type == Vop::kB || !vops[1].coded || vops[1].type != Vop::kB) {
        return std::nullopt;
      }
      packed = true;
    }
    if (!decoded.coded) continue;
    if (anchors == 0 && decoded.type != Vop::kI) return std::nullopt;
    if (decoded.type == Vop::kB) {
      if (anchors >= 2) order.push_back(number);
      continue;
    }
    ++anchors;
    if (anchor >= 0) order.push_back(anchor);
    anchor = number;
  }
  if (anchor >= 0) order.push_back(anchor);
  order.erase(std::remove_if(order.begin(), order.end(), [&](int32_t i) { return packets[i].discarded; }),
              order.end());
  return order;
}

}  // namespace mrsn::datasets
