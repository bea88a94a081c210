// Parsing a text file line by line on several threads, with errors and warnings
// that name file and line.
#ifndef MRSN_OPS_FORMATS_LINES_H_
#define MRSN_OPS_FORMATS_LINES_H_

#include <cstdint>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "ops/base/parallel.h"
#include "ops/formats/text_file.h"

namespace mrsn::formats {

inline constexpr char kByteOrderMark[] = "UTF-8 byte order mark, skipped";

// A fault that did not stop a reader: their number and the first place.
struct Warning {
  std::string what;  // "detection box with x1 >= x2 or y1 >= y2, never matched"
  int64_t count = 0;
  std::string first;  // "det.csv:17: '0.5,0.2,0.4,0.9'"
};

std::string ToString(const Warning& warning);

// Warnings of one chunk of lines, before line numbers are known.
class WarningCounts {
 public:
  // `what` must be the same pointer for the same warning.
  void Add(const char* what, int64_t line, absl::string_view value) {
    for (Entry& entry : entries_) {
      if (entry.what == what) {
        ++entry.count;
        return;
      }
    }
    entries_.push_back({what, 1, line, Quoted(value)});
  }
  // Joins into `warnings`; the lines of this chunk begin after `first_line`.
  void AppendTo(const std::string& file, int64_t first_line, std::vector<Warning>& warnings) const;

 private:
  struct Entry {
    const char* what;
    int64_t count, line;
    std::string value;
  };
  std::vector<Entry> entries_;
};

// Splits at commas into at most `max` fields; returns how many there are, max + 1
// when there are more. Quotes around a field are taken off as Python's csv does.
int SplitFields(absl::string_view line, absl::string_view* fields, int max);

// Cuts `text` at line ends into `count` pieces of about equal size.
std::vector<absl::string_view> CutIntoPieces(absl::string_view text, int count);

// A row of `count` fields, more than `max`, whose last one is empty, as editors and scripts leave behind:
// cuts the comma at the end of `line`, splits again and returns max. Other rows: returns `count`.
int WithoutCommaAtTheEnd(absl::string_view line, absl::string_view* fields, int count, int max);

// "5 columns, expected 7 or 8: 'a,1,2,3,4'", with a word about tabs and semicolons in the place of commas.
std::string WrongColumns(int count, int max, absl::string_view expected, absl::string_view line);

// A row of names, "video_name,timestamp,x1,..": its second field begins with a letter, and none is a number.
bool IsHeader(const absl::string_view* fields, int count);

// What the parsers of lines have in common. A parser adds `bool Line(line, number)`, which returns false
// after filling `error`.
struct LineParser {
  bool at_start = false;  // whether the first line of the piece is that of the file
  int64_t lines = 0;      // of the piece, read so far
  std::string error;
  WarningCounts warnings;
};

// Calls parser.Line(line, number) for each line of each piece, `number` counting
// from 1 within the piece, without its line end (LF or CRLF).
template <typename Parser>
void ParsePiece(absl::string_view piece, Parser& parser) {
  const char* at = piece.data();
  const char* const end = at + piece.size();
  while (at != end) {
    const char* line_end = static_cast<const char*>(std::memchr(at, '\n', end - at));
    const char* const next = line_end == nullptr ? end : line_end + 1;
    if (line_end == nullptr) line_end = end;
    if (line_end != at && line_end[-1] == '\r') --line_end;
    if (!parser.Line(absl::string_view(at, line_end - at), ++parser.lines)) return;
    at = next;
  }
}

// All pieces in parallel; the error of the earliest line, if any.
template <typename Parser>
absl::Status ParseLines(const TextFile& file, int num_threads, std::vector<Parser>& parsers,
                        const Parser& fresh, std::vector<Warning>& warnings) {
  constexpr size_t kWorthAThread = 1 << 18;
  const int count = std::max<int>(
      1, std::min<int64_t>(num_threads, static_cast<int64_t>(file.text().size() / kWorthAThread)));
  const std::vector<absl::string_view> pieces = CutIntoPieces(file.text(), count);
  parsers.assign(pieces.size(), fresh);
  if (!parsers.empty()) parsers.front().at_start = true;
  RunTasks(static_cast<int>(pieces.size()), [&](int i) { ParsePiece(pieces[i], parsers[i]); });
  int64_t first_line = 0;
  if (file.had_byte_order_mark()) {
    warnings.push_back({kByteOrderMark, 1, absl::StrCat(file.name(), ":1")});
  }
  for (const Parser& parser : parsers) {
    parser.warnings.AppendTo(file.name(), first_line, warnings);
    if (!parser.error.empty()) {
      return absl::InvalidArgumentError(
          absl::StrCat(file.name(), ":", first_line + parser.lines, ": ", parser.error));
    }
    first_line += parser.lines;
  }
  return absl::OkStatus();
}

}  // namespace mrsn::formats

#endif  // MRSN_OPS_FORMATS_LINES_H_
