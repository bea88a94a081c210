#include "datasets/video_media.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "ops/base/file.h"

namespace mrsn::datasets {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kMaxNumber = 99999999;  // a larger one is no frame's

bool IsImageName(absl::string_view name) {
  const std::string lower = absl::AsciiStrToLower(name);
  return absl::EndsWith(lower, ".jpg") || absl::EndsWith(lower, ".jpeg") || absl::EndsWith(lower, ".png");
}

void AddOther(absl::string_view name, FolderListing* listing) {
  const bool is_image = IsImageName(name);
  const bool better = is_image != listing->other_is_image ? is_image : name < listing->an_other;
  if (listing->others++ > 0 && !better) return;
  listing->an_other = std::string(name);
  listing->other_is_image = is_image;
}

bool AllDigits(absl::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

std::string FrameFolder::PathOf(int64_t frame) const {
  return absl::StrFormat("%s%0*d%s", prefix, digits, frame + first, extension);
}

absl::StatusOr<FramePattern> FramePattern::Parse(absl::string_view pattern) {
  const auto error = [&](absl::string_view what) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", pattern, "\" ", what,
                     "; allowed: a file name with one number, as {video}_%06d.jpg or img_%05d.jpg"));
  };
  if (pattern.find('/') != absl::string_view::npos) return error("has a slash");
  const size_t percent = pattern.find('%');
  if (percent == absl::string_view::npos) return error("has no number");
  FramePattern parsed;
  parsed.before_ = std::string(pattern.substr(0, percent));
  absl::string_view rest = pattern.substr(percent + 1);
  const size_t letter = rest.find('d');
  if (letter == absl::string_view::npos || rest.find('%') != absl::string_view::npos) {
    return error("has something else than one number behind %");
  }
  absl::string_view width = rest.substr(0, letter);
  if (!width.empty()) {
    if (!absl::ConsumePrefix(&width, "0") || !AllDigits(width) || width.size() > 2 ||
        !absl::SimpleAtoi(width, &parsed.digits_) || parsed.digits_ > 18) {
      return error("has a number that is neither %d nor %0<digits>d");
    }
  }
  parsed.after_ = std::string(rest.substr(letter + 1));
  if (parsed.after_.empty()) return error("has no extension");
  return parsed;
}

FrameFolder FramePattern::In(const std::string& folder, absl::string_view video, int64_t first) const {
  const auto with_name = [&](const std::string& part) {
    return absl::StrReplaceAll(part, {{"{video}", video}});
  };
  return {absl::StrCat(folder, "/", with_name(before_)), with_name(after_), digits_, first};
}

FrameFolder JpegFolder(const std::string& folder) {
  return {absl::StrCat(folder, "/", fs::path(folder).filename().string(), "_"), ".jpg"};
}

int64_t CountFrames(const FrameRanges& ranges) {
  int64_t count = 0;
  for (const FrameRange& range : ranges) count += range.last - range.first + 1;
  return count;
}

bool HasFrame(const FrameRanges& ranges, int64_t frame) {
  const auto next = std::partition_point(ranges.begin(), ranges.end(),
                                         [&](const FrameRange& range) { return range.last < frame; });
  return next != ranges.end() && next->first <= frame;
}

absl::StatusOr<FolderListing> ListFolder(const FrameFolder& images) {
  const size_t slash = images.prefix.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : images.prefix.substr(0, slash);
  const absl::string_view prefix =
      absl::string_view(images.prefix).substr(slash == std::string::npos ? 0 : slash + 1);
  FolderListing listing;
  listing.lowest = kMaxNumber + 1;
  std::vector<bool> there;  // by frame
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    const std::string& path = entry->path().native();
    absl::string_view name = absl::string_view(path).substr(path.rfind('/') + 1);
    const absl::string_view whole = name;
    int64_t number = 0;
    // A number has as many digits as the pattern says, or more and then no zero in front.
    if (!absl::ConsumePrefix(&name, prefix) || !absl::ConsumeSuffix(&name, images.extension) ||
        !AllDigits(name) || name.size() > 9 || !absl::SimpleAtoi(name, &number) || number > kMaxNumber ||
        name.size() != std::max<size_t>(std::to_string(number).size(), images.digits)) {
      AddOther(whole, &listing);
      continue;
    }
    listing.lowest = std::min(listing.lowest, number);
    if (number < images.first) {
      ++listing.before_first;
      continue;
    }
    const size_t frame = number - images.first;
    if (frame >= there.size()) there.resize(frame + 1);
    there[frame] = true;
  }
  if (error) return absl::NotFoundError(absl::StrCat(folder, ": ", error.message()));
  listing.frames = there.size();
  for (int64_t frame = 0; frame < listing.frames; ++frame) {
    if (there[frame]) continue;
    const bool goes_on = !listing.missing.empty() && listing.missing.back().last == frame - 1;
    if (!goes_on) listing.missing.push_back({frame, frame});
    listing.missing.back().last = frame;
  }
  return listing;
}

VideoMedia MediaAt(const std::string& path) {
  std::error_code error;
  if (!fs::is_directory(path, error)) return VideoMedia{path, {}, 0};
  VideoMedia media{path, JpegFolder(path), 0};
  const absl::StatusOr<FolderListing> listing = ListFolder(*media.images);
  if (listing.ok()) media.count = listing->frames;
  return media;
}

std::string FindVideoFile(const std::string& stem) {
  // Cameras write upper case.
  for (const char* extension : {".mp4", ".mkv", ".webm", ".avi", ".MP4", ".MKV", ".WEBM", ".AVI"}) {
    if (FileExists(stem + extension)) return stem + extension;
  }
  return "";
}

}  // namespace mrsn::datasets
