#include "datasets/video/video_decoder.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "datasets/video/ffmpeg_file.h"
#include "datasets/video/packet_headers.h"
#include "ops/base/status_macros.h"

namespace mrsn::datasets {
namespace {

int64_t Time(int64_t time) { return time == AV_NOPTS_VALUE ? kNoTime : time; }

std::optional<NalCodec> NalCodecOf(AVCodecID codec) {
  if (codec == AV_CODEC_ID_H264) return NalCodec::kH264;
  if (codec == AV_CODEC_ID_HEVC) return NalCodec::kHevc;
  return std::nullopt;
}

bool HasNoReordering(AVCodecID codec) {
  switch (codec) {
    case AV_CODEC_ID_FFV1:
    case AV_CODEC_ID_MJPEG:
    case AV_CODEC_ID_RAWVIDEO:
    case AV_CODEC_ID_HUFFYUV:
    case AV_CODEC_ID_FFVHUFF:
    case AV_CODEC_ID_PNG:
      return true;
    default:
      return false;
  }
}

// The codecs for which a stored time for each packet gives the order of frames.
bool OneFrameAPacket(AVCodecID codec) {
  return codec == AV_CODEC_ID_H264 || codec == AV_CODEC_ID_HEVC || codec == AV_CODEC_ID_VP8 ||
         codec == AV_CODEC_ID_VP9 || codec == AV_CODEC_ID_AV1;
}

// The packets of a file, and which of them start decoding.
struct Packets {
  std::vector<PacketFacts> facts;
  std::vector<StartPacket> starts;
  bool damaged = false;  // FFmpeg says so of a packet
};

Packets ReadPackets(FfmpegFile& file) {
  const AVCodecID codec = file.stream().codecpar->codec_id;
  const std::optional<NalCodec> nal_codec = NalCodecOf(codec);
  Mpeg4Headers mpeg4;
  if (codec == AV_CODEC_ID_MPEG4) mpeg4.ReadExtradata(file.extradata());
  Packets packets;
  while (const AVPacket* packet = file.ReadPacket()) {
    const absl::string_view bytes(reinterpret_cast<const char*>(packet->data), packet->size);
    PacketFacts facts;
    facts.pts = Time(packet->pts);
    facts.dts = Time(packet->dts);
    facts.position = packet->pos;
    facts.size = packet->size;
    facts.key = packet->flags & AV_PKT_FLAG_KEY;
    facts.discarded = packet->flags & AV_PKT_FLAG_DISCARD;
    packets.damaged |= (packet->flags & AV_PKT_FLAG_CORRUPT) != 0;
    bool starts = facts.key;
    if (nal_codec.has_value()) {
      // A key packet of H.264 may be a recovery point, behind which frames may still refer to earlier ones.
      starts = facts.key && StartsDecoding(*nal_codec, NalTypes(*nal_codec, file.extradata(), bytes));
    } else if (codec == AV_CODEC_ID_MPEG4) {
      facts.vops = mpeg4.Vops(bytes).value_or(std::vector<Vop>());
      starts = !facts.vops.empty() && facts.vops[0].type == Vop::kI && facts.vops[0].coded;
    } else if (codec == AV_CODEC_ID_VP8) {
      facts.shown = Vp8IsShown(bytes);
    }
    if (starts) {
      packets.starts.push_back(
          {static_cast<int32_t>(packets.facts.size()), facts.pts, facts.dts, facts.position, facts.size});
    }
    packets.facts.push_back(std::move(facts));
  }
  return packets;
}

// The order of frames if the packets alone make it certain.
std::optional<std::vector<int32_t>> DeriveOrder(const FfmpegFile& file, const Packets& packets) {
  const AVCodecID codec = file.stream().codecpar->codec_id;
  if (packets.damaged || packets.facts.empty()) return std::nullopt;
  if (HasNoReordering(codec)) return FileOrder(packets.facts);
  if (codec == AV_CODEC_ID_MPEG4) return Mpeg4Order(packets.facts);
  // Pictures ahead of the first start may be left out by the decoder.
  const bool begins_with_start = !packets.starts.empty() && packets.starts[0].packet == 0;
  if (!OneFrameAPacket(codec) || !file.StoresTimes() || !begins_with_start) return std::nullopt;
  return OrderByTime(packets.facts);
}

// Frame times from the first packet to the last.
int64_t CoveredFrames(const FfmpegFile& file, const Packets& packets) {
  int64_t first = std::numeric_limits<int64_t>::max(), last = std::numeric_limits<int64_t>::min();
  for (const PacketFacts& facts : packets.facts) {
    if (facts.dts == kNoTime) continue;
    first = std::min(first, facts.dts);
    last = std::max(last, facts.dts);
  }
  if (first > last || file.frame_rate() <= 0) return 0;
  const double seconds = static_cast<double>(last - first) * av_q2d(file.stream().time_base);
  return static_cast<int64_t>(seconds * file.frame_rate() + 0.5) + 1;
}

}  // namespace

struct VideoDecoder::Impl {
  std::string path;
  std::unique_ptr<FfmpegFile> file;

  std::shared_ptr<const VideoIndex> index;  // that the state below refers to; null: unknown state
  AVPacket* waiting = nullptr;              // was read by SkipTo and is the next packet
  int64_t next_packet = 0;                  // number of the packet that NextPacket gives
  int64_t first_frame = 0;                  // frames before it came from a jump and are not to be used
  int64_t last_frame = -1;                  // the last one that came out
  bool drained = false;                     // the decoder was told that no packet follows
  std::set<int64_t> left_out;               // frames that the decoder may have left out
  int64_t jumps = 0, decoded_packets = 0;

  absl::Status Reopen() {
    waiting = nullptr;
    file.reset();
    MRSN_ASSIGN_OR_RETURN(file, FfmpegFile::Open(path));
    next_packet = 0;
    Forget(-1);
    return absl::OkStatus();
  }

  void Forget(int64_t last) {
    first_frame = last + 1;
    last_frame = last;
    drained = false;
    left_out.clear();
  }

  // Places the next packet at `start`, with an empty decoder; without one at the file's beginning.
  absl::Status JumpTo(const StartPacket* start) {
    ++jumps;
    if (start != nullptr) {
      const int64_t time = start->pts != kNoTime ? start->pts : start->dts;
      if (time != kNoTime && start->position >= 0 && file->Seek(time) && SkipTo(*start))
        return absl::OkStatus();
    }
    MRSN_RETURN_IF_ERROR(Reopen());
    while (start != nullptr && next_packet < start->packet && file->ReadPacket() != nullptr) ++next_packet;
    if (start != nullptr) Forget(index->frame_of_packet[start->packet] - 1);
    return absl::OkStatus();
  }

  // Reads on to the packet that is `start`. False if it does not come.
  bool SkipTo(const StartPacket& start) {
    while (AVPacket* packet = file->ReadPacket()) {
      if (packet->pos == start.position && packet->size == start.size && Time(packet->dts) == start.dts) {
        waiting = packet;
        next_packet = start.packet;
        Forget(index->frame_of_packet[start.packet] - 1);
        return true;
      }
      if (Time(packet->dts) == kNoTime || packet->dts > start.dts) return false;
    }
    return false;
  }

  AVPacket* NextPacket() {
    AVPacket* packet = waiting != nullptr ? waiting : file->ReadPacket();
    waiting = nullptr;
    return packet;
  }

  // The frame's number, -1 for one that precedes a jump; nullopt if the index says otherwise.
  std::optional<int64_t> NumberOf(const AVFrame& frame) {
    if (frame.pts < 0 || frame.pts >= static_cast<int64_t>(index->frame_of_packet.size()))
      return std::nullopt;
    const int64_t number = index->frame_of_packet[frame.pts];
    if (number >= 0 && number < first_frame) return -1;
    if (number <= last_frame) return std::nullopt;
    for (int64_t between = last_frame + 1; between < number; ++between) {
      if (left_out.count(between) == 0) return std::nullopt;
    }
    left_out.erase(left_out.begin(), left_out.lower_bound(number));
    last_frame = number;
    return number;
  }

  absl::Status ReadOn(const std::vector<int64_t>& numbers, size_t* given, bool leave_out, const Take& take);
};

VideoDecoder::VideoDecoder(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
VideoDecoder::~VideoDecoder() = default;

const std::string& VideoDecoder::path() const { return impl_->path; }
int64_t VideoDecoder::jumps() const { return impl_->jumps; }
int64_t VideoDecoder::decoded_packets() const { return impl_->decoded_packets; }

absl::StatusOr<std::unique_ptr<VideoDecoder>> VideoDecoder::Open(const std::string& path) {
  auto impl = std::make_unique<Impl>();
  impl->path = path;
  MRSN_ASSIGN_OR_RETURN(impl->file, FfmpegFile::Open(path));
  return std::unique_ptr<VideoDecoder>(new VideoDecoder(std::move(impl)));
}

absl::StatusOr<VideoIndex> VideoDecoder::MakeIndex(bool by_decoding) {
  Impl& impl = *impl_;
  impl.index = nullptr;
  impl.waiting = nullptr;
  if (impl.next_packet != 0) MRSN_RETURN_IF_ERROR(impl.Reopen());
  impl.next_packet = -1;  // from here on unknown
  Packets packets = ReadPackets(*impl.file);
  VideoIndex index;
  index.frame_rate = impl.file->frame_rate();
  index.stated_frames = impl.file->StatedFrames();
  index.covered_frames = CoveredFrames(*impl.file, packets);
  index.empty_packets = impl.file->empty_packets();
  std::optional<std::vector<int32_t>> order;
  if (!by_decoding) order = DeriveOrder(*impl.file, packets);
  index.starts = std::move(packets.starts);
  index.packed = std::any_of(packets.facts.begin(), packets.facts.end(),
                             [](const PacketFacts& facts) { return facts.vops.size() > 1; });
  if (!order.has_value()) {
    index.decoded = true;
    order.emplace();
    MRSN_RETURN_IF_ERROR(impl.Reopen());
    impl.next_packet = -1;
    const auto take_frames = [&] {
      while (const AVFrame* frame = impl.file->NextFrame()) {
        if (frame->pts >= 0 && frame->pts < static_cast<int64_t>(packets.facts.size())) {
          order->push_back(static_cast<int32_t>(frame->pts));
        }
      }
    };
    for (size_t i = 0; i < packets.facts.size(); ++i) {
      AVPacket* packet = impl.file->ReadPacket();
      if (packet == nullptr) break;
      impl.file->Decode(packet, static_cast<int64_t>(i), /*only_references=*/false);
      take_frames();
    }
    impl.file->Decode(nullptr, 0, false);
    take_frames();
  }
  index.SetOrder(*std::move(order), packets.facts.size());
  if (index.frames() == 0) {
    return absl::InvalidArgumentError(absl::StrCat(impl.path, ": no frame could be decoded"));
  }
  if (index.IsCut()) {
    return absl::DataLossError(absl::StrCat(impl.path, ": breaks off after ", index.frames(), " of ",
                                            index.stated_frames, " frames"));
  }
  return index;
}

int64_t VideoDecoder::PacketsTo(const VideoIndex& index, int64_t frame) const {
  const Impl& impl = *impl_;
  if (impl.index.get() != &index || frame <= impl.last_frame || impl.left_out.count(frame) > 0) return -1;
  const int64_t packets = index.packet_of_frame[frame] - impl.next_packet;
  const StartPacket* start = index.StartFor(frame);
  if (start != nullptr && start->packet > impl.next_packet) return -1;  // a jump saves packets
  return std::max<int64_t>(packets, 0);
}

// Decodes from the next packet on until the frames from numbers[*given] on came out.
absl::Status VideoDecoder::Impl::ReadOn(const std::vector<int64_t>& numbers, size_t* given, bool leave_out,
                                        const Take& take) {
  while (*given < numbers.size()) {
    if (drained)
      return absl::AbortedError(absl::StrCat(path, ": frame ", numbers[*given], " does not come out"));
    AVPacket* packet = NextPacket();
    if (packet == nullptr) {
      file->Decode(nullptr, 0, false);
      drained = true;
    } else {
      if (next_packet >= static_cast<int64_t>(index->frame_of_packet.size())) {
        return absl::AbortedError(absl::StrCat(path, ": changed while it was read"));
      }
      const int64_t number = index->frame_of_packet[next_packet];
      const bool unwanted = leave_out && number >= 0 && number < numbers.back() &&
                            !std::binary_search(numbers.begin() + *given, numbers.end(), number);
      if (unwanted && number > last_frame) left_out.insert(number);
      ++decoded_packets;
      file->Decode(packet, next_packet++, unwanted);
    }
    while (const AVFrame* frame = file->NextFrame()) {
      const std::optional<int64_t> number = NumberOf(*frame);
      if (!number.has_value()) {
        return absl::AbortedError(absl::StrCat(path, ": frames come out in another order than indexed"));
      }
      if (*given < numbers.size() && *number == numbers[*given]) {
        absl::StatusOr<Frame> taken = file->Take(*frame);
        if (!taken.ok()) {
          return absl::Status(taken.status().code(), absl::StrCat(path, ": ", taken.status().message()));
        }
        take(*number, *std::move(taken));
        ++*given;
      }
    }
  }
  return absl::OkStatus();
}

absl::Status VideoDecoder::Read(const std::shared_ptr<const VideoIndex>& index,
                                const std::vector<int64_t>& numbers, const Take& take) {
  if (numbers.empty()) return absl::OkStatus();
  Impl& impl = *impl_;
  size_t given = 0;
  absl::Status status;
  if (PacketsTo(*index, numbers[0]) < 0) {
    impl.index = index;
    impl.waiting = nullptr;
    status = impl.JumpTo(index->StartFor(numbers[0]));
  }
  if (status.ok())
    status = impl.ReadOn(numbers, &given, /*leave_out=*/!index->decoded && !index->packed, take);
  if (!absl::IsAborted(status) || !index->decoded) {
    if (!status.ok()) impl.index = nullptr;
    return status;
  }
  // The index is right, so the file's start packets are not: decode as the index was made.
  status = impl.JumpTo(nullptr);
  if (status.ok()) status = impl.ReadOn(numbers, &given, /*leave_out=*/false, take);
  if (!status.ok()) impl.index = nullptr;
  if (!absl::IsAborted(status)) return status;
  return absl::DataLossError(status.message());
}

}  // namespace mrsn::datasets
