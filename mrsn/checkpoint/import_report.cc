#include "mrsn/checkpoint/import_report.h"

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

namespace mrsn {
namespace {

using nlohmann::json;

std::string Line(const char* what, const ImportReport::Entry& entry) {
  std::string line = absl::StrCat("  ", what, " ", entry.source);
  if (entry.native != entry.source) absl::StrAppend(&line, " -> ", entry.native);
  if (!entry.note.empty()) absl::StrAppend(&line, ": ", entry.note);
  return line + "\n";
}

json ToJson(const std::vector<ImportReport::Entry>& entries) {
  json list = json::array();
  for (const auto& entry : entries) {
    list.push_back({{"source", entry.source}, {"native", entry.native}, {"note", entry.note}});
  }
  return list;
}

}  // namespace

std::string ImportReport::Summary() const {
  std::vector<std::string> parts = {absl::StrCat(mapped.size(), " copied")};
  const auto add = [&](size_t count, const char* what, const std::string& first) {
    if (count > 0) parts.push_back(absl::StrFormat("%d %s (first: %s)", count, what, first));
  };
  const auto first = [](const std::vector<Entry>& entries) {
    if (entries.empty()) return std::string();
    return absl::StrCat(entries[0].source, entries[0].note.empty() ? "" : ", ", entries[0].note);
  };
  add(missing.size(), "missing", missing.empty() ? "" : missing[0]);
  add(unexpected.size(), "unexpected", first(unexpected));
  add(mismatched.size(), "that do not fit", first(mismatched));
  add(inflated.size(), "inflated", first(inflated));
  add(first_rows.size(), "without their background row", first(first_rows));
  add(left_out.size(), "left out", first(left_out));
  add(zeroed.size(), "set to 0", zeroed.empty() ? "" : zeroed[0]);
  add(kept.size(), "of the model's kept", kept.empty() ? "" : kept[0]);
  return absl::StrJoin(parts, ", ");
}

std::string ImportReport::Text() const {
  std::string text = absl::StrFormat("%s (%s): %s\n", file, format, Summary());
  for (const std::string& name : missing) absl::StrAppend(&text, "  missing ", name, "\n");
  for (const Entry& entry : unexpected) text += Line("unexpected", entry);
  for (const Entry& entry : mismatched) text += Line("does not fit", entry);
  for (const Entry& entry : inflated) text += Line("inflated", entry);
  for (const Entry& entry : first_rows) text += Line("background row dropped", entry);
  for (const Entry& entry : left_out) text += Line("left out", entry);
  for (const std::string& name : zeroed) absl::StrAppend(&text, "  set to 0 ", name, "\n");
  for (const std::string& name : kept) absl::StrAppend(&text, "  kept as initialised ", name, "\n");
  return text;
}

std::string ImportReport::Json() const {
  const json report = {{"file", file},
                       {"format", format},
                       {"file_sha256", file_sha256},
                       {"complete", complete()},
                       {"mapped", ToJson(mapped)},
                       {"inflated", ToJson(inflated)},
                       {"background_row_dropped", ToJson(first_rows)},
                       {"left_out", ToJson(left_out)},
                       {"zeroed", zeroed},
                       {"kept", kept},
                       {"missing", missing},
                       {"unexpected", ToJson(unexpected)},
                       {"mismatched", ToJson(mismatched)}};
  // Names come from files and need not be UTF-8.
  return report.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace mrsn
