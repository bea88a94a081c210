#include "datasets/ava/ava_files.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "ops/base/status_macros.h"
#include "ops/formats/annotation_rows.h"
#include "ops/formats/ava_csv.h"
#include "ops/formats/box_list.h"
#include "ops/formats/box_unit.h"
#include "ops/formats/label_map.h"

namespace mrsn::datasets {
namespace {

formats::CsvOptions Strict(const KeyframeNames& names) {
  formats::CsvOptions options;
  options.strict = true;
  options.warn_of_repeated_rows = false;  // nobody reads the warnings
  options.timestamps = names.timestamps;
  options.fractional_timestamps = names.timestamps == formats::Timestamps::kAvaSeconds;
  options.first_keyframe = names.first;
  options.last_keyframe = names.last;
  return options;
}

}  // namespace

absl::StatusOr<BoxTable> ReadAvaAnnotations(const std::string& path, const KeyframeNames& names) {
  formats::CsvOptions options = Strict(names);
  options.allow_keyframe_rows = true;
  MRSN_ASSIGN_OR_RETURN(const formats::CsvContents contents, formats::ReadAvaGroundTruth(path, options));
  if (contents.num_rows == 0) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": has no row, expected rows video,second,x1,y1,x2,y2,action_id,person_id"));
  }
  MRSN_RETURN_IF_ERROR(formats::ExpectFractions(path, contents));
  return BoxTable(contents);
}

absl::StatusOr<BoxTable> ReadAvaBoxes(const std::string& path, const KeyframeNames& names) {
  formats::BoxListOptions options;
  options.csv = Strict(names);
  MRSN_ASSIGN_OR_RETURN(const formats::BoxList list, formats::ReadBoxList(path, options));
  return BoxTable(list.contents);
}

absl::StatusOr<std::set<Keyframe>> ReadAvaExcluded(const std::string& path, const KeyframeNames& names) {
  MRSN_ASSIGN_OR_RETURN(const formats::KeyframeList list, formats::ReadAvaExclusions(path, Strict(names)));
  formats::CsvContents contents;
  contents.blocks.push_back({list.keyframes, {}});
  const BoxTable table(contents);
  return std::set<Keyframe>(table.keyframes().begin(), table.keyframes().end());
}

absl::StatusOr<std::vector<ActionClass>> ReadLabelMap(const std::string& path) {
  formats::LabelMapOptions options;
  options.strict = true;
  MRSN_ASSIGN_OR_RETURN(formats::LabelMap map, formats::ReadLabelMap(path, options));
  return std::move(map.classes);
}

}  // namespace mrsn::datasets
