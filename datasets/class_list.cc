#include "datasets/class_list.h"

#include <map>
#include <set>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "ops/base/status_macros.h"
#include "ops/formats/label_map.h"
#include "ops/formats/sniff.h"
#include "ops/formats/text_file.h"

namespace mrsn::datasets {
namespace {

using formats::ActionClass;

// "12: stand", or a label map's "item {".
bool HasIds(absl::string_view line) {
  const absl::string_view number = line.substr(0, line.find_first_not_of("0123456789"));
  return absl::StrContains(line, "{") ||
         (!number.empty() &&
          absl::StartsWith(absl::StripLeadingAsciiWhitespace(line.substr(number.size())), ":"));
}

// The classes of a list such as UCF101's classInd.txt, "1 Basketball", "2 Biking", ..: each line has the
// number behind that of the line before, the first one 0 or 1. Empty for other lists.
std::vector<ActionClass> NumberedClasses(const std::vector<ActionClass>& lines) {
  std::vector<ActionClass> classes;
  for (const ActionClass& line : lines) {
    const size_t digits = line.name.find_first_not_of("0123456789");
    int id = 0;
    if (digits == std::string::npos || !absl::ascii_isblank(line.name[digits]) ||
        !absl::SimpleAtoi(line.name.substr(0, digits), &id) ||
        (classes.empty() ? id > 1 : id != classes.back().id + 1)) {
      return {};
    }
    classes.push_back({id, std::string(absl::StripAsciiWhitespace(line.name.substr(digits))), ""});
  }
  return classes;
}

absl::Status CheckNumbered(const std::string& path, const std::vector<ActionClass>& classes, int first_id) {
  if (classes.front().id < first_id) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": class '", classes.front().name, "' has the id ",
                                                   classes.front().id, ", expected ids from ", first_id));
  }
  std::set<std::string> names;
  for (const ActionClass& c : classes) {
    if (names.insert(c.name).second) continue;
    return absl::InvalidArgumentError(absl::StrCat(path, ": class '", c.name, "' occurs a second time"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<ActionClass>> ReadClassList(const std::string& path, int first_id) {
  MRSN_ASSIGN_OR_RETURN(const formats::TextFile file, formats::TextFile::OpenUnchecked(path));
  return ParseClassList(file, first_id);
}

absl::StatusOr<std::vector<ActionClass>> ParseClassList(const formats::TextFile& file, int first_id) {
  const std::string& path = file.name();
  const formats::FileKind kind = formats::KindOf(file.text());
  if (kind != formats::FileKind::kText && kind != formats::FileKind::kEmpty) {
    return formats::NotThe("a list of classes", path, formats::LookAtBytes(file.text()));
  }
  std::vector<ActionClass> classes;
  std::map<absl::string_view, int> lines;  // by name
  int number = 0;
  for (const absl::string_view whole : absl::StrSplit(file.text(), '\n')) {
    ++number;
    const absl::string_view line = absl::StripAsciiWhitespace(whole);
    if (line.empty()) continue;
    if (classes.empty() && (HasIds(line) || absl::StartsWith(line, "#"))) {
      formats::LabelMapOptions options;
      options.strict = first_id > 0;  // ids below 1 are errors
      MRSN_ASSIGN_OR_RETURN(formats::LabelMap map, formats::ParseLabelMap(file, options));
      return std::move(map.classes);
    }
    const auto [first, added] = lines.emplace(line, number);
    if (!added) {
      return absl::InvalidArgumentError(
          absl::StrCat(path, ":", number, ": class '", line, "' occurs in line ", first->second, " already"));
    }
    classes.push_back({first_id + static_cast<int>(classes.size()), std::string(line), ""});
  }
  if (classes.empty()) return absl::InvalidArgumentError(absl::StrCat(path, ": no class found"));
  std::vector<ActionClass> numbered = NumberedClasses(classes);
  if (!numbered.empty()) {
    MRSN_RETURN_IF_ERROR(CheckNumbered(path, numbered, first_id));
    return numbered;
  }
  return classes;
}

}  // namespace mrsn::datasets
