#include <algorithm>
#include <tuple>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "eval/io/numbers.h"
#include "eval/parallel.h"
#include "eval/row_checks.h"
#include "eval/ucf24_files.h"
#include "ops/base/status_macros.h"

namespace mrsn::eval {
namespace {

constexpr const char* kGroundTruthColumns[] = {"video", "frame", "class", "x1", "y1", "x2", "y2"};
constexpr const char* kDetectionColumns[] = {"video", "frame", "class", "score", "x1", "y1", "x2", "y2"};

struct CsvParser {
  CsvParser(const CsvOptions* options, bool ground_truth) : options(options), ground_truth(ground_truth) {}

  const CsvOptions* options;
  bool ground_truth;
  int64_t lines = 0;
  std::string error;
  WarningCounts warnings;
  RowBlock block;
  std::vector<int64_t> row_lines;

  bool Bad(int column, absl::string_view value, const char* expected) {
    error = absl::StrCat("column ", column + 1, " (",
                         ground_truth ? kGroundTruthColumns[column] : kDetectionColumns[column], ") is ",
                         Quoted(value), ", expected ", expected);
    return false;
  }

  bool Line(absl::string_view line, int64_t number) {
    const int expected = ground_truth ? 7 : 8;
    absl::string_view fields[8];
    const int count = SplitFields(line, fields, 8);
    if (count == 1 && TrimBlanks(line).empty()) {
      warnings.Add(kBlankLine, number, line);
      return true;
    }
    if (count != expected) {
      error = absl::StrCat(count > 8 ? "more than 8" : absl::StrCat(count), " columns, expected ", expected,
                           ": ", Quoted(line));
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
      warnings.Add(kInvertedBox, number, text);
    }
    if (options->classes != nullptr && !options->classes->contains(row.class_id)) {
      warnings.Add(kUnknownClass, number, fields[2]);
    }
    row.keyframe = block.keyframes.Find(fields[0], frame * KeyframeTable::kUnit);
    block.rows.push_back(row);
    if (ground_truth) row_lines.push_back(number);
    return true;
  }
};

}  // namespace

absl::StatusOr<CsvContents> ParseUcf24Csv(const TextFile& file, bool ground_truth,
                                          const CsvOptions& options) {
  CsvContents contents;
  std::vector<CsvParser> parsers;
  const int threads = options.num_threads > 0 ? options.num_threads : DefaultThreads();
  MRSN_RETURN_IF_ERROR(
      ParseLines(file, threads, parsers, CsvParser(&options, ground_truth), contents.warnings));
  if (ground_truth) WarnOfDuplicates(file.name(), parsers, contents.warnings);
  for (CsvParser& parser : parsers) {
    contents.num_rows += parser.block.rows.size();
    contents.blocks.push_back(std::move(parser.block));
  }
  return contents;
}

absl::StatusOr<CsvContents> ReadUcf24Csv(const std::string& path, bool ground_truth,
                                         const CsvOptions& options) {
  MRSN_ASSIGN_OR_RETURN(const TextFile file, TextFile::Open(path));
  return ParseUcf24Csv(file, ground_truth, options);
}

}  // namespace mrsn::eval
