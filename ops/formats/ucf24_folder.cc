#include <algorithm>
#include <atomic>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "ops/base/parallel.h"
#include "ops/base/status_macros.h"
#include "ops/formats/numbers.h"
#include "ops/formats/row_checks.h"
#include "ops/formats/ucf24_files.h"

namespace mrsn::formats {
namespace {

namespace fs = std::filesystem;

// "Biking/v_Biking_g01_c01/00007.txt" and "Biking_v_Biking_g01_c01_00007.txt"
// -> video "Biking/v_Biking_g01_c01", frame 7.
bool ParseFrameName(absl::string_view path, std::string& video, int& frame) {
  absl::ConsumePrefix(&path, "labels/");
  if (!absl::ConsumeSuffix(&path, ".txt")) return false;
  const size_t cut = path.find_last_of("/_");
  if (cut == absl::string_view::npos || cut == 0) return false;
  if (!ParseInt(path.substr(cut + 1), frame) || frame < 1) return false;
  video = std::string(path.substr(0, cut));
  if (!absl::StrContains(video, '/')) {
    const size_t clip = video.find("_v_");
    if (clip != std::string::npos) video[clip] = '/';
  }
  return true;
}

struct FrameParser : LineParser {
  const CsvOptions* options = nullptr;
  bool ground_truth = false;
  int keyframe = 0;
  std::vector<Row>* rows = nullptr;

  bool Line(absl::string_view line, int64_t number) {
    const int expected = ground_truth ? 5 : 6;
    absl::string_view fields[6];
    int count = 0;
    size_t at = 0;
    while ((at = line.find_first_not_of(" \t", at)) != absl::string_view::npos) {
      const size_t end = std::min(line.find_first_of(" \t", at), line.size());
      if (count == expected) {
        ++count;
        break;
      }
      fields[count++] = line.substr(at, end - at);
      at = end;
    }
    if (count == 0) return true;
    if (count != expected) {
      error = absl::StrCat("expected ", expected, " columns, ",
                           ground_truth ? "class x1 y1 x2 y2" : "class score x1 y1 x2 y2", ", found ",
                           Quoted(line));
      return false;
    }
    Row row;
    row.keyframe = keyframe;
    if (!ParseInt(fields[0], row.class_id) || row.class_id < 1) {
      error = absl::StrCat("class is ", Quoted(fields[0]), ", expected a whole number from 1");
      return false;
    }
    --row.class_id;
    double* const values[] = {&row.score, &row.box.x1, &row.box.y1, &row.box.x2, &row.box.y2};
    for (int i = ground_truth; i < 5; ++i) {
      const absl::string_view field = fields[1 + i - ground_truth];
      if (!ParseDouble(field, *values[i])) {
        error = absl::StrCat("column ", 2 + i - ground_truth, " is ", Quoted(field),
                             ", expected a finite number");
        return false;
      }
    }
    if (row.box.Inverted()) {
      if (ground_truth) {
        error = absl::StrCat("ground truth box ", Quoted(line), " has x2 < x1 or y2 < y1");
        return false;
      }
      if (!GoOn(*this, kInvertedBox, number, line)) return false;
    } else if (options->strict && !row.box.Valid()) {
      return GoOn(*this, ground_truth ? kNoArea : kInvalidBox, number, line);
    }
    if (options->strict && !ground_truth && !(row.score >= 0 && row.score <= 1)) {
      return GoOn(*this, kScoreRange, number, fields[1]);
    }
    if (options->classes != nullptr && !options->classes->contains(row.class_id) &&
        !GoOn(*this, kUnknownClass, number, fields[0])) {
      return false;
    }
    rows->push_back(row);
    return true;
  }
};

void Join(const std::vector<Warning>& added, std::vector<Warning>& warnings) {
  for (const Warning& warning : added) {
    const auto known = std::find_if(warnings.begin(), warnings.end(),
                                    [&](const Warning& other) { return other.what == warning.what; });
    if (known == warnings.end()) {
      warnings.push_back(warning);
    } else {
      known->count += warning.count;
    }
  }
}

}  // namespace

absl::Status ParseUcf24Frame(const TextFile& file, const std::string& relative_path, RowKind kind,
                             const CsvOptions& options, RowBlock& block, std::vector<Warning>& warnings) {
  std::string video;
  int frame;
  if (!ParseFrameName(relative_path, video, frame)) {
    return absl::InvalidArgumentError(absl::StrCat(
        file.name(),
        ": expected a name like Biking_v_Biking_g01_c01_00007.txt or Biking/v_Biking_g01_c01/00007.txt"));
  }
  FrameParser fresh;
  fresh.options = &options;
  fresh.ground_truth = kind == RowKind::kGroundTruth;
  fresh.keyframe = block.keyframes.Find(video, frame);
  fresh.rows = &block.rows;
  std::vector<FrameParser> parsers;
  std::vector<Warning> own;
  MRSN_RETURN_IF_ERROR(ParseLines(file, 1, parsers, fresh, own));
  Join(own, warnings);
  return absl::OkStatus();
}

absl::StatusOr<CsvContents> ReadUcf24Folder(const std::string& path, RowKind kind,
                                            const CsvOptions& options) {
  std::vector<std::string> names;
  std::error_code code;
  for (fs::recursive_directory_iterator it(path, code), end; !code && it != end; it.increment(code)) {
    if (it->path().extension() != ".txt") continue;
    std::error_code ignored;
    if (it->is_regular_file(ignored)) names.push_back(it->path().string().substr(path.size()));
  }
  if (code) return absl::NotFoundError(absl::StrCat(path, ": cannot list the folder: ", code.message()));
  if (names.empty()) return absl::NotFoundError(absl::StrCat(path, ": no .txt file in this folder"));
  std::sort(names.begin(), names.end());

  const int threads = options.num_threads > 0 ? options.num_threads : DefaultThreads();
  const int tasks = std::max(1, std::min<int>(threads, static_cast<int>(names.size() / 64)));
  std::vector<RowBlock> blocks(tasks);
  std::vector<std::vector<Warning>> warnings(tasks);
  std::vector<absl::Status> statuses(tasks);
  RunTasks(tasks, [&](int task) {
    const size_t begin = names.size() * task / tasks, end = names.size() * (task + 1) / tasks;
    for (size_t i = begin; i < end && statuses[task].ok(); ++i) {
      absl::StatusOr<TextFile> file = TextFile::Open(path + names[i]);
      statuses[task] = file.ok() ? ParseUcf24Frame(*file, std::string(absl::StripPrefix(names[i], "/")), kind,
                                                   options, blocks[task], warnings[task])
                                 : file.status();
    }
  });
  CsvContents contents;
  for (int task = 0; task < tasks; ++task) {
    MRSN_RETURN_IF_ERROR(statuses[task]);
    Join(warnings[task], contents.warnings);
    contents.num_rows += blocks[task].rows.size();
    contents.blocks.push_back(std::move(blocks[task]));
  }
  return contents;
}

}  // namespace mrsn::formats
