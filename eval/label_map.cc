#include "eval/label_map.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "eval/io/numbers.h"
#include "eval/known_classes.h"
#include "ops/base/status_macros.h"

namespace mrsn::eval {
namespace {

constexpr char kIndented[] = "not indented by exactly two blanks, ignored as the evaluators do";

std::string KindOf(absl::string_view label_type) {
  if (label_type == "PERSON_MOVEMENT") return "pose";
  if (label_type == "OBJECT_MANIPULATION") return "person-object";
  if (label_type == "PERSON_INTERACTION") return "person-person";
  return std::string(label_type);
}

struct LabelMapParser {
  int64_t lines = 0;
  std::string error;
  WarningCounts warnings;
  std::vector<EvaluatedClass> classes;
  absl::flat_hash_set<int> ids;
  std::string name;

  bool Bad(absl::string_view line, const char* expected) {
    error = absl::StrCat("found ", Quoted(line), ", expected ", expected);
    return false;
  }

  bool Line(absl::string_view line, int64_t number) {
    absl::string_view rest = line;
    if (absl::ConsumePrefix(&rest, "  name:")) {
      const size_t open = rest.find('"');
      const size_t close = open == absl::string_view::npos ? open : rest.find('"', open + 1);
      if (close == absl::string_view::npos) return Bad(line, "a name in double quotes");
      name = std::string(rest.substr(open + 1, close - open - 1));
    } else if (absl::ConsumePrefix(&rest, "  id:") || absl::ConsumePrefix(&rest, "  label_id:")) {
      int id;
      if (!ParseInt(rest, id)) return Bad(line, "a whole number as id");
      if (!ids.insert(id).second) {
        error = absl::StrCat("class id ", id, " occurs a second time");
        return false;
      }
      classes.push_back({id, name, AvaKind(id, name)});
    } else if (absl::ConsumePrefix(&rest, "  label_type:")) {
      if (classes.empty()) return Bad(line, "a label_id before it");
      classes.back().kind = KindOf(TrimBlanks(rest));
    } else {
      const absl::string_view trimmed = TrimBlanks(line);
      for (const char* field : {"name:", "id:", "label_id:"}) {
        if (absl::StartsWith(trimmed, field)) warnings.Add(kIndented, number, line);
      }
    }
    return true;
  }
};

}  // namespace

absl::StatusOr<LabelMap> ParseLabelMap(const TextFile& file) {
  LabelMap map;
  std::vector<LabelMapParser> parsers;
  MRSN_RETURN_IF_ERROR(ParseLines(file, 1, parsers, LabelMapParser(), map.warnings));
  if (!parsers.empty()) map.classes = std::move(parsers.front().classes);
  if (map.classes.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        file.name(),
        ": no class found; expected lines '  name: \"...\"' and '  id: N' (or '  label_id: N'), ",
        "each indented by exactly two blanks"));
  }
  return map;
}

absl::StatusOr<LabelMap> ReadLabelMap(const std::string& path) {
  MRSN_ASSIGN_OR_RETURN(const TextFile file, TextFile::Open(path));
  return ParseLabelMap(file);
}

absl::flat_hash_set<int> ClassIds(const std::vector<EvaluatedClass>& classes) {
  absl::flat_hash_set<int> ids;
  for (const EvaluatedClass& c : classes) ids.insert(c.id);
  return ids;
}

}  // namespace mrsn::eval
