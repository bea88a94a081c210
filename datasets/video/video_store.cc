#include "datasets/video/video_store.h"

#include <algorithm>
#include <limits>
#include <new>
#include <optional>
#include <set>

#include "absl/strings/str_cat.h"
#include "ops/base/status_macros.h"

namespace mrsn::datasets {

absl::StatusOr<std::vector<Frame>> CollectFrames(const VisitFrames& visit,
                                                 const std::vector<int64_t>& numbers) {
  std::map<int64_t, Frame> frames;
  MRSN_RETURN_IF_ERROR(visit(numbers, [&](int64_t number, const Frame& frame) {
    frames[number] = frame;
    return absl::OkStatus();
  }));
  std::vector<Frame> result;
  for (const int64_t number : numbers) result.push_back(frames[number]);
  return result;
}

absl::StatusOr<std::unique_ptr<VideoDecoder>> VideoStore::Borrow(const std::string& path,
                                                                 const VideoIndex* index, int64_t frame) {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    auto best = idle_.end();
    int64_t fewest = std::numeric_limits<int64_t>::max();
    for (auto it = idle_.begin(); it != idle_.end(); ++it) {
      if ((*it)->path() != path) continue;
      int64_t packets = index == nullptr ? 0 : (*it)->PacketsTo(*index, frame);
      if (packets < 0) packets = std::numeric_limits<int64_t>::max() - 1;  // still saves opening the file
      if (packets >= fewest) continue;
      fewest = packets;
      best = it;
    }
    if (best != idle_.end()) {
      std::unique_ptr<VideoDecoder> decoder = std::move(*best);
      idle_.erase(best);
      return decoder;
    }
  }
  return VideoDecoder::Open(path);
}

void VideoStore::GiveBack(std::unique_ptr<VideoDecoder> decoder) {
  std::list<std::unique_ptr<VideoDecoder>> closed;  // files are closed without the lock
  std::lock_guard<std::mutex> lock(mutex_);
  idle_.push_front(std::move(decoder));
  while (static_cast<int>(idle_.size()) > std::max(0, options_.idle_decoders)) {
    closed.splice(closed.end(), idle_, std::prev(idle_.end()));
  }
}

absl::StatusOr<std::shared_ptr<const VideoIndex>> VideoStore::Index(const std::string& path) {
  return MakeIndex(path, /*by_decoding=*/false, nullptr);
}

absl::StatusOr<std::shared_ptr<const VideoIndex>> VideoStore::MakeIndex(const std::string& path,
                                                                        bool by_decoding,
                                                                        const VideoIndex* but_not) {
  std::shared_ptr<IndexEntry> entry;
  const auto kept = [&]() -> std::shared_ptr<const VideoIndex> {  // needs the lock
    if (entry->index == nullptr || entry->index.get() == but_not) return nullptr;
    return entry->index;
  };
  {
    std::lock_guard<std::mutex> lock(mutex_);
    std::shared_ptr<IndexEntry>& slot = indices_[path];
    if (slot == nullptr) slot = std::make_shared<IndexEntry>();
    entry = slot;
    if (entry->index != nullptr)
      index_recency_.splice(index_recency_.begin(), index_recency_, entry->recency);
    if (const auto index = kept()) return index;
  }
  // Order of locks: an entry's `making` before mutex_, never the other way round.
  std::lock_guard<std::mutex> making(entry->making);
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (const auto index = kept()) return index;  // another thread was faster
  }
  const auto make = [&]() -> absl::StatusOr<std::shared_ptr<const VideoIndex>> {
    MRSN_ASSIGN_OR_RETURN(std::unique_ptr<VideoDecoder> decoder, Borrow(path, nullptr, 0));
    MRSN_ASSIGN_OR_RETURN(VideoIndex index, decoder->MakeIndex(by_decoding));
    GiveBack(std::move(decoder));
    return std::make_shared<const VideoIndex>(std::move(index));
  };
  absl::StatusOr<std::shared_ptr<const VideoIndex>> index = make();

  std::lock_guard<std::mutex> lock(mutex_);
  const auto held = indices_.find(path);
  const bool current = held != indices_.end() && held->second == entry;
  if (current && entry->index != nullptr) {
    index_bytes_ -= entry->index->bytes();
    index_recency_.erase(entry->recency);
    entry->index = nullptr;
  }
  if (!index.ok()) {
    if (current) indices_.erase(held);
    return index.status();
  }
  ++indexed_;
  if (!current) return index;
  entry->index = *index;
  index_recency_.push_front(path);
  entry->recency = index_recency_.begin();
  index_bytes_ += (*index)->bytes();
  while (index_bytes_ > options_.index_bytes) {
    const auto oldest = indices_.find(index_recency_.back());
    index_bytes_ -= oldest->second->index->bytes();
    indices_.erase(oldest);
    index_recency_.pop_back();
  }
  return index;
}

absl::Status VideoStore::Decode(const std::string& path, const std::shared_ptr<const VideoIndex>& index,
                                const std::vector<int64_t>& numbers, const TakeFrame& take) {
  MRSN_ASSIGN_OR_RETURN(std::unique_ptr<VideoDecoder> decoder, Borrow(path, index.get(), numbers[0]));
  const int64_t packets_before = decoder->decoded_packets();
  std::map<int64_t, Frame> frames;  // to be kept, once all of them are known to be the right ones
  absl::Status taken;
  const absl::Status status = decoder->Read(index, numbers, [&](int64_t number, Frame frame) {
    if (taken.ok()) taken = take(number, frame);
    if (frame.bytes() <= options_.frame_bytes) frames[number] = std::move(frame);
  });
  const int64_t packets = decoder->decoded_packets() - packets_before;
  if (status.ok()) GiveBack(std::move(decoder));
  {
    std::lock_guard<std::mutex> lock(mutex_);
    decoded_packets_ += packets;
    if (status.ok()) decoded_frames_ += static_cast<int64_t>(numbers.size());
  }
  MRSN_RETURN_IF_ERROR(status);
  Keep(path, frames);
  return taken;
}

absl::Status VideoStore::Visit(const std::string& path, const std::vector<int64_t>& numbers,
                               const TakeFrame& take) {
  MRSN_ASSIGN_OR_RETURN(std::shared_ptr<const VideoIndex> index, Index(path));
  for (const int64_t number : numbers) {
    if (number >= 0 && number < index->frames()) continue;
    return absl::OutOfRangeError(
        absl::StrCat(path, ": has ", index->frames(), " frames; asked for number ", number, " from 0"));
  }
  std::map<int64_t, Frame> kept;
  std::vector<int64_t> missing;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    for (const int64_t number : std::set<int64_t>(numbers.begin(), numbers.end())) {
      const auto found = frames_.find({path, number});
      if (found == frames_.end()) {
        missing.push_back(number);
      } else {
        kept[number] = found->second.frame;
        frame_recency_.splice(frame_recency_.begin(), frame_recency_, found->second.recency);
      }
    }
  }
  std::optional<std::pair<int64_t, cv::Size>> first;
  const auto take_checked = [&](int64_t number, const Frame& frame) -> absl::Status {
    if (!first.has_value()) first.emplace(number, frame.size());
    const cv::Size size = first->second;
    if (frame.size() == size) return take(number, frame);
    return absl::InvalidArgumentError(absl::StrCat(path, ": frame ", number + 1, " is ", frame.width(), "x",
                                                   frame.height(), ", frame ", first->first + 1, " ",
                                                   size.width, "x", size.height));
  };
  for (const auto& [number, frame] : kept) MRSN_RETURN_IF_ERROR(take_checked(number, frame));
  if (missing.empty()) return absl::OkStatus();
  const absl::Status decoded = Decode(path, index, missing, take_checked);
  if (!absl::IsAborted(decoded)) return decoded;
  // The derived index was wrong.
  MRSN_ASSIGN_OR_RETURN(index, MakeIndex(path, /*by_decoding=*/true, index.get()));
  if (missing.back() >= index->frames()) {
    return absl::DataLossError(absl::StrCat(path, ": only ", index->frames(), " frames can be decoded"));
  }
  if (kept.empty()) first.reset();
  return Decode(path, index, missing, take_checked);
}

absl::StatusOr<std::vector<Frame>> VideoStore::Read(const std::string& path,
                                                    const std::vector<int64_t>& numbers) {
  return CollectFrames([&](const auto& wanted, const TakeFrame& take) { return Visit(path, wanted, take); },
                       numbers);
}

void VideoStore::Keep(const std::string& path, const std::map<int64_t, Frame>& frames) {
  std::lock_guard<std::mutex> lock(mutex_);
  for (const auto& [number, frame] : frames) {
    const auto [kept, inserted] = frames_.try_emplace({path, number});
    if (!inserted) continue;  // another thread was faster
    frame_recency_.push_front(&kept->first);
    kept->second = {frame, frame_recency_.begin()};
    frame_bytes_ += frame.bytes();
  }
  while (frame_bytes_ > options_.frame_bytes) {
    const auto oldest = frames_.find(*frame_recency_.back());
    frame_bytes_ -= oldest->second.frame.bytes();
    frame_recency_.pop_back();
    frames_.erase(oldest);
  }
}

size_t VideoStore::frame_bytes() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return frame_bytes_;
}

size_t VideoStore::index_bytes() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return index_bytes_;
}

int VideoStore::idle_decoders() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return static_cast<int>(idle_.size());
}

int64_t VideoStore::indexed() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return indexed_;
}

int64_t VideoStore::decoded_frames() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return decoded_frames_;
}

int64_t VideoStore::decoded_packets() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return decoded_packets_;
}

}  // namespace mrsn::datasets
