#include "ops/formats/label_map.h"

#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "ops/base/status_macros.h"
#include "ops/formats/numbers.h"
#include "ops/formats/sniff.h"

namespace mrsn::formats {
namespace {

constexpr char kUnknownField[] = "unknown field, not read";

class Parser {
 public:
  Parser(const TextFile& file, const LabelMapOptions& options)
      : name_(file.name()), rest_(file.text()), options_(options) {}

  absl::StatusOr<LabelMap> Parse() {
    LabelMap map;
    for (SkipBlanks(); !rest_.empty(); SkipBlanks()) {
      if (absl::ascii_isdigit(rest_.front())) {
        MRSN_RETURN_IF_ERROR(TextLine());
      } else {
        MRSN_RETURN_IF_ERROR(Entry());
      }
    }
    if (classes_.empty()) {
      return absl::InvalidArgumentError(
          absl::StrCat(name_,
                       ": no class found; expected entries 'item { name: \"...\" id: N }', "
                       "'label { name: \"...\" label_id: N }', or lines 'N: name'"));
    }
    map.classes = std::move(classes_);
    warnings_.AppendTo(name_, 0, map.warnings);
    return map;
  }

 private:
  // "12: stand"
  absl::Status TextLine() {
    const absl::string_view line = TrimBlanks(TakeUntil("\r\n"));
    const size_t colon = line.find(':');
    ActionClass action;
    if (colon == absl::string_view::npos || !ParseInt(line.substr(0, colon), action.id)) {
      return Found(line, "'id: name'");
    }
    action.name = std::string(TrimBlanks(line.substr(colon + 1)));
    return Add(std::move(action), /*has_id=*/true);
  }

  // "item { ... }" or "label { ... }"
  absl::Status Entry() {
    const absl::string_view kind = TakeWord();
    if (kind != "item" && kind != "label")
      return Found(kind.empty() ? Line() : kind, "item, label or 'id: name'");
    SkipBlanks();
    if (Take(':')) SkipBlanks();
    if (!Take('{')) return Found(Line(), "'{'");
    ActionClass action;
    bool has_id = false;
    for (SkipBlanks(); !Take('}'); SkipBlanks()) {
      if (Take(',') || Take(';')) continue;
      if (rest_.empty()) return Found("the end of the file", "'}'");
      MRSN_RETURN_IF_ERROR(Field(&action, &has_id));
    }
    return Add(std::move(action), has_id);
  }

  absl::Status Field(ActionClass* action, bool* has_id) {
    const absl::string_view line = Line(), field = TakeWord();
    SkipBlanks();
    if (field.empty() || !Take(':'))
      return Found(line, "a field, 'name:', 'id:', 'label_id:' or 'label_type:'");
    SkipBlanks();
    const bool quoted = !rest_.empty() && (rest_.front() == '"' || rest_.front() == '\'');
    std::string value;
    if (quoted) {
      if (!TakeQuoted(&value)) return Found(line, "a closing quote");
    } else {
      value = std::string(TakeWord());
    }
    if (field == "name") {
      if (!quoted) return Found(line, "a name in quotes");
      action->name = std::move(value);
    } else if (field == "id" || field == "label_id") {
      if (quoted || !ParseInt(value, action->id)) return Found(line, "a whole number as id");
      *has_id = true;
    } else if (field == "label_type") {
      action->kind = KindOfLabelType(value);
    } else if (field != "display_name") {
      if (options_.strict) return Found(line, "name, id, label_id or label_type");
      warnings_.Add(kUnknownField, line_, line);
    }
    return absl::OkStatus();
  }

  absl::Status Add(ActionClass action, bool has_id) {
    if (!has_id) return Error("an entry without an id");
    if (options_.strict && (action.name.empty() || action.id < 1)) {
      return Error("an entry without a name or an id of 1 or more");
    }
    if (!ids_.insert(action.id).second)
      return Error(absl::StrCat("class id ", action.id, " occurs a second time"));
    if (action.kind.empty()) action.kind = AvaKind(action.id, action.name);
    classes_.push_back(std::move(action));
    return absl::OkStatus();
  }

  absl::Status Error(const std::string& what) const {
    return absl::InvalidArgumentError(absl::StrCat(name_, ":", line_, ": ", what));
  }
  absl::Status Found(absl::string_view found, absl::string_view expected) const {
    return Error(absl::StrCat("found ", Quoted(found), ", expected ", expected));
  }

  // Blanks, line ends and comments.
  void SkipBlanks() {
    while (!rest_.empty()) {
      if (rest_.front() == '#') {
        TakeUntil("\n");
      } else if (absl::ascii_isspace(rest_.front())) {
        line_ += rest_.front() == '\n';
        rest_.remove_prefix(1);
      } else {
        return;
      }
    }
  }
  // The rest of this line, for messages.
  absl::string_view Line() const { return rest_.substr(0, rest_.find_first_of("\r\n")); }
  absl::string_view TakeUntil(absl::string_view ends) {
    const absl::string_view taken = rest_.substr(0, rest_.find_first_of(ends));
    rest_.remove_prefix(taken.size());
    return taken;
  }
  absl::string_view TakeWord() {
    size_t size = 0;
    while (size < rest_.size() &&
           (absl::ascii_isalnum(rest_[size]) || absl::StrContains("_-+.", rest_.substr(size, 1)))) {
      ++size;
    }
    const absl::string_view word = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return word;
  }
  bool Take(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  // A string in quotes, which may hold the other kind of quote, or its own after a backslash.
  bool TakeQuoted(std::string* value) {
    const char quote = rest_.front();
    rest_.remove_prefix(1);
    while (!rest_.empty() && rest_.front() != '\n') {
      if (Take(quote)) return true;
      if (rest_.size() > 1 && rest_.front() == '\\') rest_.remove_prefix(1);
      value->push_back(rest_.front());
      rest_.remove_prefix(1);
    }
    return false;
  }

  const std::string name_;
  absl::string_view rest_;
  const LabelMapOptions options_;
  int64_t line_ = 1;
  std::vector<ActionClass> classes_;
  absl::flat_hash_set<int> ids_;
  WarningCounts warnings_;
};

}  // namespace

absl::StatusOr<LabelMap> ParseLabelMap(const TextFile& file, const LabelMapOptions& options) {
  absl::StatusOr<LabelMap> map = Parser(file, options).Parse();
  if (!map.ok()) return TextError(map.status(), "a label map", file.name(), file.text());
  return map;
}

absl::StatusOr<LabelMap> ReadLabelMap(const std::string& path, const LabelMapOptions& options) {
  MRSN_ASSIGN_OR_RETURN(const TextFile file, TextFile::Open(path));
  return ParseLabelMap(file, options);
}

}  // namespace mrsn::formats
