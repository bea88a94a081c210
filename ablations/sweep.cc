#include "ablations/sweep.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "experiments/config/merge.h"
#include "experiments/config/text_proto.h"
#include "experiments/tables/table_manifest.h"
#include "ops/base/file.h"
#include "ops/base/runfiles.h"
#include "ops/base/status_macros.h"

namespace mrsn::ablations {
namespace {

using experiments::DidYouMean;
using experiments::FieldPlaces;
using experiments::PlaceOf;
using experiments::RunNode;

constexpr int kMaxSeeds = 1000;
constexpr int kMaxRuns = 100000;

struct GridPoint {
  std::string name;
  Experiment delta;
};

bool IsWord(const std::string& text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return absl::ascii_isalnum(c) || c == '_' || c == '.' || c == '-';
  });
}

absl::Status CheckSweep(const Sweep& sweep, const std::string& path, const FieldPlaces& places) {
  const auto invalid = [&](const std::string& field, const std::string& what) {
    return absl::InvalidArgumentError(absl::StrCat(PlaceOf(places, field, path), ": ", field, ": ", what));
  };
  if (sweep.experiments().empty() && !sweep.has_table()) {
    return invalid("experiments", "none; allowed: one or more, or a table that names them");
  }
  if (sweep.has_seeds() && (sweep.seeds() < 1 || sweep.seeds() > kMaxSeeds)) {
    return invalid("seeds", absl::StrCat(sweep.seeds(), "; allowed: 1..", kMaxSeeds));
  }
  if (sweep.has_table() && !sweep.axes().empty()) {
    return invalid("table", "a table's rows are experiments, not points of a grid; leave out table or axes");
  }
  std::set<std::string> axes;
  for (int a = 0; a < sweep.axes_size(); ++a) {
    const Sweep::Axis& axis = sweep.axes(a);
    const std::string field = absl::StrCat("axes[", a, "]");
    if (!IsWord(axis.name()) || !axes.insert(axis.name()).second) {
      return invalid(field + ".name",
                     absl::StrCat("\"", axis.name(), "\"; allowed: letters, digits, _ . -, each name once"));
    }
    if (axis.points().empty()) return invalid(field + ".points", "none; allowed: one or more");
    std::set<std::string> labels;
    for (int p = 0; p < axis.points_size(); ++p) {
      const Sweep::Point& point = axis.points(p);
      const std::string at = absl::StrCat(field, ".points[", p, "]");
      if (!IsWord(point.label()) || !labels.insert(point.label()).second) {
        return invalid(at + ".label", absl::StrCat("\"", point.label(),
                                                   "\"; allowed: letters, digits, _ . -, each label once"));
      }
      if (point.delta().has_base()) return invalid(at + ".delta.base", "the base is the sweep's experiment");
    }
  }
  return absl::OkStatus();
}

// The product of the axes, the last one running fastest.
std::vector<GridPoint> Grid(const Sweep& sweep) {
  std::vector<GridPoint> grid(1);
  for (const Sweep::Axis& axis : sweep.axes()) {
    std::vector<GridPoint> longer;
    for (const GridPoint& before : grid) {
      for (const Sweep::Point& point : axis.points()) {
        GridPoint next = before;
        absl::StrAppend(&next.name, before.name.empty() ? "" : ",", axis.name(), "=", point.label());
        // Lists replace lists, but what an earlier axis clears stays cleared.
        Experiment delta = point.delta();
        const std::vector<std::string> cleared(delta.clear().begin(), delta.clear().end());
        delta.clear_clear();
        experiments::MergeOver(delta, &next.delta);
        for (const std::string& path : cleared) next.delta.add_clear(path);
        longer.push_back(std::move(next));
      }
    }
    grid = std::move(longer);
  }
  return grid;
}

// An error of a point's config names the point, because the user never sees the delta's text and its lines.
absl::Status AtPoint(const absl::Status& status, const std::string& experiment, const std::string& point) {
  absl::string_view message = status.message();
  if (point.empty()) return status;
  if (absl::StartsWith(message, "override:")) message.remove_prefix(message.find(": ") + 2);
  return absl::Status(status.code(), absl::StrCat(experiment, " with ", point, ": ", message));
}

// Eq. 8's part of the paper's head reads the bank; a bank's writer lacks it anyway.
bool OnlyReadsTheBank(ModelConfig change) {
  change.mutable_mrsn()->clear_long_term();
  if (change.mrsn().ByteSizeLong() == 0) change.clear_mrsn();
  return change.ByteSizeLong() == 0;
}

// A bank's writer is trained without the point's change, so the change must not concern what it has.
absl::Status CheckBankWriter(const RunNode& node, const GridPoint& point) {
  if (node.bank_writer == nullptr || OnlyReadsTheBank(point.delta.model())) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      node.resolved->name, " with ", point.name, ": changes the model, but the relation bank comes from ",
      node.bank_writer->resolved->name, " without that change; write two experiments for it"));
}

}  // namespace

absl::StatusOr<Sweep> ReadSweep(const std::string& sweeps_root, const std::string& tables_root,
                                const std::string& name) {
  const bool outside = absl::StartsWith(name, "/");
  const std::string path = outside ? name : absl::StrCat(sweeps_root, "/", name, ".textproto");
  if (outside && !FileExists(path)) return absl::NotFoundError(absl::StrCat("there is no file ", path));
  if (!FileExists(path)) {
    std::vector<std::string> names;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(sweeps_root, error)) {
      if (entry.path().extension() == ".textproto") names.push_back(entry.path().stem());
    }
    std::sort(names.begin(), names.end());
    const std::string near = DidYouMean(name, names);
    return absl::NotFoundError(
        absl::StrCat("unknown sweep '", name, "': there is no ", ShownPath(path),
                     near.empty() ? absl::StrCat("; there are ", absl::StrJoin(names, ", ")) : near));
  }
  Sweep sweep;
  FieldPlaces places;
  MRSN_RETURN_IF_ERROR(experiments::ReadTextProto(path, &sweep, &places));
  MRSN_RETURN_IF_ERROR(CheckSweep(sweep, ShownPath(path), places));
  if (sweep.experiments().empty()) {
    MRSN_ASSIGN_OR_RETURN(const Table table, experiments::ReadTable(tables_root, sweep.table()));
    for (const std::string& row : experiments::RowExperiments(table)) sweep.add_experiments(row);
  }
  for (std::string& experiment : *sweep.mutable_experiments()) {
    if (!outside || !absl::EndsWith(experiment, ".textproto")) continue;
    experiment = (std::filesystem::path(path).parent_path() / experiment).lexically_normal();
  }
  return sweep;
}

absl::StatusOr<SweepRuns> ExpandSweep(const Sweep& sweep, const std::string& configs_root,
                                      std::optional<int> seeds) {
  const int count = seeds.value_or(sweep.has_seeds() ? sweep.seeds() : 1);
  if (count < 1 || count > kMaxSeeds) {
    return absl::InvalidArgumentError(absl::StrCat("seeds is ", count, "; allowed: 1..", kMaxSeeds));
  }
  double runs = 1.0 * sweep.experiments_size() * count;
  for (const Sweep::Axis& axis : sweep.axes()) runs *= axis.points_size();
  if (runs > kMaxRuns) {
    return absl::InvalidArgumentError(
        absl::StrCat("the sweep has ", runs, " runs; allowed: up to ", kMaxRuns));
  }
  const std::vector<GridPoint> grid = Grid(sweep);
  experiments::ExperimentGraph graph(configs_root);
  std::vector<std::shared_ptr<const RunNode>> asked;
  for (int seed = 0; seed < count; ++seed) {
    for (const std::string& experiment : sweep.experiments()) {
      for (const GridPoint& point : grid) {
        const bool is_file = absl::StartsWith(experiment, "/");
        const std::string own = is_file ? std::filesystem::path(experiment).stem().string() : experiment;
        const std::string label = point.name.empty() ? "" : absl::StrCat(own, "@", point.name);
        const auto node = graph.Add(
            {experiment, experiments::PrintTextProto(point.delta), label, static_cast<uint64_t>(seed)});
        if (!node.ok()) return AtPoint(node.status(), experiment, point.name);
        MRSN_RETURN_IF_ERROR(CheckBankWriter(**node, point));
        asked.push_back(*node);
      }
    }
  }
  return SweepRuns{graph.nodes(), std::move(asked)};
}

}  // namespace mrsn::ablations
