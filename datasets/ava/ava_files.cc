#include "datasets/ava/ava_files.h"

#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "datasets/csv.h"
#include "ops/base/file.h"
#include "ops/base/status_macros.h"

namespace mrsn::datasets {
namespace {

absl::StatusOr<Keyframe> KeyframeOf(const CsvRow& row) {
  Keyframe keyframe;
  keyframe.video = std::string(row[0]);
  if (keyframe.video.empty()) return row.Error("the video's name is missing");
  MRSN_ASSIGN_OR_RETURN(keyframe.timestamp, row.Int(1, "second"));
  if (keyframe.timestamp < kFirstKeyframeSecond || keyframe.timestamp > kLastKeyframeSecond) {
    return row.Error(absl::StrCat("second is ", keyframe.timestamp, ", allowed: ", kFirstKeyframeSecond, "..",
                                  kLastKeyframeSecond));
  }
  return keyframe;
}

}  // namespace

absl::StatusOr<std::vector<AnnotatedBox>> ReadAvaAnnotations(const std::string& path) {
  std::vector<AnnotatedBox> rows;
  MRSN_RETURN_IF_ERROR(ReadCsv(path, [&rows](const CsvRow& row) -> absl::Status {
    if (row.size() == 2) return absl::OkStatus();
    if (row.size() != 8) {
      return row.Error(
          absl::StrCat(row.size(), " columns, expected video,second,x1,y1,x2,y2,action_id,person_id"));
    }
    AnnotatedBox annotated;
    MRSN_ASSIGN_OR_RETURN(annotated.keyframe, KeyframeOf(row));
    MRSN_ASSIGN_OR_RETURN(annotated.box, row.BoxAt(2));
    MRSN_ASSIGN_OR_RETURN(annotated.class_id, row.Int(6, "action_id"));
    MRSN_ASSIGN_OR_RETURN(annotated.person_id, row.Int(7, "person_id"));
    rows.push_back(annotated);
    return absl::OkStatus();
  }));
  return rows;
}

absl::StatusOr<std::vector<DetectedBox>> ReadAvaBoxes(const std::string& path) {
  std::vector<DetectedBox> rows;
  MRSN_RETURN_IF_ERROR(ReadCsv(path, [&rows](const CsvRow& row) -> absl::Status {
    if (row.size() != 8) {
      return row.Error(absl::StrCat(row.size(), " columns, expected video,second,x1,y1,x2,y2,label,score"));
    }
    DetectedBox detected;
    MRSN_ASSIGN_OR_RETURN(detected.keyframe, KeyframeOf(row));
    MRSN_ASSIGN_OR_RETURN(detected.box, row.BoxAt(2));
    MRSN_ASSIGN_OR_RETURN(detected.score, row.Float(7, "score"));
    if (detected.score < 0 || detected.score > 1) {
      return row.Error(absl::StrCat("score is ", detected.score,
                                    ", allowed: 0..1 (an annotation file given as a box list?)"));
    }
    rows.push_back(detected);
    return absl::OkStatus();
  }));
  return rows;
}

absl::StatusOr<std::set<Keyframe>> ReadAvaExcluded(const std::string& path) {
  std::set<Keyframe> keyframes;
  MRSN_RETURN_IF_ERROR(ReadCsv(path, [&keyframes](const CsvRow& row) -> absl::Status {
    if (row.size() != 2) return row.Error(absl::StrCat(row.size(), " columns, expected video,second"));
    MRSN_ASSIGN_OR_RETURN(const Keyframe keyframe, KeyframeOf(row));
    keyframes.insert(keyframe);
    return absl::OkStatus();
  }));
  return keyframes;
}

absl::StatusOr<std::vector<ActionClass>> ReadLabelMap(const std::string& path) {
  MRSN_ASSIGN_OR_RETURN(const std::string contents, ReadFile(path));
  std::vector<ActionClass> classes;
  std::set<int> ids;
  ActionClass open;
  int line = 0;
  const auto error = [&](absl::string_view what) {
    return absl::InvalidArgumentError(absl::StrCat(path, ":", line, ": ", what));
  };
  for (absl::string_view raw : absl::StrSplit(contents, '\n')) {
    ++line;
    const absl::string_view text = absl::StripAsciiWhitespace(raw);
    if (text.empty() || text[0] == '#') continue;
    if (text == "item {" || text == "label {") {
      open = ActionClass();
      continue;
    }
    if (text == "}") {
      if (open.name.empty() || open.id < 1) return error("an entry without a name or an id of 1 or more");
      if (!ids.insert(open.id).second) return error(absl::StrCat("id ", open.id, " a second time"));
      classes.push_back(open);
      continue;
    }
    const std::pair<absl::string_view, absl::string_view> field =
        absl::StrSplit(text, absl::MaxSplits(':', 1));
    const absl::string_view value = absl::StripAsciiWhitespace(field.second);
    if (field.first == "name" && value.size() > 2 && value.front() == '"' && value.back() == '"') {
      open.name = std::string(value.substr(1, value.size() - 2));
    } else if ((field.first == "id" || field.first == "label_id") && absl::SimpleAtoi(value, &open.id)) {
    } else if (field.first == "label_type") {
      open.kind = absl::StrReplaceAll(absl::AsciiStrToLower(value), {{"_", "-"}});
    } else {
      return error(absl::StrCat("\"", text.substr(0, 60), "\", expected name, id, label_id or label_type"));
    }
  }
  if (classes.empty()) return absl::InvalidArgumentError(absl::StrCat(path, ": no class"));
  return classes;
}

}  // namespace mrsn::datasets
