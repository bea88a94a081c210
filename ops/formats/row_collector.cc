#include "ops/formats/row_collector.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "ops/base/status_macros.h"
#include "ops/formats/row_checks.h"

namespace mrsn::formats {

absl::Status RowCollector::Odd(absl::string_view what, absl::string_view place) {
  if (options_.strict) return absl::InvalidArgumentError(absl::StrCat(origin_, ": ", place, ": ", what));
  Warn(what, place);
  return absl::OkStatus();
}

void RowCollector::Warn(absl::string_view what, absl::string_view place, int64_t count) {
  for (Warning& warning : warnings_) {
    if (warning.what == what) {
      warning.count += count;
      return;
    }
  }
  warnings_.push_back({std::string(what), count, absl::StrCat(origin_, ": ", place)});
}

absl::Status RowCollector::AddKeyframe(absl::string_view video, double time, absl::string_view place) {
  if (video.empty() || !(std::abs(time) <= 1e9)) {
    return absl::InvalidArgumentError(
        absl::StrCat(origin_, ": ", place, ": no video or no time of a key frame"));
  }
  block_.keyframes.Find(video, TimestampOf(time, options_.fractional_timestamps));
  return absl::OkStatus();
}

absl::Status RowCollector::Add(RowKind kind, absl::string_view video, double time, Row row,
                               absl::string_view place) {
  MRSN_RETURN_IF_ERROR(AddKeyframe(video, time, place));
  const Timestamp timestamp = TimestampOf(time, options_.fractional_timestamps);
  if (static_cast<int64_t>(block_.rows.size()) >= max_rows_) {
    return absl::InvalidArgumentError(absl::StrCat(origin_, ": more than ", max_rows_, " boxes"));
  }
  if (!row.box.Finite() || !std::isfinite(row.score)) {
    return absl::InvalidArgumentError(absl::StrCat(origin_, ": ", place, ": a number that is not finite"));
  }
  if (const char* odd = OddTime(options_, time)) MRSN_RETURN_IF_ERROR(Odd(odd, place));
  const bool truth = kind == RowKind::kGroundTruth;
  if (!truth && !(row.score >= 0 && row.score <= 1)) MRSN_RETURN_IF_ERROR(Odd(kScoreRange, place));
  if (!row.box.Valid()) {
    const std::string box =
        absl::StrCat(place, ": box ", row.box.x1, ",", row.box.y1, ",", row.box.x2, ",", row.box.y2);
    if (truth && row.box.Inverted()) {
      return absl::InvalidArgumentError(absl::StrCat(origin_, ": ", box, " has x2 < x1 or y2 < y1"));
    }
    MRSN_RETURN_IF_ERROR(Odd(truth ? kNoArea : kInvalidBox, box));
  }
  if (options_.classes != nullptr && !options_.classes->contains(row.class_id)) {
    MRSN_RETURN_IF_ERROR(Odd(kUnknownClass, absl::StrCat(place, ": class ", row.class_id)));
  }
  row.keyframe = block_.keyframes.Find(video, timestamp);
  block_.rows.push_back(row);
  return absl::OkStatus();
}

CsvContents RowCollector::Finish() {
  CsvContents contents;
  contents.num_rows = block_.rows.size();
  contents.warnings = std::move(warnings_);
  contents.blocks.push_back(std::move(block_));
  return contents;
}

}  // namespace mrsn::formats
