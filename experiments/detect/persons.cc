#include "experiments/detect/persons.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "ops/base/status_macros.h"
#include "ops/formats/annotation_rows.h"
#include "ops/formats/box_list.h"

namespace mrsn::experiments {
namespace {

using datasets::PersonBox;

constexpr Timestamp kMillisecond = Timestamp::OfMicros(1000);
constexpr int kLastSecond = 1000000;  // as the data sets allow

class DetectingFinder : public PersonFinder {
 public:
  explicit DetectingFinder(datasets::PersonDetector& detector) : detector_(detector) {}

  absl::StatusOr<std::vector<PersonBox>> Find(const KeyframePicture& picture) override {
    return detector_.Detect(picture.bgr);
  }

 private:
  datasets::PersonDetector& detector_;
};

class RememberingFinder : public PersonFinder {
 public:
  explicit RememberingFinder(PersonFinder& finder) : finder_(finder) {}

  absl::StatusOr<std::vector<PersonBox>> Find(const KeyframePicture& picture) override {
    const auto known = found_.find(picture.frame);
    if (known != found_.end()) return known->second;
    MRSN_ASSIGN_OR_RETURN(std::vector<PersonBox> found, finder_.Find(picture));
    return found_[picture.frame] = std::move(found);
  }
  absl::Status Finish() const override { return finder_.Finish(); }

 private:
  PersonFinder& finder_;
  std::map<int64_t, std::vector<PersonBox>> found_;  // by frame
};

PersonBox PersonOf(const formats::Row& row) {
  PersonBox person;
  person.box = {static_cast<float>(row.box.x1), static_cast<float>(row.box.y1),
                static_cast<float>(row.box.x2), static_cast<float>(row.box.y2)};
  person.score = static_cast<float>(row.score);
  return person;
}

}  // namespace

std::unique_ptr<PersonFinder> FinderOf(datasets::PersonDetector& detector) {
  return std::make_unique<DetectingFinder>(detector);
}

std::unique_ptr<PersonFinder> Remembering(PersonFinder& finder) {
  return std::make_unique<RememberingFinder>(finder);
}

class PersonFile::Finder : public PersonFinder {
 public:
  Finder(const PersonFile& file, std::string video, const PersonsByTime& persons)
      : file_(file), video_(std::move(video)), persons_(persons) {}

  absl::StatusOr<std::vector<PersonBox>> Find(const KeyframePicture& picture) override {
    Timestamp low = picture.frame + 1, high = low;
    if (file_.options_.keyframes == formats::Timestamps::kAvaSeconds) {
      const Timestamp second = Timestamp::Nearest(picture.seconds);
      low = second - kMillisecond;
      high = second + kMillisecond;
    }
    std::vector<PersonBox> found;
    for (auto at = persons_.lower_bound(low); at != persons_.end() && at->first <= high; ++at) {
      ++used_;
      for (const PersonBox& person : at->second) {
        if (person.score > file_.options_.min_score) found.push_back(person);
      }
    }
    return found;
  }

  absl::Status Finish() const override {
    if (used_ > 0) return absl::OkStatus();
    const bool seconds = file_.options_.keyframes == formats::Timestamps::kAvaSeconds;
    return absl::FailedPreconditionError(
        absl::StrCat(file_.path_, ": has boxes of ", persons_.size(), " key frames of video ", video_, ", ",
                     seconds ? "seconds " : "frames ", persons_.begin()->first.Text(), " to ",
                     persons_.rbegin()->first.Text(), ", and none of them is a key frame of this run"));
  }

 private:
  const PersonFile& file_;
  const std::string video_;
  const PersonsByTime& persons_;
  int64_t used_ = 0;  // key frames with rows
};

absl::StatusOr<PersonFile> PersonFile::Read(const std::string& path, const PersonFileOptions& options) {
  formats::BoxListOptions list;
  list.csv.strict = true;
  list.csv.warn_of_repeated_rows = false;  // nobody reads the warnings
  list.csv.timestamps = options.keyframes;
  list.csv.fractional_timestamps = options.keyframes == formats::Timestamps::kAvaSeconds;
  list.csv.first_keyframe = 0;
  list.csv.last_keyframe = kLastSecond;
  list.frame_width = options.frame_width;
  list.frame_height = options.frame_height;
  MRSN_ASSIGN_OR_RETURN(formats::BoxList read, formats::ReadBoxList(path, list));
  formats::MergeEqualBoxes(&read.contents);
  PersonFile file;
  file.path_ = path;
  file.options_ = options;
  for (const formats::RowBlock& block : read.contents.blocks) {
    for (const formats::Row& row : block.rows) {
      const formats::KeyframeTable::Entry& entry = block.keyframes.keyframes()[row.keyframe];
      file.videos_[block.keyframes.videos()[entry.video]][entry.timestamp].push_back(PersonOf(row));
    }
  }
  if (file.videos_.empty()) return absl::InvalidArgumentError(absl::StrCat(path, ": has no box"));
  return file;
}

absl::StatusOr<std::unique_ptr<PersonFinder>> PersonFile::For(const std::string& video) const {
  auto found = videos_.find(video);
  if (found == videos_.end()) {
    // One of the two names has folders before it, or has others.
    found = std::find_if(videos_.begin(), videos_.end(), [&](const auto& rows) {
      return absl::EndsWith(rows.first, absl::StrCat("/", video)) ||
             absl::EndsWith(video, absl::StrCat("/", rows.first));
    });
  }
  if (found != videos_.end()) return std::make_unique<Finder>(*this, video, found->second);
  return absl::NotFoundError(absl::StrCat(path_, ": has no box of video ", video, "; it has boxes of ",
                                          videos_.size(), " videos, first ", videos_.begin()->first));
}

}  // namespace mrsn::experiments
