#include "datasets/ava/ava_files.h"

#include <utility>

#include "ops/base/status_macros.h"
#include "ops/formats/annotation_rows.h"
#include "ops/formats/ava_csv.h"
#include "ops/formats/label_map.h"

namespace mrsn::datasets {
namespace {

Keyframe KeyframeOf(const formats::KeyframeTable& table, int number) {
  const formats::KeyframeTable::Entry& entry = table.keyframes()[number];
  return {table.videos()[entry.video], static_cast<int>(entry.micros / formats::KeyframeTable::kUnit)};
}

Box NormalisedBox(const formats::BoxD& box) {
  return {static_cast<float>(box.x1), static_cast<float>(box.y1), static_cast<float>(box.x2),
          static_cast<float>(box.y2)};
}

}  // namespace

absl::StatusOr<std::vector<AnnotatedBox>> ReadAvaAnnotations(const std::string& path) {
  formats::CsvOptions options;
  options.strict = true;
  options.allow_keyframe_rows = true;
  MRSN_ASSIGN_OR_RETURN(const formats::CsvContents contents, formats::ReadAvaGroundTruth(path, options));
  std::vector<AnnotatedBox> boxes;
  boxes.reserve(contents.num_rows);
  for (const formats::RowBlock& block : contents.blocks) {
    for (const formats::Row& row : block.rows) {
      boxes.push_back({KeyframeOf(block.keyframes, row.keyframe), NormalisedBox(row.box), row.class_id,
                       static_cast<int>(row.person_id)});
    }
  }
  return boxes;
}

absl::StatusOr<std::vector<DetectedBox>> ReadAvaBoxes(const std::string& path,
                                                      formats::Timestamps timestamps) {
  formats::CsvOptions options;
  options.strict = true;
  options.timestamps = timestamps;
  MRSN_ASSIGN_OR_RETURN(const formats::CsvContents contents, formats::ReadAvaBoxList(path, options));
  std::vector<DetectedBox> boxes;
  boxes.reserve(contents.num_rows);
  for (const formats::RowBlock& block : contents.blocks) {
    for (const formats::Row& row : block.rows) {
      boxes.push_back(
          {KeyframeOf(block.keyframes, row.keyframe), NormalisedBox(row.box), static_cast<float>(row.score)});
    }
  }
  return boxes;
}

absl::StatusOr<std::set<Keyframe>> ReadAvaExcluded(const std::string& path) {
  formats::CsvOptions options;
  options.strict = true;
  MRSN_ASSIGN_OR_RETURN(const formats::KeyframeList list, formats::ReadAvaExclusions(path, options));
  std::set<Keyframe> keyframes;
  for (int i = 0; i < list.keyframes.size(); ++i) keyframes.insert(KeyframeOf(list.keyframes, i));
  return keyframes;
}

absl::StatusOr<std::vector<ActionClass>> ReadLabelMap(const std::string& path) {
  formats::LabelMapOptions options;
  options.strict = true;
  MRSN_ASSIGN_OR_RETURN(formats::LabelMap map, formats::ReadLabelMap(path, options));
  std::vector<ActionClass> classes;
  for (formats::ActionClass& c : map.classes) classes.push_back({c.id, std::move(c.name), std::move(c.kind)});
  return classes;
}

}  // namespace mrsn::datasets
