#include "experiments/counts/complexity_report.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

namespace mrsn::experiments {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kComparedBoxes[] = {1, 3, 5, 10};
constexpr char kNoProducts[] = "-";

// 1234567 -> "1,234,567"
std::string Exact(int64_t count) {
  std::string digits = absl::StrCat(count);
  for (int at = static_cast<int>(digits.size()) - 3; at > 0; at -= 3) digits.insert(at, ",");
  return digits;
}

// 83106984000 -> "83.11 G"; multiples of 1000.
std::string Rounded(int64_t count) {
  if (count < 1000) return absl::StrCat(count);
  double value = static_cast<double>(count);
  size_t step = 0;
  for (; value >= 1000 && step < 4; ++step) value /= 1000;
  return absl::StrFormat("%.4g %c", value, " kMGT"[step]);
}

// "7,890 (7.89 kB)"
std::string Bytes(int64_t count) {
  return count < 1000 ? Exact(count) : absl::StrCat(Exact(count), " (", Rounded(count), "B)");
}

// Two decimals, or two digits where those are zeros.
std::string Ratio(int64_t count, int64_t reference) {
  const double ratio = static_cast<double>(count) / static_cast<double>(reference);
  return ratio < 0.01 ? absl::StrFormat("%.2g", ratio) : absl::StrFormat("%.2f", ratio);
}

int DepthOf(const std::string& module) { return 1 + std::count(module.begin(), module.end(), '.'); }

std::string SettingText(const ComplexityReport& report) {
  const ComplexitySetting& setting = report.setting;
  std::string text = absl::StrCat(setting.frames, " frames");
  if (report.fast_frames > 0) absl::StrAppend(&text, " (fast ", report.fast_frames, ")");
  absl::StrAppendFormat(&text, " of %dx%d, ", setting.height, setting.width);
  absl::StrAppend(&text, BoxesText(report.needs.boxes, setting.boxes));
  if (report.needs.bank.has_value()) absl::StrAppend(&text, ", ", setting.bank_entries, " bank entries");
  return text;
}

std::vector<std::string> CountRow(const std::string& name, int64_t parameters, int64_t macs) {
  return {name, Exact(parameters), Rounded(parameters), Exact(macs), Rounded(macs)};
}

// A module's own products, in a line below the module where the lines of modules inside it follow.
std::vector<std::string> OwnRow(const ModuleComplexity& module) {
  return {absl::StrCat(module.module, " itself"), "", "", Exact(module.own_macs), Rounded(module.own_macs)};
}

Grid ModuleGrid(const ComplexityReport& report, int depth) {
  Grid grid;
  grid.caption = absl::StrCat(report.experiment, ": ", SettingText(report));
  grid.columns = {{"module"}, {"parameters", true}, {"", true}, {"multiply-adds", true}, {"", true}};
  grid.rows.push_back(CountRow("all", report.parameters.total, report.macs.total));
  for (const ModuleComplexity& module : report.modules) {
    const int at = DepthOf(module.module);
    if (at > depth) continue;
    grid.rows.push_back(CountRow(module.module, module.parameters, module.macs));
    if (module.macs == 0) grid.rows.back()[3] = grid.rows.back()[4] = kNoProducts;
    if (at < depth && module.own_macs > 0 && module.own_macs < module.macs) {
      grid.rows.push_back(OwnRow(module));
    }
  }
  if (report.plain) {
    grid.rows.push_back(
        CountRow("head, plain equations", report.plain->head_parameters, report.plain->head_macs));
  }
  return grid;
}

Grid CurveGrid(const ComplexityReport& report) {
  Grid grid;
  grid.caption = absl::StrCat(report.experiment, ": multiply-adds by number of boxes");
  grid.columns = {{"boxes", true}};
  if (report.needs.bank.has_value()) grid.columns.push_back({"bank entries", true});
  for (const char* heading : {"head", "", "all", ""}) grid.columns.push_back({heading, true});
  if (report.plain) {
    for (const char* heading : {"head, plain equations", ""}) grid.columns.push_back({heading, true});
  }
  for (const CurvePoint& point : report.curve) {
    std::vector<std::string> row = {absl::StrCat(point.boxes)};
    if (report.needs.bank.has_value()) row.push_back(absl::StrCat(point.bank_entries));
    const auto add = [&](int64_t macs) { row.insert(row.end(), {Exact(macs), Rounded(macs)}); };
    add(point.head_macs);
    add(report.macs.backbone + point.head_macs);
    if (point.plain_head_macs) add(*point.plain_head_macs);
    grid.rows.push_back(std::move(row));
  }
  return grid;
}

const CurvePoint* PointAt(const ComplexityReport& report, int boxes) {
  for (const CurvePoint& point : report.curve) {
    if (point.boxes == boxes && point.bank_entries == report.setting.bank_entries) return &point;
  }
  return nullptr;
}

Json JsonOf(const ComplexityReport& report, int depth) {
  const auto split = [](const Split& counts) {
    return Json{{"total", counts.total}, {"backbone", counts.backbone}, {"head", counts.head}};
  };
  const ComplexitySetting& setting = report.setting;
  Json json;
  json["experiment"] = report.experiment;
  json["setting"] = {{"frames", setting.frames}, {"fast_frames", report.fast_frames},
                     {"height", setting.height}, {"width", setting.width},
                     {"boxes", setting.boxes},   {"bank_entries", setting.bank_entries}};
  if (!report.needs.boxes) json["setting"]["boxes"] = nullptr;
  json["params"] = split(report.parameters);
  json["macs"] = split(report.macs);
  if (report.plain) {
    json["plain_equations"] = {{"head_params", report.plain->head_parameters},
                               {"head_macs", report.plain->head_macs}};
  }
  json["per_module"] = Json::object();
  for (const ModuleComplexity& module : report.modules) {
    if (DepthOf(module.module) > depth) continue;
    json["per_module"][module.module] = {
        {"params", module.parameters}, {"macs", module.macs}, {"own_macs", module.own_macs}};
  }
  json["uncounted"] = report.uncounted;
  json["curve"] = Json::array();
  for (const CurvePoint& point : report.curve) {
    Json entry = {{"boxes", point.boxes},
                  {"bank_entries", point.bank_entries},
                  {"head_macs", point.head_macs},
                  {"total_macs", report.macs.backbone + point.head_macs}};
    if (point.plain_head_macs) entry["plain_head_macs"] = *point.plain_head_macs;
    json["curve"].push_back(std::move(entry));
  }
  json["activation_bytes"] = {{"made", report.activations.made},
                              {"peak", report.activations.peak},
                              {"training", report.activations.training}};
  return json;
}

}  // namespace

TableView ViewComplexity(const ComplexityReport& report, int depth, bool with_curve) {
  TableView view;
  view.grids.push_back(ModuleGrid(report, depth));
  if (with_curve && report.needs.boxes) view.grids.push_back(CurveGrid(report));
  view.notes.push_back(absl::StrCat("Bytes of activations: ", Bytes(report.activations.made),
                                    " made in one inference, ", Bytes(report.activations.peak),
                                    " alive at once; ", Bytes(report.activations.training),
                                    " kept for the backward pass in training."));
  view.notes.push_back(absl::StrCat("Not counted: ", absl::StrJoin(report.uncounted, ", "), "."));
  const std::vector<std::vector<std::string>>& rows = view.grids.front().rows;
  if (std::any_of(rows.begin(), rows.end(), [](const auto& row) { return row.back() == kNoProducts; })) {
    view.notes.push_back("-: norms and embeddings, which have parameters but do no multiply-adds.");
  }
  return view;
}

absl::StatusOr<TableView> CompareHeads(const std::vector<ComplexityReport>& reports,
                                       const std::string& relative_to) {
  const ComplexityReport* reference = nullptr;
  std::vector<std::string> names;
  for (const ComplexityReport& report : reports) {
    if (!report.needs.boxes) {
      return absl::InvalidArgumentError(
          absl::StrCat(report.experiment, ": finds its own boxes, so it has no head to compare by boxes"));
    }
    names.push_back(report.experiment);
    if (report.experiment == relative_to) reference = &report;
  }
  if (reference == nullptr && !relative_to.empty()) {
    return absl::NotFoundError(
        absl::StrCat("--relative_to=", relative_to, ": not compared; allowed: ", absl::StrJoin(names, ", ")));
  }
  TableView view;
  Grid& grid = view.grids.emplace_back();
  grid.caption = "Heads: parameters, and multiply-adds by number of boxes";
  grid.columns = {{"experiment"}, {"counted"}};
  const auto column = [&](const std::string& heading) {
    grid.columns.push_back({heading, true});
    if (reference != nullptr) grid.columns.push_back({"ratio", true});
  };
  column("parameters");
  for (const int boxes : kComparedBoxes) column(absl::StrCat(boxes, boxes == 1 ? " box" : " boxes"));

  for (const ComplexityReport& report : reports) {
    for (const bool plain : {false, true}) {
      if (plain && !report.plain) continue;
      std::vector<std::string> row = {report.experiment, plain ? "plain equations" : "executed"};
      const auto add = [&](int64_t count, int64_t of_reference) {
        row.push_back(Rounded(count));
        if (reference != nullptr) row.push_back(Ratio(count, of_reference));
      };
      add(plain ? report.plain->head_parameters : report.parameters.head,
          reference == nullptr ? 1 : reference->parameters.head);
      for (const int boxes : kComparedBoxes) {
        const CurvePoint* point = PointAt(report, boxes);
        add(plain ? *point->plain_head_macs : point->head_macs,
            reference == nullptr ? 1 : PointAt(*reference, boxes)->head_macs);
      }
      grid.rows.push_back(std::move(row));
    }
  }
  for (const ComplexityReport& report : reports) {
    view.notes.push_back(absl::StrCat(report.experiment, ": ", SettingText(report), "."));
  }
  return view;
}

std::string ComplexityJson(const std::vector<ComplexityReport>& reports, int depth) {
  if (reports.size() == 1) return JsonOf(reports.front(), depth).dump(2) + "\n";
  Json array = Json::array();
  for (const ComplexityReport& report : reports) array.push_back(JsonOf(report, depth));
  return array.dump(2) + "\n";
}

}  // namespace mrsn::experiments
