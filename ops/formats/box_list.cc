#include "ops/formats/box_list.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <string>
#include <system_error>
#include <tuple>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "ops/base/status_macros.h"
#include "ops/formats/box_list_layouts.h"
#include "ops/formats/box_unit.h"
#include "ops/formats/pickle/numpy_pickle.h"
#include "ops/formats/sniff.h"
#include "ops/formats/text_file.h"
#include "ops/formats/ucf24_files.h"

namespace mrsn::formats {
namespace {

absl::Status Normalise(const std::string& name, double width, double height, BoxList* list) {
  double largest = 0;
  for (const RowBlock& block : list->contents.blocks) {
    for (const Row& row : block.rows) largest = std::max({largest, row.box.x2, row.box.y2});
  }
  if (list->in_pixels) MRSN_RETURN_IF_ERROR(ExpectPixels(name, list->contents));
  if (largest <= kLargestFraction && !list->in_pixels) return absl::OkStatus();
  list->in_pixels = true;
  if (width <= 0 || height <= 0) {
    return absl::InvalidArgumentError(
        absl::StrCat(name, ": boxes in pixels (the largest coordinate is ", largest,
                     "), expected boxes within [0,1]: the size of their frames is not known"));
  }
  for (RowBlock& block : list->contents.blocks) {
    for (Row& row : block.rows) {
      row.box = {row.box.x1 / width, row.box.y1 / height, row.box.x2 / width, row.box.y2 / height};
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<BoxList> Parse(const TextFile& file, const BoxListOptions& options) {
  const absl::string_view bytes = file.text();
  BoxList list;
  switch (KindOf(bytes)) {
    case FileKind::kPickle: {
      MRSN_ASSIGN_OR_RETURN(const PickleTree tree, ParseNumpyPickle(bytes, file.name()));
      MRSN_ASSIGN_OR_RETURN(list, BoxListFromPickle(tree, file.name(), bytes.size(), options));
      break;
    }
    case FileKind::kJson:
      return BoxListFromJson(bytes, file.name(), options);  // normalised by the size of each picture
    case FileKind::kText: {
      MRSN_RETURN_IF_ERROR(file.CheckLines());
      MRSN_ASSIGN_OR_RETURN(list, BoxListFromCsv(file, options));
      break;
    }
    default:
      return NotThe("a box list", file.name(), LookAtBytes(bytes));
  }
  MRSN_RETURN_IF_ERROR(Normalise(file.name(), options.frame_width, options.frame_height, &list));
  return list;
}

}  // namespace

absl::StatusOr<BoxList> ReadBoxList(const std::string& path, const BoxListOptions& options) {
  std::error_code failed;
  if (std::filesystem::is_directory(path, failed)) {
    BoxList list;
    list.layout = "YOWO's folder";
    list.in_pixels = true;
    MRSN_ASSIGN_OR_RETURN(list.contents, ReadUcf24Folder(path, RowKind::kDetections, options.csv));
    const bool known = options.frame_width > 0 && options.frame_height > 0;
    MRSN_RETURN_IF_ERROR(
        Normalise(path, known ? options.frame_width : 320, known ? options.frame_height : 240, &list));
    return list;
  }
  MRSN_ASSIGN_OR_RETURN(const TextFile file, TextFile::OpenUnchecked(path));
  return Parse(file, options);
}

absl::StatusOr<BoxList> ParseBoxList(absl::string_view bytes, const std::string& name,
                                     const BoxListOptions& options) {
  MRSN_ASSIGN_OR_RETURN(const TextFile file, TextFile::FromBytesUnchecked(bytes, name));
  return Parse(file, options);
}

int64_t MergeEqualBoxes(CsvContents* contents) {
  using Key = std::tuple<absl::string_view, Timestamp, double, double, double, double>;
  absl::flat_hash_map<Key, Row*> seen;
  seen.reserve(contents->num_rows);
  const int64_t before = contents->num_rows;
  contents->num_rows = 0;
  for (RowBlock& block : contents->blocks) {
    size_t kept = 0;
    for (size_t i = 0; i < block.rows.size(); ++i) {
      const Row row = block.rows[i];
      const KeyframeTable::Entry& entry = block.keyframes.keyframes()[row.keyframe];
      const auto [known, first] = seen.emplace(Key(block.keyframes.videos()[entry.video], entry.timestamp,
                                                   row.box.x1, row.box.y1, row.box.x2, row.box.y2),
                                               nullptr);
      if (!first) {
        known->second->score = std::max(known->second->score, row.score);
        continue;
      }
      block.rows[kept] = row;
      block.rows[kept].class_id = 0;
      known->second = &block.rows[kept++];
    }
    block.rows.resize(kept);
    contents->num_rows += kept;
  }
  return before - contents->num_rows;
}

}  // namespace mrsn::formats
