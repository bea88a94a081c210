#include "datasets/ava/ava_files.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "ops/base/status_macros.h"
#include "ops/formats/annotation_rows.h"
#include "ops/formats/ava_csv.h"
#include "ops/formats/box_list.h"
#include "ops/formats/box_unit.h"
#include "ops/formats/label_map.h"
#include "ops/formats/row_checks.h"

namespace mrsn::datasets {
namespace {

formats::CsvOptions Strict(const KeyframeNames& names) {
  formats::CsvOptions options;
  options.strict = true;
  options.warn_of_repeated_rows = false;  // nobody reads the warnings
  options.timestamps = names.timestamps;
  options.first_keyframe = names.first;
  options.last_keyframe = names.last;
  return options;
}

// A key frame at a fraction of a second gets a way out.
template <typename T>
absl::StatusOr<T> WithAdvice(absl::StatusOr<T> read) {
  if (read.ok() || !absl::StrContains(read.status().message(), formats::kBrokenSecond)) return read;
  return absl::Status(read.status().code(),
                      absl::StrCat(read.status().message(),
                                   "; number the key frames by steps: bazel run //datasets:prepare -- "
                                   "--keyframe_step=0.5, and datasets/README.md"));
}

}  // namespace

absl::StatusOr<BoxTable> ReadAvaAnnotations(const std::string& path, const KeyframeNames& names) {
  formats::CsvOptions options = Strict(names);
  options.allow_keyframe_rows = true;
  MRSN_ASSIGN_OR_RETURN(const formats::CsvContents contents,
                        WithAdvice(formats::ReadAvaGroundTruth(path, options)));
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
  MRSN_ASSIGN_OR_RETURN(const formats::BoxList list, WithAdvice(formats::ReadBoxList(path, options)));
  return BoxTable(list.contents);
}

absl::StatusOr<std::set<Keyframe>> ReadAvaExcluded(const std::string& path, const KeyframeNames& names) {
  MRSN_ASSIGN_OR_RETURN(const formats::KeyframeList list,
                        WithAdvice(formats::ReadAvaExclusions(path, Strict(names))));
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
