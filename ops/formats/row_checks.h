// The warnings that all readers of rows share.
#ifndef MRSN_OPS_FORMATS_ROW_CHECKS_H_
#define MRSN_OPS_FORMATS_ROW_CHECKS_H_

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "ops/formats/annotation_rows.h"
#include "ops/formats/lines.h"
#include "ops/formats/numbers.h"
#include "ops/formats/read_options.h"

namespace mrsn::formats {

inline constexpr char kBlankLine[] = "blank line, skipped";
inline constexpr char kOutsideRange[] =
    "keyframe outside 902..1798 (a data set's first_keyframe_second and last_keyframe_second)";
inline constexpr char kOutsideOwnRange[] =
    "keyframe outside first_keyframe_second..last_keyframe_second of the data set";
inline constexpr char kFrameBeforeFirst[] = "frame before 1";
inline constexpr char kBrokenFrame[] = "frame number that is not whole";
inline constexpr char kBrokenSecond[] = "keyframe that is no whole second";
inline constexpr char kFractionLeftOut[] =
    "keyframe that is no whole second; its fraction is left out (--protocol=official_2020 keeps it)";
inline constexpr char kScoreRange[] =
    "score outside 0..1 (in percent, or an annotation file given as a list of boxes?)";
inline constexpr char kUnknownClass[] = "class not in the list of classes, row not evaluated";
inline constexpr char kInvalidBox[] = "detection box with x1 >= x2 or y1 >= y2";
inline constexpr char kInvertedBox[] = "detection box with x2 < x1 or y2 < y1";
inline constexpr char kNoArea[] = "ground truth box of no area, cannot be matched";
inline constexpr char kDuplicate[] = "ground truth row occurs twice; counted twice, as the scripts do";
inline constexpr char kNoScore[] = "detection without a score column, score 1.0 is taken";
inline constexpr char kNoPerson[] = "ground truth without a person id; equal boxes are one person";
inline constexpr char kHeader[] = "header line, skipped";
inline constexpr char kCommaAtTheEnd[] = "comma at the end of the line, skipped";

// "904", "0904" and "904.0" are one key frame; so are "904.7" and "904" unless fractional.
inline Timestamp TimestampOf(double time, bool fractional) {
  return fractional ? Timestamp::Nearest(time) : Timestamp(static_cast<int64_t>(std::trunc(time)));
}

// Why a second is no key frame's, nullptr if it is one's.
inline const char* OddSecond(const CsvOptions& options, Timestamp second) {
  if (second >= options.first_keyframe && second <= options.last_keyframe) return nullptr;
  const CsvOptions ava;
  const bool avas =
      options.first_keyframe == ava.first_keyframe && options.last_keyframe == ava.last_keyframe;
  return avas ? kOutsideRange : kOutsideOwnRange;
}

// The reason why a time is odd, nullptr if it is not.
inline const char* OddTime(const CsvOptions& options, double time) {
  const Timestamp timestamp = TimestampOf(time, options.fractional_timestamps);
  const bool frames = options.timestamps == Timestamps::kFrames;
  if (frames) {
    if (timestamp < 1) return kFrameBeforeFirst;
  } else if (const char* odd = OddSecond(options, timestamp); odd != nullptr) {
    return odd;
  }
  if (options.fractional_timestamps || time == std::floor(time)) return nullptr;
  if (frames) return kBrokenFrame;
  return options.strict ? kBrokenSecond : kFractionLeftOut;
}

// Splits a line at commas into at most N fields and returns how many there are, N + 1 if there are more, 0
// for a blank line. Warns of a blank line, and of a comma at the end, which is not followed by a field.
template <size_t N>
int FieldsOfRow(LineParser& parser, absl::string_view line, int64_t number, absl::string_view (&fields)[N]) {
  const int split = SplitFields(line, fields, N);
  const int count = WithoutCommaAtTheEnd(line, fields, split, N);
  if (count != split) parser.warnings.Add(kCommaAtTheEnd, number, line);
  if (count != 1 || !TrimBlanks(line).empty()) return count;
  parser.warnings.Add(kBlankLine, number, line);
  return 0;
}

// Whether a line with these fields is the first one of the file and names the columns; warns of it.
inline bool IsHeaderLine(LineParser& parser, absl::string_view line, int64_t number,
                         const absl::string_view* fields, int count) {
  if (!parser.at_start || number != 1 || !IsHeader(fields, count)) return false;
  parser.warnings.Add(kHeader, number, line);
  return true;
}

// An odd row: a warning and true, or with options.strict an error and false. A parser has `options`,
// `warnings` and `error`.
template <typename Parser>
bool GoOn(Parser& parser, const char* what, int64_t line, absl::string_view value) {
  if (!parser.options->strict) {
    parser.warnings.Add(what, line, value);
    return true;
  }
  parser.error = absl::StrCat(Quoted(value), ": ", what);
  return false;
}

// Warns of ground truth rows equal in every column. A parser has `block`, `lines`
// and `row_lines` (the line of each row, from 1 within the piece).
template <typename Parser>
void WarnOfDuplicates(const std::string& file, const std::vector<Parser>& parsers,
                      std::vector<Warning>& warnings) {
  using Key = std::tuple<absl::string_view, Timestamp, int, double, double, double, double, double>;
  absl::flat_hash_set<Key> seen;
  size_t rows = 0;
  for (const Parser& parser : parsers) rows += parser.block.rows.size();
  seen.reserve(rows);
  int64_t first_line = 0;
  for (const Parser& parser : parsers) {
    WarningCounts counts;
    const KeyframeTable& table = parser.block.keyframes;
    for (size_t i = 0; i < parser.block.rows.size(); ++i) {
      const Row& row = parser.block.rows[i];
      const KeyframeTable::Entry& entry = table.keyframes()[row.keyframe];
      const std::string& video = table.videos()[entry.video];
      const BoxD& box = row.box;
      if (!seen.insert(
                   Key(video, entry.timestamp, row.class_id, box.x1, box.y1, box.x2, box.y2, row.person_id))
               .second) {
        counts.Add(kDuplicate, parser.row_lines[i],
                   absl::StrCat(video, ",", entry.timestamp.Text(), ",..,", row.class_id));
      }
    }
    counts.AppendTo(file, first_line, warnings);
    first_line += parser.lines;
  }
}

}  // namespace mrsn::formats

#endif  // MRSN_OPS_FORMATS_ROW_CHECKS_H_
