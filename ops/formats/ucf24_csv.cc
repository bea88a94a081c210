#include <algorithm>
#include <tuple>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "ops/base/parallel.h"
#include "ops/base/status_macros.h"
#include "ops/formats/numbers.h"
#include "ops/formats/row_checks.h"
#include "ops/formats/sniff.h"
#include "ops/formats/ucf24_files.h"

namespace mrsn::formats {
namespace {

constexpr const char* kGroundTruthColumns[] = {"video", "frame", "class", "x1", "y1", "x2", "y2", "tube"};
constexpr const char* kDetectionColumns[] = {"video", "frame", "class", "score", "x1", "y1", "x2", "y2"};

struct CsvParser : LineParser {
  CsvParser(const CsvOptions* options, RowKind kind)
      : options(options), ground_truth(kind == RowKind::kGroundTruth) {}

  const CsvOptions* options;
  bool ground_truth;
  RowBlock block;
  std::vector<int64_t> row_lines;
  int columns = 0;                                 // of the first row
  absl::flat_hash_set<std::pair<int, int>> tubes;  // keyframe and tube

  bool Bad(int column, absl::string_view value, const char* expected) {
    error = absl::StrCat("column ", column + 1, " (",
                         ground_truth ? kGroundTruthColumns[column] : kDetectionColumns[column], ") is ",
                         Quoted(value), ", expected ", expected);
    return false;
  }

  bool Line(absl::string_view line, int64_t number) {
    const bool may_have_tubes = ground_truth && options->allow_tubes;
    const int expected = ground_truth ? 7 : 8;
    absl::string_view fields[8];
    const int count = FieldsOfRow(*this, line, number, fields);
    if (count == 0) return true;
    if (count != expected && !(may_have_tubes && count == 8)) {
      error = WrongColumns(count, 8, absl::StrCat(expected, may_have_tubes ? " or 8" : ""), line);
      return false;
    }
    if (IsHeaderLine(*this, line, number, fields, count)) return true;
    if (columns == 0) columns = count;
    if (columns != count) {
      error = absl::StrCat(count, " columns, the rows before have ", columns);
      return false;
    }
    if (fields[0].empty()) return Bad(0, fields[0], "a video");
    int frame;
    if (!ParseInt(fields[1], frame) || frame < 1) return Bad(1, fields[1], "a frame number from 1");
    Row row;
    if (!ParseInt(fields[2], row.class_id)) return Bad(2, fields[2], "a whole number");
    int column = 3;
    if (!ground_truth) {
      if (!ParseDouble(fields[column], row.score)) return Bad(column, fields[column], "a finite number");
      if (options->strict && !(row.score >= 0 && row.score <= 1)) {
        return GoOn(*this, kScoreRange, number, fields[column]);
      }
      ++column;
    }
    const int box_column = column;
    for (double* value : {&row.box.x1, &row.box.y1, &row.box.x2, &row.box.y2}) {
      if (!ParseDouble(fields[column], *value)) return Bad(column, fields[column], "a finite number");
      ++column;
    }
    if (row.box.Inverted()) {
      const absl::string_view text(fields[box_column].data(), line.end() - fields[box_column].data());
      if (ground_truth) {
        error = absl::StrCat("ground truth box ", Quoted(text), " has x2 < x1 or y2 < y1");
        return false;
      }
      if (!GoOn(*this, kInvertedBox, number, text)) return false;
    } else if (options->strict && !row.box.Valid()) {
      return GoOn(*this, ground_truth ? kNoArea : kInvalidBox, number, line);
    }
    if (options->classes != nullptr && !options->classes->contains(row.class_id) &&
        !GoOn(*this, kUnknownClass, number, fields[2])) {
      return false;
    }
    row.keyframe = block.keyframes.Find(fields[0], frame);
    if (may_have_tubes && count == 8 && !AddTube(fields[7], row)) return false;
    block.rows.push_back(row);
    if (ground_truth) row_lines.push_back(number);
    return true;
  }

  bool AddTube(absl::string_view field, Row& row) {
    int tube;
    if (!ParseInt(field, tube) || tube < 0) return Bad(7, field, "a whole number from 0");
    row.person_id = tube;
    if (tubes.insert({row.keyframe, tube}).second) return true;
    error = absl::StrCat("tube ", tube, " has a second box in this frame");
    return false;
  }
};

}  // namespace

absl::StatusOr<CsvContents> ParseUcf24Csv(const TextFile& file, RowKind kind, const CsvOptions& options) {
  CsvContents contents;
  std::vector<CsvParser> parsers;
  // Tubes are compared with those of the rows before, so that their file is read in one piece.
  int threads = options.num_threads > 0 ? options.num_threads : DefaultThreads();
  if (options.allow_tubes) threads = 1;
  MRSN_RETURN_IF_ERROR(
      TextError(ParseLines(file, threads, parsers, CsvParser(&options, kind), contents.warnings),
                "a CSV of UCF101-24", file.name(), file.text()));
  if (kind == RowKind::kGroundTruth) WarnOfDuplicates(file.name(), parsers, contents.warnings);
  for (CsvParser& parser : parsers) {
    contents.num_rows += parser.block.rows.size();
    contents.has_tubes = kind == RowKind::kGroundTruth && parser.columns == 8;
    contents.blocks.push_back(std::move(parser.block));
  }
  return contents;
}

absl::StatusOr<CsvContents> ReadUcf24Csv(const std::string& path, RowKind kind, const CsvOptions& options) {
  MRSN_ASSIGN_OR_RETURN(const TextFile file, TextFile::Open(path));
  return ParseUcf24Csv(file, kind, options);
}

std::string FormatUcf24Row(const Detection& detection) {
  std::string text = absl::StrCat(detection.keyframe.video, ",", detection.keyframe.timestamp.Text(), ",",
                                  detection.class_id);
  for (const double value :
       {detection.score, detection.box.x1, detection.box.y1, detection.box.x2, detection.box.y2}) {
    text += ',';
    AppendShortest(text, value);
  }
  text += '\n';
  return text;
}

}  // namespace mrsn::formats
