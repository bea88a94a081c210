#include "experiments/report/document.h"

#include <algorithm>
#include <cstdint>
#include <kainjow/mustache.hpp>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "experiments/report/clean_text.h"

namespace mrsn::experiments {
namespace {

using kainjow::mustache::data;
using kainjow::mustache::mustache;

struct NamedText {
  const char* name;
  const char* text;
};

constexpr NamedText kTexts[] = {
#include "experiments/report/page_texts.inc"
};

std::string TextNamed(const std::string& name) {
  for (const NamedText& text : kTexts) {
    if (name == text.name) return text.text;
  }
  return "";
}

const char* ClassOf(CellKind kind) {
  switch (kind) {
    case CellKind::kText:
      return "";
    case CellKind::kSentence:
      return "sentence";
    case CellKind::kCode:
      return "code";
    case CellKind::kPaper:
      return "paper";
    case CellKind::kMeasured:
      return "measured";
    case CellKind::kNotMeasured:
      return "not-run";
    case CellKind::kNumber:
      return "number";
  }
  return "";
}

// A key that an inner object lacks is looked up in the outer ones: every object sets all of its keys.
data DataOf(const DocumentTable& table, bool folded) {
  data columns(data::type::list), rows(data::type::list);
  for (const DocumentTable::Column& column : table.columns) {
    data entry;
    entry.set("heading", CleanText(column.heading));
    entry.set("numeric", column.numeric);
    columns.push_back(entry);
  }
  for (const DocumentTable::Row& row : table.rows) {
    data cells(data::type::list);
    for (size_t c = 0; c < row.cells.size(); ++c) {
      const Cell& cell = row.cells[c];
      const std::string numeric = table.columns[c].numeric ? "n " : "";
      const std::string of_kind = absl::StrCat(numeric, ClassOf(cell.kind));
      data entry;
      entry.set("text", CleanText(cell.text));
      entry.set("class", of_kind);
      entry.set("runs", cell.runs);
      entry.set("has_runs", !cell.runs.empty());
      entry.set("heads", c == 0);
      cells.push_back(entry);
    }
    data entry;
    entry.set("id", row.id);
    entry.set("has_id", !row.id.empty());
    entry.set("cells", cells);
    rows.push_back(entry);
  }
  data result;
  result.set("caption", CleanText(table.caption));
  result.set("columns", columns);
  result.set("rows", rows);
  result.set("folded", folded);
  result.set("headed", table.headed && !folded);
  return result;
}

data DataOf(const Block& block) {
  data figures(data::type::list);
  for (const Figure& figure : block.figures) {
    data entry;
    entry.set("svg", figure.svg);
    entry.set("caption", CleanText(figure.caption));
    figures.push_back(entry);
  }
  data entry;
  entry.set("has_paragraph", !block.paragraph.empty());
  entry.set("paragraph", CleanText(block.paragraph));
  entry.set("has_figures", !block.figures.empty());
  entry.set("figures", figures);
  const auto& table = block.table ? block.table : block.folded_table;
  data tables(data::type::list);
  if (table) tables.push_back(DataOf(*table, block.folded_table.has_value()));
  entry.set("tables", tables);
  return entry;
}

std::string MarkdownText(const std::string& text) {
  return absl::StrReplaceAll(CleanText(text), {{"&", "&amp;"},
                                               {"<", "&lt;"},
                                               {">", "&gt;"},
                                               {"\\", "\\\\"},
                                               {"|", "\\|"},
                                               {"`", "\\`"},
                                               {"*", "\\*"},
                                               {"_", "\\_"},
                                               {"[", "\\["},
                                               {"@", "@\u200b"}});
}

void AppendMarkdown(const DocumentTable& table, std::string* text) {
  text->append("|");
  for (const auto& column : table.columns) absl::StrAppend(text, " ", MarkdownText(column.heading), " |");
  text->append("\n|");
  for (const auto& column : table.columns) text->append(column.numeric ? "---:|" : "---|");
  for (const DocumentTable::Row& row : table.rows) {
    text->append("\n|");
    for (const Cell& cell : row.cells) absl::StrAppend(text, " ", MarkdownText(cell.text), " |");
  }
  text->append("\n\n");
}

}  // namespace

absl::StatusOr<std::string> ToHtml(const Document& document) {
  data facts(data::type::list), warnings(data::type::list), sections(data::type::list);
  for (const auto& [name, value] : document.facts) {
    data entry;
    entry.set("name", CleanText(name));
    entry.set("value", CleanText(value));
    facts.push_back(entry);
  }
  for (const std::string& warning : document.warnings) {
    data entry;
    entry.set("warning", CleanText(warning));
    warnings.push_back(entry);
  }
  for (const Section& section : document.sections) {
    data blocks(data::type::list);
    for (const Block& block : section.blocks) blocks.push_back(DataOf(block));
    data entry;
    entry.set("id", section.id);
    entry.set("section_title", CleanText(section.title));
    entry.set("blocks", blocks);
    sections.push_back(entry);
  }
  data page;
  page.set("title", CleanText(document.title));
  page.set("summary", CleanText(document.summary));
  page.set("style", TextNamed("page.css"));
  page.set("facts", facts);
  page.set("has_warnings", !document.warnings.empty());
  page.set("warnings", warnings);
  page.set("sections", sections);
  page.set("made_by", CleanText(document.made_by));
  mustache page_template(TextNamed("page.mustache"));
  if (!page_template.is_valid()) return absl::InternalError(page_template.error_message());
  return page_template.render(page);
}

std::string ToMarkdown(const Document& document) {
  std::string text =
      absl::StrCat("### ", MarkdownText(document.title), "\n\n", MarkdownText(document.summary), "\n\n");
  for (const std::string& warning : document.warnings) {
    absl::StrAppend(&text, "> ", MarkdownText(warning), "\n\n");
  }
  for (const Section& section : document.sections) {
    std::string body;
    for (const Block& block : section.blocks) {
      if (!block.paragraph.empty()) absl::StrAppend(&body, MarkdownText(block.paragraph), "\n\n");
      if (block.table) AppendMarkdown(*block.table, &body);
      if (block.folded_table) {
        absl::StrAppend(&body, "<details><summary>", MarkdownText(block.folded_table->caption),
                        "</summary>\n\n");
        AppendMarkdown(*block.folded_table, &body);
        body.append("</details>\n\n");
      }
    }
    if (!body.empty()) absl::StrAppend(&text, "#### ", MarkdownText(section.title), "\n\n", body);
  }
  for (const auto& [name, value] : document.facts) {
    absl::StrAppend(&text, "- ", MarkdownText(name), ": ", MarkdownText(value), "\n");
  }
  return absl::StrCat(text, "\n", MarkdownText(document.made_by), "\n");
}

DocumentTable WithoutEmptyColumns(DocumentTable table) {
  for (size_t c = table.columns.size(); c-- > 0;) {
    const bool empty = std::all_of(table.rows.begin(), table.rows.end(),
                                   [c](const DocumentTable::Row& row) { return row.cells[c].text.empty(); });
    if (!empty) continue;
    table.columns.erase(table.columns.begin() + static_cast<int64_t>(c));
    for (DocumentTable::Row& row : table.rows) row.cells.erase(row.cells.begin() + static_cast<int64_t>(c));
  }
  return table;
}

Block Paragraph(std::string text) {
  Block block;
  block.paragraph = std::move(text);
  return block;
}

Block Shown(DocumentTable table) {
  Block block;
  block.table = std::move(table);
  return block;
}

Block Folded(DocumentTable table) {
  Block block;
  block.folded_table = std::move(table);
  return block;
}

Block Pictures(std::vector<Figure> figures) {
  Block block;
  block.figures = std::move(figures);
  return block;
}

}  // namespace mrsn::experiments
