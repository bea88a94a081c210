#include <cmath>
#include <optional>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "ops/base/status_macros.h"
#include "ops/formats/box_list_layouts.h"
#include "ops/formats/coco_json.h"
#include "ops/formats/numbers.h"
#include "ops/formats/row_collector.h"
#include "ops/formats/sniff.h"

namespace mrsn::formats {
namespace {

constexpr char kUnknownImage[] = "box of a picture that the list of images lacks, left out";
constexpr char kCategories[] =
    "box of another \"category_id\" than the first; where persons are read, it is taken for a person";
constexpr char kNoScoreMember[] = "box without \"score\", score 1.0 is taken";

struct Image {
  std::string video;
  double time = 0;
  double width = 0, height = 0;
};
using Images = absl::flat_hash_map<std::string, Image>;

// "1j20qq1JyX4/902.jpg" or "Basketball/v_Basketball_g01_c01/00007.jpg": the folder is the video.
bool SplitPath(absl::string_view path, Image* image) {
  const size_t slash = path.rfind('/');
  if (slash == absl::string_view::npos || slash == 0) return false;
  const absl::string_view name = path.substr(slash + 1);
  image->video = std::string(path.substr(0, slash));
  return ParseDouble(name.substr(0, name.rfind('.')), image->time);
}

// "1j20qq1JyX4,0902".
bool SplitKey(absl::string_view key, Image* image) {
  const size_t comma = key.rfind(',');
  if (comma == absl::string_view::npos || comma == 0) return false;
  image->video = std::string(key.substr(0, comma));
  return ParseDouble(key.substr(comma + 1), image->time);
}

absl::Status AddImage(const CocoRecord& record, const std::string& origin, Images* images) {
  Image image;
  image.width = record.width;
  image.height = record.height;
  image.video = record.movie;
  if (record.movie.empty() || !ParseDouble(record.timestamp, image.time)) {
    if (!SplitPath(record.file_name, &image) && !SplitPath(record.img_path, &image)) {
      return absl::InvalidArgumentError(
          absl::StrCat(origin, ": images[", record.number,
                       "]: neither \"movie\" and \"timestamp\" nor a \"file_name\" like video/0902.jpg"));
    }
  }
  (*images)[record.id] = std::move(image);
  return absl::OkStatus();
}

absl::StatusOr<Images> ReadImages(const std::string& path) {
  MRSN_ASSIGN_OR_RETURN(const TextFile file, TextFile::OpenUnchecked(path));
  if (KindOf(file.text()) != FileKind::kJson)
    return NotThe("a JSON file of images", path, LookAtBytes(file.text()));
  Images images;
  MRSN_RETURN_IF_ERROR(ReadCocoJson(file.text(), path, [&](const CocoRecord& record) {
    return record.section == "images" ? AddImage(record, path, &images) : absl::OkStatus();
  }));
  if (images.empty()) return absl::InvalidArgumentError(absl::StrCat(path, ": has no \"images\""));
  return images;
}

}  // namespace

absl::StatusOr<BoxList> BoxListFromJson(absl::string_view bytes, const std::string& name,
                                        const BoxListOptions& options) {
  Images images;
  if (!options.images.empty()) {
    MRSN_ASSIGN_OR_RETURN(images, ReadImages(options.images));
  }
  // "annotations" may stand before "images", as AlphAction writes them.
  MRSN_RETURN_IF_ERROR(ReadCocoJson(bytes, name, [&](const CocoRecord& record) {
    return record.section == "images" ? AddImage(record, name, &images) : absl::OkStatus();
  }));

  BoxList list;
  list.layout = "COCO JSON";
  list.in_pixels = true;
  RowCollector rows(name, options.csv, bytes.size());
  int64_t boxes = 0, unknown = 0;
  std::optional<double> category;  // of the first box
  MRSN_RETURN_IF_ERROR(ReadCocoJson(bytes, name, [&](const CocoRecord& record) -> absl::Status {
    if (!record.section.empty() && record.section != "annotations") return absl::OkStatus();
    ++boxes;
    const std::string place = absl::StrCat(record.section, "[", record.number, "]");
    const auto known = images.find(record.image_id);
    Image image;
    if (known != images.end()) {
      image = known->second;
    } else if (!SplitKey(record.image_id, &image) && !SplitPath(record.image_id, &image)) {
      if (!images.empty()) {
        ++unknown;
        rows.Warn(kUnknownImage, absl::StrCat(place, ", image_id ", record.image_id));
        return absl::OkStatus();
      }
      return absl::InvalidArgumentError(absl::StrCat(
          name, ": ", place, ": image_id ", record.image_id,
          " is a number, whose video and time stand in the \"images\" of another file; name that file"));
    }
    if (image.width <= 0 || image.height <= 0)
      image.width = options.frame_width, image.height = options.frame_height;
    if (image.width <= 0 || image.height <= 0) {
      return absl::InvalidArgumentError(absl::StrCat(
          name, ": ", place, ": boxes in pixels of a frame whose width and height the file does not say"));
    }
    if (record.bbox.size() != 4) {
      return absl::InvalidArgumentError(absl::StrCat(name, ": ", place, ": \"bbox\" has ", record.bbox.size(),
                                                     " numbers, expected 4: x, y, width, height"));
    }
    if (!record.has_score) rows.Warn(kNoScoreMember, place);
    Row row;
    row.score = record.score;
    row.box = {record.bbox[0] / image.width, record.bbox[1] / image.height,
               (record.bbox[0] + record.bbox[2]) / image.width,
               (record.bbox[1] + record.bbox[3]) / image.height};
    row.person_id = record.person_id;
    const auto label = [](double id) { return id >= 0 && id < 1e6 ? static_cast<int>(id) : 0; };
    if (record.section.empty()) {
      row.class_id = label(record.category_id);
      if (!category.has_value()) category = record.category_id;
      if (record.category_id != *category) rows.Warn(kCategories, place);
    }
    if (record.action_ids.empty()) return rows.Add(RowKind::kDetections, image.video, image.time, row, place);
    for (const double id : record.action_ids) {
      row.class_id = label(id);
      MRSN_RETURN_IF_ERROR(rows.Add(RowKind::kDetections, image.video, image.time, row, place));
    }
    return absl::OkStatus();
  }));
  list.contents = rows.Finish();
  if (boxes == 0) {
    return absl::InvalidArgumentError(
        absl::StrCat(name,
                     ": JSON without boxes: expected a list of {\"image_id\", \"bbox\", \"score\"} or an "
                     "object with \"images\" and \"annotations\""));
  }
  if (unknown == boxes) {
    return absl::InvalidArgumentError(
        absl::StrCat(name, ": none of its ", boxes, " boxes belongs to a picture of the list of images"));
  }
  return list;
}

}  // namespace mrsn::formats
