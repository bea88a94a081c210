#include "datasets/preview/read_clips.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <set>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "datasets/box_table.h"
#include "datasets/check/class_checks.h"
#include "datasets/clock.h"
#include "datasets/media/for_each_video.h"
#include "datasets/media/frame_stream.h"
#include "datasets/video_media.h"
#include "opencv2/imgcodecs.hpp"
#include "opencv2/imgproc.hpp"
#include "ops/base/keyframe.h"
#include "ops/base/random.h"
#include "ops/base/status_macros.h"
#include "ops/formats/ava_csv.h"
#include "ops/formats/box_list.h"
#include "ops/formats/ucf24_files.h"

namespace mrsn::datasets {
namespace {

using formats::CsvContents;

constexpr int kJpegQuality = 82, kSmallSide = 90;

struct Rows {
  std::vector<PreviewBox> annotated, detected;
};

bool Seconds(const DatasetLayout& layout) { return layout.keyframes == DatasetLayout::Keyframes::kSeconds; }

absl::StatusOr<CsvContents> ReadRows(const DatasetLayout& layout, const std::string& path, bool boxes) {
  formats::CsvOptions options;
  options.allow_keyframe_rows = true;
  options.allow_tubes = true;
  options.fractional_timestamps = Seconds(layout);
  options.first_keyframe = layout.first_keyframe_second;
  options.last_keyframe = layout.last_keyframe_second;
  if (!Seconds(layout)) {
    return formats::ReadUcf24(path, boxes ? formats::RowKind::kDetections : formats::RowKind::kGroundTruth,
                              options);
  }
  if (!boxes) return formats::ReadAvaGroundTruth(path, options);
  formats::BoxListOptions list;
  list.csv = options;
  MRSN_ASSIGN_OR_RETURN(formats::BoxList read, formats::ReadBoxList(path, list));
  return std::move(read.contents);
}

Box Normalised(const formats::BoxD& box, const DatasetLayout& layout) {
  const double width = std::max(1, layout.annotation_frame_size.width);
  const double height = std::max(1, layout.annotation_frame_size.height);
  return {static_cast<float>(box.x1 / width), static_cast<float>(box.y1 / height),
          static_cast<float>(box.x2 / width), static_cast<float>(box.y2 / height)};
}

// The rows of a split by key frame; equal annotated boxes are one with several labels.
absl::StatusOr<std::map<Keyframe, Rows>> ReadSplit(const DatasetLayout& layout, const SplitLayout& split) {
  CheckReport faults;
  std::map<int, std::string> names;
  for (const ClassCount& c : CheckClasses(layout, &faults)) names[c.id] = c.name;
  MRSN_ASSIGN_OR_RETURN(CsvContents annotations, ReadRows(layout, split.annotations, /*boxes=*/false));
  CsvContents boxes;
  if (!split.boxes.empty()) {
    MRSN_ASSIGN_OR_RETURN(boxes, ReadRows(layout, split.boxes, /*boxes=*/true));
  }
  if (!split.video_list.empty()) {
    MRSN_ASSIGN_OR_RETURN(const auto videos, formats::ReadVideoList(split.video_list));
    formats::KeepVideos(videos, annotations);
    formats::KeepVideos(videos, boxes);
  }
  std::map<Keyframe, Rows> keyframes;
  for (const formats::RowBlock& block : annotations.blocks) {
    for (const formats::Row& row : block.rows) {
      std::vector<PreviewBox>& known = keyframes[KeyframeOf(block, row.keyframe)].annotated;
      const Box box = Normalised(row.box, layout);
      auto same =
          std::find_if(known.begin(), known.end(), [&](const PreviewBox& other) { return other.box == box; });
      if (same == known.end()) same = known.insert(known.end(), PreviewBox{box, {}, 1});
      const auto name = names.find(row.class_id);
      same->labels.push_back(name == names.end() ? absl::StrCat("class ", row.class_id) : name->second);
    }
  }
  std::map<Keyframe, std::vector<PreviewBox>> detected;
  for (const formats::RowBlock& block : boxes.blocks) {
    for (const formats::Row& row : block.rows) {
      const Keyframe keyframe = KeyframeOf(block, row.keyframe);
      if (row.score > layout.inference_score) keyframes[keyframe];
      detected[keyframe].push_back({Normalised(row.box, layout), {}, row.score});
    }
  }
  for (auto& [keyframe, rows] : keyframes) rows.detected = std::move(detected[keyframe]);
  if (!split.excluded.empty()) {
    formats::CsvOptions options;
    options.fractional_timestamps = true;
    options.first_keyframe = layout.first_keyframe_second;
    options.last_keyframe = layout.last_keyframe_second;
    MRSN_ASSIGN_OR_RETURN(const formats::KeyframeList excluded,
                          formats::ReadAvaExclusions(split.excluded, options));
    for (const auto& entry : excluded.keyframes.keyframes()) {
      keyframes.erase({excluded.keyframes.videos()[entry.video], entry.timestamp});
    }
  }
  return keyframes;
}

// Some of the key frames, from as many videos as possible, in order.
std::vector<Keyframe> Draw(std::vector<Keyframe> keyframes, const PreviewOptions& options) {
  std::map<std::string, int> drawn;
  std::vector<std::pair<int, Keyframe>> order;  // the how manieth of its video
  for (const int64_t i : Permutation(static_cast<int64_t>(keyframes.size()), options.seed)) {
    const int place = drawn[keyframes[i].video]++;
    order.emplace_back(place, std::move(keyframes[i]));
  }
  std::stable_sort(order.begin(), order.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  if (order.size() > static_cast<size_t>(options.clips)) order.resize(options.clips);
  std::vector<Keyframe> chosen;
  for (auto& [place, keyframe] : order) chosen.push_back(std::move(keyframe));
  std::sort(chosen.begin(), chosen.end());
  return chosen;
}

std::string Jpeg(const cv::Mat& frame, int short_side, PreviewClip* size) {
  cv::Mat image = frame;
  const double scale = std::min(1.0, static_cast<double>(short_side) / std::min(frame.cols, frame.rows));
  if (scale < 1) cv::resize(frame, image, cv::Size(), scale, scale, cv::INTER_AREA);
  if (size != nullptr) {
    size->width = image.cols;
    size->height = image.rows;
  }
  std::vector<uchar> bytes;
  cv::imencode(".jpg", image, bytes, {cv::IMWRITE_JPEG_QUALITY, kJpegQuality});
  return std::string(bytes.begin(), bytes.end());
}

std::string MediaPath(const DatasetLayout& layout, const std::string& video) {
  const std::string folder = absl::StrCat(layout.frames, "/", video);
  std::error_code error;
  if (!layout.frames.empty() && std::filesystem::is_directory(folder, error)) return folder;
  if (layout.videos.empty()) return folder;
  const std::string stem = absl::StrCat(layout.videos, "/", video), file = FindVideoFile(stem);
  return file.empty() ? stem : file;
}

// Reads the key frames of one video, of which there is at least one, in one pass.
absl::Status ReadImages(const DatasetLayout& layout, const PreviewOptions& options,
                        std::vector<PreviewClip*> clips, const std::vector<Timestamp>& timestamps,
                        const std::function<void()>& frame_done) {
  const std::string path = MediaPath(layout, clips[0]->video);
  std::error_code error;
  const bool folder = std::filesystem::is_directory(path, error);
  MRSN_ASSIGN_OR_RETURN(const auto stream, FrameStream::Open(path, layout.frames_per_second));
  const double first_second = folder ? layout.first_second : layout.video_first_second;
  const double rate = stream->rate() > 0 ? stream->rate() : Seconds(layout) ? layout.frames_per_second : 25;
  const Clock clock = {first_second, rate};
  struct Wanted {
    PreviewClip* clip;
    int place;  // -1 = the key frame, else in `around`
  };
  std::multimap<int64_t, Wanted> wanted;  // by frame
  for (size_t i = 0; i < clips.size(); ++i) {
    const int64_t centre = Seconds(layout) ? clock.FrameAt(timestamps[i]) : timestamps[i].Floor() - 1;
    wanted.insert({centre, {clips[i], -1}});
    if (options.around <= 0) continue;
    for (const double part : {-1.0, -0.5, 0.5, 1.0}) {
      const int64_t frame = centre + std::llround(part * options.around * rate);
      if (frame < 0) continue;
      wanted.insert({frame, {clips[i], static_cast<int>(clips[i]->around.size())}});
      clips[i]->around.emplace_back(absl::StrFormat("%+g s", part * options.around), "");
    }
  }
  while (!wanted.empty()) {
    MRSN_ASSIGN_OR_RETURN(const bool more, stream->Advance());
    if (!more) break;
    // A folder's frames keep their numbers where one is missing.
    const int64_t number = folder ? std::llround(stream->seconds() * rate) : stream->index();
    frame_done();
    const auto [begin, end] = wanted.equal_range(number);
    if (begin == end) continue;
    MRSN_ASSIGN_OR_RETURN(const cv::Mat frame, stream->Frame());
    for (auto it = begin; it != end; ++it) {
      if (it->second.place < 0) {
        it->second.clip->jpeg = Jpeg(frame, options.short_side, it->second.clip);
      } else {
        it->second.clip->around[it->second.place].second = Jpeg(frame, kSmallSide, nullptr);
      }
    }
    wanted.erase(begin, end);
  }
  for (PreviewClip* clip : clips) {
    if (clip->jpeg.empty())
      clip->fault = absl::StrCat(path, ": has ", stream->index() + 1, " frames, not this one");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<PreviewPage> ReadPreview(const DatasetLayout& layout, const PreviewOptions& options) {
  const SplitLayout& split = layout.splits.at(options.split);
  MRSN_ASSIGN_OR_RETURN(auto keyframes, ReadSplit(layout, split));
  std::vector<Keyframe> fitting;
  CheckReport ignored;
  std::string wanted = options.class_name;
  for (const ClassCount& c : CheckClasses(layout, &ignored)) {
    if (absl::StrCat(c.id) == options.class_name) wanted = c.name;
  }
  for (const auto& [keyframe, rows] : keyframes) {
    const bool has_class =
        std::any_of(rows.annotated.begin(), rows.annotated.end(), [&](const PreviewBox& box) {
          return std::find(box.labels.begin(), box.labels.end(), wanted) != box.labels.end();
        });
    if ((wanted.empty() || has_class) && absl::StrContains(keyframe.video, options.video))
      fitting.push_back(keyframe);
  }
  if (fitting.empty()) {
    return absl::NotFoundError(
        absl::StrCat(split.annotations, ": none of ", keyframes.size(), " key frames fits"));
  }
  PreviewPage page;
  page.root = layout.root;
  page.split = split.name;
  page.keyframes = static_cast<int64_t>(fitting.size());
  page.has_boxes = !split.boxes.empty();
  page.threshold = layout.inference_score;
  const std::vector<Keyframe> chosen = Draw(std::move(fitting), options);
  for (const Keyframe& keyframe : chosen) {
    Rows& rows = keyframes[keyframe];
    PreviewClip clip;
    clip.video = keyframe.video;
    clip.keyframe = absl::StrCat(Seconds(layout) ? "second " : "frame ", keyframe.timestamp.Text());
    clip.annotated = std::move(rows.annotated);
    clip.detected = std::move(rows.detected);
    page.clips.push_back(std::move(clip));
  }
  std::vector<std::pair<size_t, size_t>> videos;  // ranges of clips
  for (size_t i = 0; i < chosen.size(); ++i) {
    if (i == 0 || chosen[i].video != chosen[i - 1].video) videos.emplace_back(i, i);
    videos.back().second = i + 1;
  }
  const auto read = [&](int, int64_t v, const std::function<void()>& frame_done) {
    std::vector<PreviewClip*> clips;
    std::vector<Timestamp> timestamps;
    for (size_t i = videos[v].first; i < videos[v].second; ++i) {
      clips.push_back(&page.clips[i]);
      timestamps.push_back(chosen[i].timestamp);
    }
    const absl::Status status = ReadImages(layout, options, clips, timestamps, frame_done);
    for (PreviewClip* clip : clips) {
      if (!status.ok() && clip->jpeg.empty()) clip->fault = std::string(status.message());
      auto& around = clip->around;
      around.erase(std::remove_if(around.begin(), around.end(),
                                  [](const auto& image) { return image.second.empty(); }),
                   around.end());
    }
    return absl::OkStatus();
  };
  ForEachVideo("read clips", static_cast<int64_t>(videos.size()), options.threads, read);
  return page;
}

}  // namespace mrsn::datasets
