#include "ops/formats/ucf24_files.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "ops/base/status_macros.h"
#include "ops/formats/class_lists.h"
#include "ops/formats/numbers.h"
#include "ops/formats/sniff.h"

namespace mrsn::formats {
namespace {

constexpr char kAnnotations[] = "annotations of UCF101-24";

// "UCF-101/Biking/v_Biking_g01_c01" without the folder above the class.
absl::string_view FromClassOn(absl::string_view path) {
  const size_t slash = path.rfind('/');
  if (slash == absl::string_view::npos || slash == 0) return path;
  const size_t before = path.rfind('/', slash - 1);
  if (before == absl::string_view::npos) return path;
  const absl::string_view name = path.substr(before + 1, slash - before - 1);
  const bool ucf101 = absl::StartsWithIgnoreCase(path.substr(slash + 1), absl::StrCat("v_", name, "_g"));
  return ucf101 ? path.substr(before + 1) : path;
}

// The video that a line of a list names: "Biking/v_Biking_g01_c01.avi 3" (the list of UCF101),
// "Biking/v_Biking_g01_c01", "v_Biking_g01_c01", "labels/Biking/v_Biking_g01_c01/00007.txt" (YOWO's). With
// backslashes in the place of slashes, quotes, or folders above the class it is the same video.
std::string VideoOfLine(const std::string& text) {
  absl::string_view line = text;
  if (absl::ConsumePrefix(&line, "\"")) {
    line = line.substr(0, line.find('"'));
  } else {
    line = line.substr(0, line.find_first_of(" \t,"));
  }
  absl::ConsumePrefix(&line, "./");
  if (absl::ConsumeSuffix(&line, ".txt")) {
    absl::ConsumePrefix(&line, "labels/");
    line = line.substr(0, line.rfind('/'));
  }
  for (const absl::string_view extension : {".avi", ".mp4", ".mkv", ".webm"}) {
    if (!absl::EndsWithIgnoreCase(line, extension)) continue;
    line.remove_suffix(extension.size());
    break;
  }
  line = FromClassOn(line);
  // "v_Biking_g01_c01" is a video of the class Biking.
  const size_t group = line.rfind("_g");
  if (!absl::StrContains(line, '/') && absl::StartsWith(line, "v_") && group != absl::string_view::npos &&
      group > 2) {
    return absl::StrCat(line.substr(2, group - 2), "/", line);
  }
  return std::string(line);
}

}  // namespace

Ucf24ClassIds::Ucf24ClassIds(const CsvOptions& options) {
  for (const ActionClass& c : Ucf24Classes()) {
    const ActionClass* own =
        options.named_classes == nullptr ? &c : FindClass(*options.named_classes, c.name);
    ids_.push_back(own == nullptr ? kNoClass : own->id);
  }
}

absl::StatusOr<Ucf24Annotations> ReadUcf24Annotations(const std::string& path, const CsvOptions& options) {
  Ucf24Annotations annotations;
  std::error_code failed;
  if (std::filesystem::is_directory(path, failed)) {
    annotations.layout = "YOWO's folder";
    MRSN_ASSIGN_OR_RETURN(annotations.contents, ReadUcf24Folder(path, RowKind::kGroundTruth, options));
    return annotations;
  }
  MRSN_ASSIGN_OR_RETURN(const TextFile file, TextFile::OpenUnchecked(path));
  const FileKind kind = KindOf(file.text());
  if (kind == FileKind::kPickle) return ParseUcf24Pickle(file.text(), path, options);
  if (kind == FileKind::kMatlab5) {
    annotations.layout = "finalAnnots.mat";
    MRSN_ASSIGN_OR_RETURN(annotations.contents, ReadUcf24Mat(path));
    const Ucf24ClassIds ids(options);
    for (RowBlock& block : annotations.contents.blocks) {
      for (Row& row : block.rows) row.class_id = ids.Of(row.class_id);
    }
    return annotations;
  }
  if (kind != FileKind::kText && kind != FileKind::kEmpty) {
    return NotThe(kAnnotations, path, LookAtBytes(file.text()));
  }
  annotations.layout = "CSV";
  MRSN_RETURN_IF_ERROR(file.CheckLines());
  MRSN_ASSIGN_OR_RETURN(annotations.contents, ParseUcf24Csv(file, RowKind::kGroundTruth, options));
  return annotations;
}

absl::Status ExpectFrameSize(const std::string& file, const Ucf24Annotations& annotations, int width,
                             int height) {
  int64_t others = 0;
  const std::pair<const std::string, std::pair<int, int>>* first = nullptr;
  for (const auto& video : annotations.frame_sizes) {
    if (video.second == std::make_pair(width, height)) continue;
    if (others++ == 0) first = &video;
  }
  if (others == 0) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      file, ": the boxes of ", others, " of ", annotations.frame_sizes.size(), " videos are in pixels of ",
      first->second.first, "x", first->second.second, " (first ", Quoted(first->first), "), expected ", width,
      "x", height, ": annotation_width and annotation_height of the data set"));
}

absl::StatusOr<CsvContents> ReadUcf24(const std::string& path, RowKind kind, const CsvOptions& options) {
  if (kind == RowKind::kGroundTruth) {
    MRSN_ASSIGN_OR_RETURN(Ucf24Annotations annotations, ReadUcf24Annotations(path, options));
    return std::move(annotations.contents);
  }
  std::error_code failed;
  if (std::filesystem::is_directory(path, failed)) return ReadUcf24Folder(path, kind, options);
  MRSN_ASSIGN_OR_RETURN(const TextFile file, TextFile::OpenUnchecked(path));
  if (KindOf(file.text()) == FileKind::kMatlab5) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": a MATLAB file holds ground truth, not detections"));
  }
  MRSN_RETURN_IF_ERROR(TextError(file.CheckLines(), "detections of UCF101-24", path, file.text()));
  return ParseUcf24Csv(file, kind, options);
}

absl::StatusOr<SplitList> ParseSplitList(const TextFile& file, const std::vector<std::string>& classes) {
  const absl::flat_hash_set<std::string> wanted(classes.begin(), classes.end());
  SplitList list;
  absl::string_view text = file.text();
  if (const FileKind kind = KindOf(text); kind != FileKind::kText && kind != FileKind::kEmpty) {
    return NotThe("a list of videos", file.name(), LookAtBytes(text));
  }
  for (int number = 1; !text.empty(); ++number) {
    const size_t end = std::min(text.find('\n'), text.size());
    const absl::string_view line = TrimBlanks(absl::StripSuffix(text.substr(0, end), "\r"));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (absl::StartsWith(line, "#")) continue;
    const std::string video = VideoOfLine(absl::StrReplaceAll(line, {{"\\", "/"}}));
    if (video.empty()) continue;
    if (absl::StartsWith(video, "/") || absl::StrContains(video, "..")) {
      return absl::InvalidArgumentError(
          absl::StrCat(file.name(), ":", number, ": ", Quoted(line), ", expected Class/v_Class_gXX_cYY"));
    }
    const std::string name = video.substr(0, video.find('/'));
    if (!wanted.empty() && !wanted.contains(name)) {
      if (list.left_out.insert(video).second) list.left_out_classes.insert(name);
      continue;
    }
    list.videos.insert(video);
  }
  const absl::Status none = absl::InvalidArgumentError(
      absl::StrCat(file.name(), ": lists no video",
                   list.left_out.empty() ? ""
                                         : absl::StrCat(" of the data set's classes; ", list.left_out.size(),
                                                        " are of others, as ", *list.left_out.begin())));
  if (list.videos.empty()) return TextError(none, "a list of videos", file.name(), file.text());
  return list;
}

absl::StatusOr<SplitList> ReadSplitList(const std::string& path, const std::vector<std::string>& classes) {
  MRSN_ASSIGN_OR_RETURN(const TextFile file, TextFile::Open(path));
  return ParseSplitList(file, classes);
}

absl::StatusOr<absl::flat_hash_set<std::string>> ReadVideoList(const std::string& path) {
  std::vector<std::string> classes;
  for (const ActionClass& known : Ucf24Classes()) classes.push_back(known.name);
  MRSN_ASSIGN_OR_RETURN(SplitList list, ReadSplitList(path));
  const bool ucf101 = std::any_of(list.videos.begin(), list.videos.end(), [&](const std::string& video) {
    return std::find(classes.begin(), classes.end(), video.substr(0, video.find('/'))) != classes.end();
  });
  if (ucf101) {
    MRSN_ASSIGN_OR_RETURN(list, ReadSplitList(path, classes));
  }
  if (!list.left_out.empty()) {
    std::fprintf(stderr, "note: %s: %zu videos of %zu classes that are not UCF101-24's are left out, as %s\n",
                 path.c_str(), list.left_out.size(), list.left_out_classes.size(),
                 list.left_out.begin()->c_str());
  }
  return absl::flat_hash_set<std::string>(list.videos.begin(), list.videos.end());
}

void KeepVideos(const absl::flat_hash_set<std::string>& videos, CsvContents& contents) {
  contents.num_rows = 0;
  for (RowBlock& block : contents.blocks) {
    RowBlock kept;
    // Numbers in `kept`, -1 = dropped, -2 = not met yet.
    std::vector<int> number(block.keyframes.size(), -2);
    std::vector<bool> wanted;
    for (const std::string& video : block.keyframes.videos()) wanted.push_back(videos.contains(video));
    for (const Row& row : block.rows) {
      int& keyframe = number[row.keyframe];
      if (keyframe == -2) {
        const KeyframeTable::Entry& entry = block.keyframes.keyframes()[row.keyframe];
        keyframe = wanted[entry.video]
                       ? kept.keyframes.Find(block.keyframes.videos()[entry.video], entry.timestamp)
                       : -1;
      }
      if (keyframe < 0) continue;
      kept.rows.push_back(row);
      kept.rows.back().keyframe = keyframe;
    }
    contents.num_rows += kept.rows.size();
    block = std::move(kept);
  }
}

}  // namespace mrsn::formats
