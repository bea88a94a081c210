// Tables as Markdown, as text for a terminal, and as JSON.
#ifndef MRSN_EXPERIMENTS_TABLES_RENDER_H_
#define MRSN_EXPERIMENTS_TABLES_RENDER_H_

#include <string>

#include "experiments/tables/grid.h"

namespace mrsn::experiments {

// The command stands under the caption of the first table.
std::string ToMarkdown(const TableView& view);

// Columns of equal width; the command stands last.
std::string ToTerminal(const TableView& view);

// {"id": .., "command": .., "tables": [{"caption": .., "rows": [{"<heading>": "<cell>", ..}, ..]}, ..],
//  "notes": [..]}
std::string ToJson(const TableView& view);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_TABLES_RENDER_H_
