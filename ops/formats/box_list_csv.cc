#include <algorithm>
#include <cmath>

#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "ops/base/status_macros.h"
#include "ops/formats/ava_csv.h"
#include "ops/formats/box_list_layouts.h"
#include "ops/formats/numbers.h"
#include "ops/formats/ucf24_files.h"

namespace mrsn::formats {
namespace {

// Lines that say how a file is laid out.
constexpr int kLinesLookedAt = 1000;

struct Layout {
  bool score_in_column_7 = false;
  bool ucf24 = false;
};

// Scores in percent are of this layout, too; the reader says that they are out of range.
constexpr double kPercent = 100;

// video,frame,class,score,x1,y1,x2,y2 against video,time,x1,y1,x2,y2,label,score: the first has a whole
// number, a score and a box where the second has a corner, and no row is good as both.
bool IsUcf24Row(const absl::string_view* fields) {
  int whole;
  double score, box[4];
  if (!ParseInt(fields[2], whole) || whole < 0 || !ParseDouble(fields[3], score) || score < 0 ||
      score > kPercent)
    return false;
  for (int i = 0; i < 4; ++i) {
    if (!ParseDouble(fields[4 + i], box[i])) return false;
  }
  return box[0] < box[2] && box[1] < box[3];
}

bool IsAvaRow(const absl::string_view* fields) {
  double box[4], score;
  for (int i = 0; i < 4; ++i) {
    if (!ParseDouble(fields[2 + i], box[i])) return false;
  }
  if (!(box[0] < box[2] && box[1] < box[3]) || !ParseDouble(fields[7], score)) return false;
  // Annotations, with a person's number in the last column, are of this layout as well.
  return (score >= 0 && score <= 1) || (box[2] <= 2 && box[3] <= 2);
}

Layout LayoutOf(absl::string_view text) {
  Layout layout;
  int ucf24 = 0, ava = 0;
  for (int i = 0; i < kLinesLookedAt && !text.empty(); ++i) {
    const size_t end = std::min(text.find('\n'), text.size());
    const absl::string_view line = absl::StripSuffix(text.substr(0, end), "\r");
    text.remove_prefix(std::min(end + 1, text.size()));
    absl::string_view fields[8];
    const int count = SplitFields(line, fields, 8);
    double number;
    if (count == 7 && ParseDouble(fields[6], number) && number != std::floor(number))
      layout.score_in_column_7 = true;
    if (count != 8) continue;
    ucf24 += IsUcf24Row(fields);
    ava += IsAvaRow(fields);
  }
  layout.ucf24 = ucf24 > ava;
  return layout;
}

}  // namespace

absl::StatusOr<BoxList> BoxListFromCsv(const TextFile& file, const BoxListOptions& options) {
  BoxList list;
  CsvOptions csv = options.csv;
  const Layout layout = LayoutOf(file.text());
  if (layout.ucf24) {
    list.layout = "UCF101-24 detections, CSV";
    list.in_pixels = true;
    MRSN_ASSIGN_OR_RETURN(list.contents, ParseUcf24Csv(file, RowKind::kDetections, csv));
    return list;
  }
  csv.score_in_column_7 = layout.score_in_column_7;
  list.layout = "CSV of PySlowFast's layout";
  MRSN_ASSIGN_OR_RETURN(list.contents, ParseAvaCsv(file, RowKind::kBoxList, csv));
  return list;
}

}  // namespace mrsn::formats
