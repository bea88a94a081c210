#include <algorithm>
#include <cmath>
#include <filesystem>
#include <system_error>

#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "datasets/prepare/convert.h"
#include "ops/base/status_macros.h"
#include "ops/formats/lines.h"
#include "ops/formats/numbers.h"
#include "ops/formats/pickle/numpy_pickle.h"
#include "ops/formats/sniff.h"
#include "ops/formats/text_file.h"

namespace mrsn::datasets {
namespace {

// Lines that say what a file is.
constexpr int kLinesLookedAt = 1000;
// Normalised boxes may reach a little over the frame.
constexpr double kNormalised = 2;

bool IsWhole(absl::string_view text) {
  int whole;
  return formats::ParseInt(text, whole);
}

bool IsScore(absl::string_view text) {
  double score;
  return formats::ParseDouble(text, score) && score >= 0 && score <= 1;
}

// No corner lies beyond `limit`.
bool IsBox(const absl::string_view* fields, double limit = HUGE_VAL) {
  double box[4];
  for (int i = 0; i < 4; ++i) {
    if (!formats::ParseDouble(fields[i], box[i])) return false;
  }
  return box[0] < box[2] && box[1] < box[3] && box[2] <= limit && box[3] <= limit;
}

// Rows vote; a header line and odd rows have no voice.
PreparedKind KindOfText(absl::string_view text) {
  int boxes = 0, ava = 0, ucf24 = 0, videos = 0;
  bool person = false;
  for (int i = 0; i < kLinesLookedAt && !text.empty(); ++i) {
    const size_t end = std::min(text.find('\n'), text.size());
    const absl::string_view line = absl::StripSuffix(text.substr(0, end), "\r");
    text.remove_prefix(std::min(end + 1, text.size()));
    absl::string_view f[8];
    const int count = formats::SplitFields(line, f, 8);
    if (count == 1 && !formats::TrimBlanks(line).empty()) ++videos;
    if (count < 6 || count > 8) continue;
    const bool whole_last = count < 8 || IsWhole(f[7]);
    if (IsBox(f + 2, kNormalised)) {
      double last = 0;
      const bool labelled = count >= 7 && IsWhole(f[6]) && !absl::StartsWith(f[6], "-");
      person |= count == 8 && formats::ParseDouble(f[7], last) && last > 1;
      ++(labelled && whole_last ? ava : boxes);
    } else if (count == 8 && IsWhole(f[2]) && IsScore(f[3]) && IsBox(f + 4)) {
      ++boxes;  // UCF101-24's detections
    } else if (count >= 7 && IsWhole(f[2]) && whole_last && IsBox(f + 3)) {
      ++ucf24;
    } else if (IsBox(f + 2)) {
      ++boxes;  // in pixels
    }
  }
  if (ava > 0 && (ava >= boxes || person) && ava >= ucf24) return PreparedKind::kAvaAnnotations;
  if (ucf24 > boxes) return PreparedKind::kUcf24Annotations;
  return videos > boxes ? PreparedKind::kSplit : PreparedKind::kBoxes;
}

// YOWO's folders: rows of five columns are annotations, of six detections.
absl::StatusOr<PreparedKind> KindOfFolder(const std::string& path) {
  std::error_code failed;
  for (std::filesystem::recursive_directory_iterator it(path, failed), end; !failed && it != end;
       it.increment(failed)) {
    if (it->path().extension() != ".txt") continue;
    MRSN_ASSIGN_OR_RETURN(const formats::TextFile file, formats::TextFile::Open(it->path()));
    const absl::string_view line = file.text().substr(0, file.text().find_first_of("\r\n"));
    int columns = 0;
    for (size_t at = 0; (at = line.find_first_not_of(" \t", at)) != absl::string_view::npos; ++columns) {
      at = std::min(line.find_first_of(" \t", at), line.size());
    }
    if (columns == 0) continue;
    return columns == 5 ? PreparedKind::kUcf24Annotations : PreparedKind::kBoxes;
  }
  return absl::InvalidArgumentError(path + ": a folder without .txt files of boxes");
}

PreparedKind KindOfPickle(const formats::PickleValue& root) {
  if (root.Get("gttubes") != nullptr) return PreparedKind::kUcf24Annotations;
  if (root.kind == formats::PickleValue::Kind::kDict) {
    const bool videos = root.items.size() > 1 && root.items[1]->Get("annotations") != nullptr;
    return videos ? PreparedKind::kUcf24Annotations : PreparedKind::kBoxes;
  }
  // ACAR-Net's files for training have labels.
  if (root.IsSequence() && !root.items.empty() && root.items[0]->IsSequence()) {
    for (const formats::PickleValue* item : root.items[0]->items) {
      const formats::PickleValue* labels = item->Get("labels");
      for (size_t i = 0; labels != nullptr && i < labels->items.size(); ++i) {
        const formats::PickleValue* ids = labels->items[i]->Get("label");
        if (ids != nullptr && (ids->IsNumber() || !ids->items.empty())) return PreparedKind::kAvaAnnotations;
      }
    }
  }
  return PreparedKind::kBoxes;
}

}  // namespace

absl::StatusOr<PreparedKind> RecogniseKind(const std::string& path) {
  std::error_code failed;
  if (std::filesystem::is_directory(path, failed)) return KindOfFolder(path);
  MRSN_ASSIGN_OR_RETURN(const formats::TextFile file, formats::TextFile::OpenUnchecked(path));
  switch (formats::KindOf(file.text())) {
    case formats::FileKind::kMatlab5:
      return PreparedKind::kUcf24Annotations;
    case formats::FileKind::kPickle: {
      MRSN_ASSIGN_OR_RETURN(const formats::PickleTree tree, formats::ParseNumpyPickle(file.text(), path));
      return KindOfPickle(*tree.root);
    }
    case formats::FileKind::kJson:
      return absl::StrContains(file.text(), "\"action_ids\"") ? PreparedKind::kAvaAnnotations
                                                              : PreparedKind::kBoxes;
    case formats::FileKind::kText:
      return KindOfText(file.text());
    default:
      return formats::NotThe("a box list, annotation or list of videos", path,
                             formats::LookAtBytes(file.text()));
  }
}

}  // namespace mrsn::datasets
