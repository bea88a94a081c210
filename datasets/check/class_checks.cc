#include "datasets/check/class_checks.h"

#include <algorithm>
#include <map>
#include <string>

#include "absl/strings/str_cat.h"
#include "datasets/box_table.h"
#include "datasets/class_list.h"
#include "ops/base/file.h"
#include "ops/formats/class_lists.h"
#include "ops/formats/label_map.h"

namespace mrsn::datasets {
namespace {

constexpr int kNamesShown = 5;

// The classes of a file; empty, with a finding, if it cannot be read.
std::vector<ActionClass> ReadClasses(const std::string& path, CheckReport* report) {
  if (!FileExists(path)) {
    report->Add(CheckSeverity::kError, "missing_file", path, "the list of classes is not there");
    return {};
  }
  absl::StatusOr<formats::LabelMap> map = formats::ReadLabelMap(path);
  if (!map.ok()) {
    report->Add(CheckSeverity::kError, "unreadable_file", path, map.status().message());
    return {};
  }
  for (const formats::Warning& warning : map->warnings) {
    report->Add(CheckSeverity::kWarning, "label_map", path, formats::ToString(warning), warning.count);
  }
  return std::move(map->classes);
}

}  // namespace

std::vector<ClassCount> CheckClasses(const DatasetLayout& layout, CheckReport* report) {
  std::vector<ClassCount> classes;
  if (!layout.class_list.empty()) {
    const absl::StatusOr<std::vector<ActionClass>> list =
        ReadClassList(layout.class_list, layout.first_class);
    if (!list.ok()) {
      report->Add(CheckSeverity::kError, "unreadable_file", layout.class_list, list.status().message());
      return classes;
    }
    for (const ActionClass& c : *list) classes.push_back({c.id, c.name, 0, c.evaluated});
    return classes;
  }
  if (layout.label_map.empty()) {
    for (const ActionClass& c : formats::Ucf24Classes()) classes.push_back({c.id, c.name, 0, true});
    return classes;
  }
  const bool all_count = layout.evaluated_label_map.empty() || layout.evaluated_label_map == layout.label_map;
  std::map<int, ClassCount*> by_id;
  std::map<std::string, int> by_name;
  for (const ActionClass& c : ReadClasses(layout.label_map, report)) {
    classes.push_back({c.id, c.name, 0, all_count});
    if (const auto [other, fresh] = by_name.emplace(c.name, c.id); !fresh) {
      report->Add(CheckSeverity::kWarning, "label_map", layout.label_map,
                  absl::StrCat("the ids ", other->second, " and ", c.id, " have the same name, ", c.name));
    }
  }
  for (ClassCount& c : classes) by_id[c.id] = &c;
  if (all_count) return classes;
  for (const ActionClass& c : ReadClasses(layout.evaluated_label_map, report)) {
    const auto found = by_id.find(c.id);
    if (found == by_id.end()) {
      report->Add(CheckSeverity::kError, "label_map", layout.evaluated_label_map,
                  absl::StrCat("the id ", c.id, ", ", c.name, ", is not in ", layout.label_map));
      continue;
    }
    found->second->evaluated = true;
    if (found->second->name != c.name) {
      report->Add(CheckSeverity::kError, "label_map", layout.evaluated_label_map,
                  absl::StrCat("the id ", c.id, " is ", c.name, ", in ", layout.label_map, " it is ",
                               found->second->name));
    }
  }
  return classes;
}

void CheckExamples(const SplitNumbers& split, const std::string& file, CheckReport* report) {
  std::string names;
  int64_t missing = 0, evaluated = 0;
  for (const ClassCount& c : split.classes) {
    if (!c.evaluated) continue;
    ++evaluated;
    if (c.examples > 0) continue;
    if (++missing <= kNamesShown) absl::StrAppend(&names, missing > 1 ? ", " : "", c.id, " ", c.name);
  }
  if (missing == 0) return;
  report->Add(missing == evaluated ? CheckSeverity::kError : CheckSeverity::kWarning, "class_without_example",
              file,
              absl::StrCat(missing, " of ", evaluated, " evaluated classes have no example: ", names,
                           missing > kNamesShown ? ", ..." : ""),
              missing);
}

void CheckRowClasses(const std::string& file, const formats::CsvContents& contents,
                     const absl::flat_hash_set<int>& ids, CheckReport* report) {
  if (ids.empty()) return;
  const RowsOfOtherClasses unknown = FindRowsOfOtherClasses(contents, ids);
  if (unknown.rows == 0) return;
  report->Add(
      CheckSeverity::kError, "unknown_class", file,
      absl::StrCat(unknown.rows, " rows have a class that is not in the list of classes; first: ",
                   unknown.first.video, ",", unknown.first.timestamp.Text(),
                   unknown.class_id == formats::kNoClass ? "" : absl::StrCat(": class ", unknown.class_id)),
      unknown.rows);
}

}  // namespace mrsn::datasets
