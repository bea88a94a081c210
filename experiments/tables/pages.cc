#include "experiments/tables/pages.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "experiments/tables/render.h"
#include "experiments/tables/table_manifest.h"
#include "experiments/tables/table_view.h"
#include "ops/base/status_macros.h"

namespace mrsn::experiments {
namespace {

constexpr char kBegin[] = "<!-- begin ";
constexpr char kClose[] = " -->";
constexpr char kEnd[] = "<!-- end -->";

struct SectionName {
  std::string table;
  TablePart part;
};

// "table4_micro.summary" -> {"table4_micro", kSummary}.
absl::StatusOr<SectionName> ParseSectionId(const std::string& id) {
  const std::pair<std::string, std::string> parts = absl::StrSplit(id, absl::MaxSplits('.', 1));
  if (parts.second.empty()) return SectionName{parts.first, TablePart::kScores};
  if (parts.second == "summary") return SectionName{parts.first, TablePart::kSummary};
  if (parts.second == "speed") return SectionName{parts.first, TablePart::kSpeed};
  return absl::InvalidArgumentError(
      absl::StrCat("section '", id, "': allowed: <table>, <table>.summary, <table>.speed"));
}

}  // namespace

absl::StatusOr<std::string> ReplaceSection(absl::string_view text, absl::string_view id,
                                           absl::string_view contents) {
  const std::string begin = absl::StrCat(kBegin, id, kClose, "\n");
  const size_t start = text.find(begin);
  if (start == absl::string_view::npos) {
    return absl::NotFoundError(absl::StrCat("no line \"", kBegin, id, kClose, "\""));
  }
  const size_t body = start + begin.size();
  if (text.find(begin, body) != absl::string_view::npos) {
    return absl::InvalidArgumentError(absl::StrCat("two lines \"", kBegin, id, kClose, "\""));
  }
  const size_t end = text.find(kEnd, body);
  if (end == absl::string_view::npos ||
      text.substr(body, end - body).find(kBegin) != absl::string_view::npos) {
    return absl::InvalidArgumentError(
        absl::StrCat("no line \"", kEnd, "\" after \"", kBegin, id, kClose, "\""));
  }
  return absl::StrCat(text.substr(0, body), contents, text.substr(end));
}

std::vector<std::string> SectionIds(absl::string_view text) {
  std::vector<std::string> ids;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    if (absl::ConsumePrefix(&line, kBegin) && absl::ConsumeSuffix(&line, kClose)) ids.emplace_back(line);
  }
  return ids;
}

TableSources RecordedSources(const std::string& root, const Table& table) {
  return {root + "/experiments/configs",
          absl::StrCat(root, "/experiments/records/results/", table.id(), ".textproto"),
          root + "/experiments/records/counts.textproto"};
}

absl::StatusOr<std::string> RenderPage(absl::string_view text, const std::string& root) {
  std::string page(text);
  for (const std::string& id : SectionIds(text)) {
    MRSN_ASSIGN_OR_RETURN(const SectionName name, ParseSectionId(id));
    MRSN_ASSIGN_OR_RETURN(const Table table, ReadTable(root + "/experiments/tables", name.table));
    MRSN_ASSIGN_OR_RETURN(const TableView view, ViewTable(table, RecordedSources(root, table), name.part));
    MRSN_ASSIGN_OR_RETURN(page, ReplaceSection(page, id, ToMarkdown(view)));
  }
  return page;
}

}  // namespace mrsn::experiments
