// Tables as Markdown, as text for a terminal, and as sections of a README.
#ifndef MRSN_EXPERIMENTS_TABLES_RENDER_H_
#define MRSN_EXPERIMENTS_TABLES_RENDER_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "experiments/tables/table_view.h"

namespace mrsn::experiments {

std::string ToMarkdown(const TableView& view);

// Columns of equal width; without the commands, which a terminal has no room for.
// The commands of a view's first table, a line for each row that has one.
std::string CommandsOf(const TableView& view);

// {"id": .., "tables": [{"caption": .., "rows": [{"<heading>": "<cell>", ..}, ..]}, ..], "notes": [..]}
std::string ToJson(const TableView& view);

std::string ToTerminal(const TableView& view);

// `text` with what stands between the lines "<!-- begin <id> -->" and "<!-- end -->"
// replaced. An error without exactly one such section.
absl::StatusOr<std::string> ReplaceSection(absl::string_view text, absl::string_view id,
                                           absl::string_view contents);

// Ids of the sections of `text`, in order.
std::vector<std::string> SectionIds(absl::string_view text);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_TABLES_RENDER_H_
