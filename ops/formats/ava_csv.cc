#include "ops/formats/ava_csv.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "ops/base/file.h"
#include "ops/base/parallel.h"
#include "ops/base/status_macros.h"
#include "ops/formats/numbers.h"
#include "ops/formats/row_checks.h"
#include "ops/formats/sniff.h"

namespace mrsn::formats {
namespace {

// Column names in messages; index = column.
constexpr const char* kColumns[] = {"video", "timestamp", "x1", "y1", "x2", "y2", "class", "score"};

bool ParseTimestamp(absl::string_view text, bool fractional, Timestamp& timestamp) {
  double seconds;
  if (!ParseDouble(text, seconds) || std::abs(seconds) > 1e9) return false;
  timestamp = TimestampOf(seconds, fractional);
  return true;
}

struct RowParser : LineParser {
  RowParser(const CsvOptions* options, RowKind kind)
      : options(options), kind(kind), ground_truth(kind == RowKind::kGroundTruth) {}

  const CsvOptions* options;
  RowKind kind;
  bool ground_truth;
  RowBlock block;
  std::vector<int64_t> row_lines;  // of ground truth

  bool Bad(int column, absl::string_view value, const char* expected) {
    const char* name = ground_truth && column == 7 ? "person id" : kColumns[column];
    error = absl::StrCat("column ", column + 1, " (", name, ") is ", Quoted(value), ", expected ", expected);
    return false;
  }

  bool Line(absl::string_view line, int64_t number) {
    absl::string_view fields[8];
    const int count = FieldsOfRow(*this, line, number, fields);
    if (count == 0) return true;
    const bool box_list = kind == RowKind::kBoxList;
    if (count != 7 && count != 8 && !(count == 6 && box_list) &&
        !(count == 2 && options->allow_keyframe_rows)) {
      error = WrongColumns(
          count, 8,
          absl::StrCat(box_list ? "6, " : "", "7 or 8", options->allow_keyframe_rows ? " (or 2)" : ""), line);
      return false;
    }
    if (IsHeaderLine(*this, line, number, fields, count)) return true;
    if (fields[0].empty()) return Bad(0, fields[0], "a video id");
    Timestamp timestamp;
    if (!ParseTimestamp(fields[1], options->fractional_timestamps, timestamp)) {
      return Bad(1, fields[1], "a number of seconds");
    }
    double seconds;
    ParseDouble(fields[1], seconds);
    const char* odd_time = OddTime(*options, seconds);
    if (odd_time != nullptr && !GoOn(*this, odd_time, number, fields[1])) return false;
    const int keyframe = block.keyframes.Find(fields[0], timestamp);
    if (count == 2) return true;
    Row row;
    row.keyframe = keyframe;
    double* const coordinates[] = {&row.box.x1, &row.box.y1, &row.box.x2, &row.box.y2};
    for (int i = 0; i < 4; ++i) {
      if (!ParseDouble(fields[2 + i], *coordinates[i])) return Bad(2 + i, fields[2 + i], "a finite number");
    }
    const int score_column = count == 8 ? 7 : count == 7 && box_list && options->score_in_column_7 ? 6 : -1;
    if (box_list) {
      if (score_column != 6 && count > 6 && !ParseInt(fields[6], row.class_id)) row.class_id = 0;
      row.class_id = std::max(row.class_id, 0);  // -1: a box that is nobody of the ground truth
    } else if (!ParseInt(fields[6], row.class_id)) {
      return Bad(6, fields[6], "a whole number");
    }
    if (score_column >= 0) {
      if (!ParseDouble(fields[score_column], ground_truth ? row.person_id : row.score)) {
        return Bad(score_column, fields[score_column], "a finite number");
      }
    } else if (ground_truth) {
      if (options->strict) warnings.Add(kNoPerson, number, line);
    } else if (box_list) {
      warnings.Add(kNoScore, number, line);
    } else if (!GoOn(*this, kNoScore, number, line)) {
      return false;
    }
    if (options->strict && ground_truth && row.person_id != std::floor(row.person_id)) {
      return Bad(7, fields[7], "a whole number");
    }
    if (options->strict && !ground_truth && !(row.score >= 0 && row.score <= 1)) {
      return GoOn(*this, kScoreRange, number, fields[score_column]);
    }
    if (!row.box.Valid() && !CheckBox(row.box, fields, number)) return false;
    if (options->classes != nullptr && !options->classes->contains(row.class_id) &&
        !GoOn(*this, kUnknownClass, number, fields[6])) {
      return false;
    }
    block.rows.push_back(row);
    if (ground_truth) row_lines.push_back(number);
    return true;
  }

  bool CheckBox(const BoxD& box, const absl::string_view* fields, int64_t number) {
    const std::string text = absl::StrCat(fields[2], ",", fields[3], ",", fields[4], ",", fields[5]);
    if (!ground_truth) return GoOn(*this, kInvalidBox, number, text);
    if (!box.Inverted()) return GoOn(*this, kNoArea, number, text);
    error = absl::StrCat("ground truth box ", Quoted(text), " has x2 < x1 or y2 < y1");
    return false;
  }
};

struct ExclusionParser : LineParser {
  explicit ExclusionParser(const CsvOptions* options) : options(options) {}

  const CsvOptions* options;
  KeyframeTable keyframes;

  bool Line(absl::string_view line, int64_t number) {
    absl::string_view fields[2];
    const int count = FieldsOfRow(*this, line, number, fields);
    if (count == 0) return true;
    if (count == 2 && IsHeaderLine(*this, line, number, fields, count)) return true;
    Timestamp timestamp;
    if (count != 2 || fields[0].empty()) {
      error = absl::StrCat("expected 2 columns, video,timestamp, found ", Quoted(line));
      return false;
    }
    if (!ParseTimestamp(fields[1], options->fractional_timestamps, timestamp)) {
      error = absl::StrCat("column 2 (timestamp) is ", Quoted(fields[1]), ", expected a number of seconds");
      return false;
    }
    double seconds;
    ParseDouble(fields[1], seconds);
    const char* odd = OddTime(*options, seconds);
    if (odd != nullptr && !GoOn(*this, odd, number, fields[1])) return false;
    keyframes.Find(fields[0], timestamp);
    return true;
  }
};

void AppendAvaRow(std::string& text, const Detection& detection) {
  absl::StrAppend(&text, detection.keyframe.video, ",", detection.keyframe.timestamp.Text(4), ",");
  for (double value : {detection.box.x1, detection.box.y1, detection.box.x2, detection.box.y2}) {
    AppendShortest(text, value);
    text += ',';
  }
  absl::StrAppend(&text, detection.class_id, ",");
  AppendShortest(text, detection.score);
  text += '\n';
}

}  // namespace

absl::StatusOr<CsvContents> ParseAvaCsv(const TextFile& file, RowKind kind, const CsvOptions& options) {
  CsvContents contents;
  std::vector<RowParser> parsers;
  const RowParser fresh(&options, kind);
  const int threads = options.num_threads > 0 ? options.num_threads : DefaultThreads();
  MRSN_RETURN_IF_ERROR(TextError(ParseLines(file, threads, parsers, fresh, contents.warnings),
                                 "a CSV of boxes", file.name(), file.text()));
  if (kind == RowKind::kGroundTruth && options.warn_of_repeated_rows)
    WarnOfDuplicates(file.name(), parsers, contents.warnings);
  for (RowParser& parser : parsers) {
    contents.num_rows += parser.block.rows.size();
    contents.blocks.push_back(std::move(parser.block));
  }
  return contents;
}

absl::StatusOr<KeyframeList> ParseAvaExclusions(const TextFile& file, const CsvOptions& options) {
  KeyframeList list;
  std::vector<ExclusionParser> parsers;
  MRSN_RETURN_IF_ERROR(TextError(ParseLines(file, 1, parsers, ExclusionParser(&options), list.warnings),
                                 "a CSV of key frames", file.name(), file.text()));
  if (!parsers.empty()) list.keyframes = std::move(parsers.front().keyframes);
  return list;
}

absl::StatusOr<CsvContents> ReadAvaGroundTruth(const std::string& path, const CsvOptions& options) {
  MRSN_ASSIGN_OR_RETURN(const TextFile file, TextFile::Open(path));
  return ParseAvaCsv(file, RowKind::kGroundTruth, options);
}

absl::StatusOr<CsvContents> ReadAvaDetections(const std::string& path, const CsvOptions& options) {
  MRSN_ASSIGN_OR_RETURN(const TextFile file, TextFile::Open(path));
  return ParseAvaCsv(file, RowKind::kDetections, options);
}

absl::StatusOr<CsvContents> ReadAvaBoxList(const std::string& path, const CsvOptions& options) {
  MRSN_ASSIGN_OR_RETURN(const TextFile file, TextFile::Open(path));
  return ParseAvaCsv(file, RowKind::kBoxList, options);
}

absl::StatusOr<KeyframeList> ReadAvaExclusions(const std::string& path, const CsvOptions& options) {
  MRSN_ASSIGN_OR_RETURN(const TextFile file, TextFile::Open(path));
  return ParseAvaExclusions(file, options);
}

std::string FormatAvaRow(const Detection& detection) {
  std::string text;
  AppendAvaRow(text, detection);
  return text;
}

absl::Status WriteAvaDetections(const std::string& path, absl::Span<const Detection> detections) {
  std::string text;
  for (const Detection& detection : detections) AppendAvaRow(text, detection);
  return WriteFileAtomically(path, text);
}

}  // namespace mrsn::formats
