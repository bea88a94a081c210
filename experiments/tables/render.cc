#include "experiments/tables/render.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"

namespace mrsn::experiments {
namespace {

// Characters on the screen: UTF-8 continuation bytes take no column.
size_t Width(const std::string& text) {
  return std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; });
}

std::string Padded(const std::string& text, size_t width, bool right) {
  const std::string blanks(width - std::min(width, Width(text)), ' ');
  return right ? blanks + text : text + blanks;
}

std::string MarkdownCell(const std::string& text, bool code) {
  if (text.empty()) return "";
  const std::string escaped = absl::StrReplaceAll(text, {{"|", "\\|"}, {"_", code ? "_" : "\\_"}});
  return code ? absl::StrCat("`", escaped, "`") : escaped;
}

std::string MarkdownCaption(const Grid& grid) {
  return absl::StrCat("**", MarkdownCell(grid.caption, false), "**\n\n");
}

std::string MarkdownGrid(const Grid& grid) {
  std::string text = "|";
  for (const Column& column : grid.columns) {
    absl::StrAppend(&text, " ", MarkdownCell(column.heading, false), " |");
  }
  absl::StrAppend(&text, "\n|");
  for (const Column& column : grid.columns) absl::StrAppend(&text, column.numeric ? "---:|" : "---|");
  absl::StrAppend(&text, "\n");
  for (const std::vector<std::string>& row : grid.rows) {
    absl::StrAppend(&text, "|");
    for (size_t c = 0; c < row.size(); ++c) {
      absl::StrAppend(&text, " ", MarkdownCell(row[c], grid.columns[c].code), " |");
    }
    absl::StrAppend(&text, "\n");
  }
  return text;
}

std::string TerminalGrid(const Grid& grid) {
  std::vector<size_t> widths;
  for (size_t c = 0; c < grid.columns.size(); ++c) {
    widths.push_back(Width(grid.columns[c].heading));
    for (const auto& row : grid.rows) widths[c] = std::max(widths[c], Width(row[c]));
  }
  const auto line = [&](const auto& cell_of) {
    std::string text;
    for (size_t c = 0; c < grid.columns.size(); ++c) {
      absl::StrAppend(&text, c == 0 ? "" : "  ", Padded(cell_of(c), widths[c], grid.columns[c].numeric));
    }
    return absl::StrCat(absl::StripTrailingAsciiWhitespace(text), "\n");
  };
  std::string text = absl::StrCat(grid.caption, "\n", line([&](size_t c) { return grid.columns[c].heading; }),
                                  line([&](size_t c) { return std::string(widths[c], '-'); }));
  for (const auto& row : grid.rows) absl::StrAppend(&text, line([&](size_t c) { return row[c]; }));
  return text;
}

}  // namespace

std::string ToMarkdown(const TableView& view) {
  std::string text;
  for (const Grid& grid : view.grids) {
    absl::StrAppend(&text, text.empty() ? "" : "\n", MarkdownCaption(grid));
    if (&grid == &view.grids.front() && !view.command.empty()) {
      absl::StrAppend(&text, "One row: `", view.command, "`\n\n");
    }
    absl::StrAppend(&text, MarkdownGrid(grid));
  }
  for (const std::string& note : view.notes) absl::StrAppend(&text, "\n", MarkdownCell(note, false), "\n");
  return text;
}

std::string ToTerminal(const TableView& view) {
  std::string text;
  for (const Grid& grid : view.grids) absl::StrAppend(&text, text.empty() ? "" : "\n", TerminalGrid(grid));
  if (!view.notes.empty()) absl::StrAppend(&text, "\n");
  for (const std::string& note : view.notes) absl::StrAppend(&text, note, "\n");
  if (!view.command.empty()) absl::StrAppend(&text, "\nOne row: ", view.command, "\n");
  return text;
}

std::string ToJson(const TableView& view) {
  nlohmann::ordered_json json;
  json["id"] = view.id;
  if (!view.command.empty()) json["command"] = view.command;
  json["tables"] = nlohmann::ordered_json::array();
  for (const Grid& grid : view.grids) {
    nlohmann::ordered_json table = {{"caption", grid.caption}, {"rows", nlohmann::ordered_json::array()}};
    for (const auto& cells : grid.rows) {
      nlohmann::ordered_json row;
      for (size_t c = 0; c < cells.size(); ++c) {
        std::string name = grid.columns[c].heading;
        // A gain is that of the column before it.
        if (name == "gain") name = absl::StrCat(name, " of ", grid.columns[c - 1].heading);
        row[name] = cells[c];
      }
      table["rows"].push_back(std::move(row));
    }
    json["tables"].push_back(std::move(table));
  }
  json["notes"] = view.notes;
  return json.dump(2) + "\n";
}

}  // namespace mrsn::experiments
