#include "datasets/prepare/convert.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <system_error>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "ops/base/file.h"
#include "ops/base/status_macros.h"
#include "ops/formats/ava_csv.h"
#include "ops/formats/box_list.h"
#include "ops/formats/class_lists.h"
#include "ops/formats/numbers.h"
#include "ops/formats/sniff.h"
#include "ops/formats/ucf24_files.h"

namespace mrsn::datasets {
namespace {

using formats::CsvContents;
using formats::KeyframeTable;
using formats::Row;
using formats::RowBlock;

constexpr std::pair<PreparedKind, const char*> kNames[] = {
    {PreparedKind::kBoxes, "boxes"},
    {PreparedKind::kAvaAnnotations, "ava_annotations"},
    {PreparedKind::kUcf24Annotations, "ucf24_annotations"},
    {PreparedKind::kSplit, "split"}};

void AppendNumbers(std::string& text, const formats::BoxD& box) {
  for (const double value : {box.x1, box.y1, box.x2, box.y2}) {
    text += ',';
    formats::AppendShortest(text, value);
  }
}

class Writer {
 public:
  explicit Writer(ConvertReport* report) : report_(*report) {}

  // Calls format(row, video, timestamp, &text) for each row with a box and a score that can be used.
  template <typename Format>
  void AddRows(const CsvContents& contents, const Format& format) {
    int64_t bad_boxes = 0, bad_scores = 0;
    for (const RowBlock& block : contents.blocks) {
      for (const Row& row : block.rows) {
        const KeyframeTable::Entry& entry = block.keyframes.keyframes()[row.keyframe];
        const std::string& video = block.keyframes.videos()[entry.video];
        if (!row.box.Valid()) {
          ++bad_boxes;
        } else if (!(row.score >= 0 && row.score <= 1)) {
          ++bad_scores;
        } else {
          videos_.insert(video);
          keyframes_.emplace(video, entry.timestamp);
          ++rows_;
          format(row, video, entry.timestamp, &text_);
        }
      }
    }
    for (const formats::Warning& warning : contents.warnings)
      report_.notes.push_back(formats::ToString(warning));
    LeftOut(bad_boxes, "rows whose box has no area");
    LeftOut(bad_scores, "rows whose score is not within 0..1");
  }

  void LeftOut(int64_t count, absl::string_view what) {
    if (count > 0) report_.notes.push_back(absl::StrCat("left out: ", count, " ", what));
  }

  void AddVideo(const std::string& video) {
    videos_.insert(video);
    ++rows_;
    absl::StrAppend(&text_, video, "\n");
  }

  absl::Status Write(const ConvertOptions& options) {
    if (rows_ == 0) {
      return absl::InvalidArgumentError(absl::StrCat(
          options.input, ": ", report_.recognised, ", of which nothing can be written",
          report_.notes.empty() ? "" : absl::StrCat(" (", absl::StrJoin(report_.notes, "; "), ")")));
    }
    report_.written = {{"rows", rows_}, {"videos", videos_.size()}};
    if (!keyframes_.empty()) report_.written.emplace_back("key frames", keyframes_.size());
    return WriteFileAtomically(options.output, text_);
  }

 private:
  ConvertReport& report_;
  std::string text_;
  std::set<std::string> videos_;
  std::set<std::pair<std::string, Timestamp>> keyframes_;
  int64_t rows_ = 0;
};

formats::BoxListOptions BoxOptions(const ConvertOptions& options) {
  formats::BoxListOptions boxes;
  boxes.csv.timestamps =
      formats::Timestamps::kFrames;  // any second; the check before a run knows the data set's
  boxes.csv.fractional_timestamps = true;
  boxes.images = options.images;
  boxes.frame_width = options.frame_width;
  boxes.frame_height = options.frame_height;
  return boxes;
}

absl::Status ConvertBoxes(const ConvertOptions& options, ConvertReport* report) {
  MRSN_ASSIGN_OR_RETURN(formats::BoxList list, formats::ReadBoxList(options.input, BoxOptions(options)));
  report->recognised = absl::StrCat(list.layout, list.in_pixels ? ", boxes in pixels" : "");
  const int64_t merged = formats::MergeEqualBoxes(&list.contents);
  Writer writer(report);
  writer.AddRows(list.contents,
                 [](const Row& row, const std::string& video, Timestamp timestamp, std::string* text) {
                   absl::StrAppend(text, video, ",", timestamp.Text(4));
                   AppendNumbers(*text, row.box);
                   *text += ",,";
                   formats::AppendShortest(*text, row.score);
                   *text += '\n';
                 });
  writer.LeftOut(merged, "rows of a box that has a row already (one for each label)");
  return writer.Write(options);
}

absl::Status ConvertAvaAnnotations(const ConvertOptions& options, ConvertReport* report) {
  MRSN_ASSIGN_OR_RETURN(const formats::FileLook look, formats::LookAt(options.input));
  CsvContents contents;
  const formats::FileKind kind = formats::KindOf(look);
  const bool csv = kind == formats::FileKind::kText || kind == formats::FileKind::kGzip;
  bool persons = false;
  if (csv) {
    formats::CsvOptions rows;
    rows.timestamps = formats::Timestamps::kFrames;
    rows.fractional_timestamps = rows.allow_keyframe_rows = true;
    report->recognised = "CSV of AVA's layout";
    MRSN_ASSIGN_OR_RETURN(contents, formats::ReadAvaGroundTruth(options.input, rows));
  } else {
    MRSN_ASSIGN_OR_RETURN(formats::BoxList list, formats::ReadBoxList(options.input, BoxOptions(options)));
    report->recognised = absl::StrCat(list.layout, list.in_pixels ? ", boxes in pixels" : "");
    contents = std::move(list.contents);
  }
  int64_t unlabelled = 0;
  for (RowBlock& block : contents.blocks) {
    for (const Row& row : block.rows) persons |= row.person_id != 1;
    const auto labelled = [](const Row& row) { return row.class_id > 0; };
    const auto end = std::stable_partition(block.rows.begin(), block.rows.end(), labelled);
    unlabelled += block.rows.end() - end;
    block.rows.erase(end, block.rows.end());
  }
  // A file without persons' numbers: equal boxes of a key frame are one person.
  std::map<std::tuple<std::string, Timestamp, double, double, double, double>, int> person_of;
  std::map<std::pair<std::string, Timestamp>, int> persons_of;
  Writer writer(report);
  writer.AddRows(
      contents, [&](const Row& row, const std::string& video, Timestamp timestamp, std::string* text) {
        int person = static_cast<int>(std::clamp(row.person_id, -1e9, 1e9));
        if (!persons) {
          const auto [known, first] = person_of.emplace(
              std::make_tuple(video, timestamp, row.box.x1, row.box.y1, row.box.x2, row.box.y2), 0);
          if (first) known->second = persons_of[{video, timestamp}]++;
          person = known->second;
        }
        absl::StrAppend(text, video, ",", timestamp.Text(4));
        AppendNumbers(*text, row.box);
        absl::StrAppend(text, ",", row.class_id, ",", person, "\n");
      });
  writer.LeftOut(unlabelled, "boxes without a label");
  return writer.Write(options);
}

absl::Status ConvertUcf24Annotations(const ConvertOptions& options, ConvertReport* report) {
  formats::CsvOptions rows;
  rows.allow_tubes = true;
  MRSN_ASSIGN_OR_RETURN(const formats::Ucf24Annotations read,
                        formats::ReadUcf24Annotations(options.input, rows));
  report->recognised = absl::StrCat("annotations of UCF101-24, ", read.layout);
  if (!read.contents.has_tubes) report->notes.push_back("the input has no tubes: the column is left out");
  Writer writer(report);
  writer.AddRows(read.contents,
                 [&](const Row& row, const std::string& video, Timestamp timestamp, std::string* text) {
                   absl::StrAppend(text, video, ",", timestamp.Text(), ",", row.class_id);
                   AppendNumbers(*text, row.box);
                   if (read.contents.has_tubes) absl::StrAppend(text, ",", static_cast<int>(row.person_id));
                   *text += '\n';
                 });
  return writer.Write(options);
}

absl::Status ConvertSplit(const ConvertOptions& options, ConvertReport* report) {
  std::vector<std::string> classes;
  for (const formats::ActionClass& known : formats::Ucf24Classes()) classes.push_back(known.name);
  if (options.all_classes) classes.clear();
  MRSN_ASSIGN_OR_RETURN(const formats::SplitList list, formats::ReadSplitList(options.input, classes));
  report->recognised = "a list of videos";
  Writer writer(report);
  for (const std::string& video : list.videos) writer.AddVideo(video);
  writer.LeftOut(list.left_out.size(), absl::StrCat("videos of ", list.left_out_classes.size(),
                                                    " classes that are not UCF101-24's"));
  return writer.Write(options);
}

}  // namespace

std::string PreparedKindName(PreparedKind kind) {
  for (const auto& [known, name] : kNames) {
    if (known == kind) return name;
  }
  return "";
}

std::vector<std::string> PreparedKindNames() {
  std::vector<std::string> names;
  for (const auto& [kind, name] : kNames) names.push_back(name);
  return names;
}

absl::StatusOr<ConvertReport> Convert(const ConvertOptions& options) {
  ConvertReport report;
  std::error_code failed;
  if (std::filesystem::equivalent(options.input, options.output, failed)) {
    return absl::InvalidArgumentError(absl::StrCat(options.output, ": input and output are the same file"));
  }
  MRSN_ASSIGN_OR_RETURN(report.kind, RecogniseKind(options.input));
  if (options.kind != "auto") {
    const auto* named = std::find_if(std::begin(kNames), std::end(kNames),
                                     [&](const auto& known) { return options.kind == known.second; });
    if (named == std::end(kNames)) {
      return absl::InvalidArgumentError(absl::StrCat("unknown kind ", options.kind, "; allowed: auto, ",
                                                     absl::StrJoin(PreparedKindNames(), ", ")));
    }
    report.kind = named->first;
  }
  switch (report.kind) {
    case PreparedKind::kBoxes:
      MRSN_RETURN_IF_ERROR(ConvertBoxes(options, &report));
      break;
    case PreparedKind::kAvaAnnotations:
      MRSN_RETURN_IF_ERROR(ConvertAvaAnnotations(options, &report));
      break;
    case PreparedKind::kUcf24Annotations:
      MRSN_RETURN_IF_ERROR(ConvertUcf24Annotations(options, &report));
      break;
    case PreparedKind::kSplit:
      MRSN_RETURN_IF_ERROR(ConvertSplit(options, &report));
      break;
  }
  return report;
}

}  // namespace mrsn::datasets
