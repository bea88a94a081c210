// A page of tables and pictures, whatever it reports, as HTML and as Markdown.
#ifndef MRSN_EXPERIMENTS_REPORT_DOCUMENT_H_
#define MRSN_EXPERIMENTS_REPORT_DOCUMENT_H_

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace mrsn::experiments {

// Whose number a cell shows. A value of the paper and a measured value never share a cell.
// A kSentence takes several lines where it is long.
enum class CellKind { kText, kSentence, kCode, kPaper, kMeasured, kNotMeasured, kNumber };

struct Cell {
  std::string text;
  CellKind kind = CellKind::kText;
  std::string runs;  // of a measured value: ids of the runs that it comes from, "r1 r2"
};

struct DocumentTable {
  std::string caption;
  bool headed = true;  // false: the caption is not shown, because the section's title says it
  struct Column {
    std::string heading;
    bool numeric = false;  // aligned to the right
  };
  std::vector<Column> columns;
  struct Row {
    std::vector<Cell> cells;  // one for each column
    std::string id;           // anchor of the row; "" = none
  };
  std::vector<Row> rows;
};

struct Figure {
  std::string svg;  // an <svg> element, as DrawThemedSvg draws it
  std::string caption;
};

// One of its members is set.
struct Block {
  std::string paragraph;
  std::optional<DocumentTable> table;
  std::optional<DocumentTable> folded_table;  // closed until a reader opens it
  std::vector<Figure> figures;                // side by side where there is room
};

struct Section {
  std::string id;  // letters, digits, hyphens; differs from the other sections
  std::string title;
  std::vector<Block> blocks;
};

struct Document {
  std::string title;
  std::string summary;                                     // one sentence
  std::vector<std::pair<std::string, std::string>> facts;  // (name, value)
  std::vector<std::string> warnings;                       // whole sentences
  std::vector<Section> sections;
  std::string made_by;  // the last line: program, date, commit
};

// One HTML page that needs no other file and no network. Texts may hold any bytes: markup is escaped, and
// bytes that no text has (control characters, broken UTF-8) become U+FFFD.
absl::StatusOr<std::string> ToHtml(const Document& document);

// For a pull request: the tables in GitHub's Markdown; pictures are left out. A folded table is a
// <details> element.
std::string ToMarkdown(const Document& document);

// The table without columns whose cells are all empty.
DocumentTable WithoutEmptyColumns(DocumentTable table);

Block Paragraph(std::string text);
Block Shown(DocumentTable table);
Block Folded(DocumentTable table);
Block Pictures(std::vector<Figure> figures);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_REPORT_DOCUMENT_H_
