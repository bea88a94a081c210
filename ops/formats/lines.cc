#include "ops/formats/lines.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "ops/formats/numbers.h"

namespace mrsn::formats {

std::string ToString(const Warning& warning) {
  return absl::StrCat(warning.first, ": ", warning.what,
                      warning.count > 1 ? absl::StrCat(" (", warning.count, " times)") : "");
}

void WarningCounts::AppendTo(const std::string& file, int64_t first_line,
                             std::vector<Warning>& warnings) const {
  for (const Entry& entry : entries_) {
    const auto known = std::find_if(warnings.begin(), warnings.end(),
                                    [&](const Warning& warning) { return warning.what == entry.what; });
    if (known != warnings.end()) {
      known->count += entry.count;
    } else {
      warnings.push_back(
          {entry.what, entry.count, absl::StrCat(file, ":", first_line + entry.line, ": ", entry.value)});
    }
  }
}

int SplitFields(absl::string_view line, absl::string_view* fields, int max) {
  const char* at = line.data();
  const char* const end = at + line.size();
  int count = 0;
  while (true) {
    const bool quoted = at != end && *at == '"';
    const char* field = at;
    if (quoted) {
      const char* close = static_cast<const char*>(std::memchr(at + 1, '"', end - at - 1));
      if (close != nullptr) at = close;
    }
    while (at != end && *at != ',') ++at;
    absl::string_view value(field, at - field);
    if (quoted && value.size() >= 2 && value.back() == '"') value = value.substr(1, value.size() - 2);
    if (count == max) return max + 1;
    fields[count++] = value;
    if (at == end) return count;
    ++at;
  }
}

int WithoutCommaAtTheEnd(absl::string_view line, absl::string_view* fields, int count, int max) {
  if (count <= max || !absl::ConsumeSuffix(&line, ",")) return count;
  return SplitFields(line, fields, max);
}

std::string WrongColumns(int count, int max, absl::string_view expected, absl::string_view line) {
  std::string text = absl::StrCat(count > max ? absl::StrCat("more than ", max) : absl::StrCat(count),
                                  " columns, expected ", expected);
  if (absl::StrContains(line, '\t')) {
    absl::StrAppend(&text, " with commas between them, not tabs");
  } else if (absl::StrContains(line, ';')) {
    absl::StrAppend(&text, " with commas between them, not semicolons");
  }
  return absl::StrCat(text, ": ", Quoted(line));
}

bool IsHeader(const absl::string_view* fields, int count) {
  double number;
  for (int i = 1; i < count; ++i) {
    if (ParseDouble(fields[i], number)) return false;
  }
  if (count < 2) return false;
  const absl::string_view time = TrimBlanks(fields[1]);
  return !time.empty() && absl::ascii_isalpha(time.front()) && !absl::EqualsIgnoreCase(time, "nan") &&
         !absl::EqualsIgnoreCase(time, "inf");
}

std::vector<absl::string_view> CutIntoPieces(absl::string_view text, int count) {
  std::vector<absl::string_view> pieces;
  size_t begin = 0;
  for (int i = 1; i <= count && begin < text.size(); ++i) {
    size_t end = i == count ? text.size() : std::max(begin, text.size() / count * i);
    end = std::min(text.find('\n', end), text.size());
    if (end < text.size()) ++end;
    pieces.push_back(text.substr(begin, end - begin));
    begin = end;
  }
  return pieces;
}

}  // namespace mrsn::formats
