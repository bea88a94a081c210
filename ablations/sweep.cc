#include "ablations/sweep.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <system_error>
#include <tuple>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "experiments/config/config.h"
#include "experiments/config/merge.h"
#include "experiments/config/text_proto.h"
#include "ops/base/file.h"
#include "ops/base/status_macros.h"

namespace mrsn::ablations {
namespace {

using experiments::DidYouMean;
using experiments::FieldPlaces;
using experiments::LoadExperiment;
using experiments::PlaceOf;
using experiments::ResolvedExperiment;

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
  if (sweep.experiments().empty()) return invalid("experiments", "none; allowed: one or more");
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

class Expansion {
 public:
  explicit Expansion(const std::string& configs_root) : configs_root_(configs_root) {}

  // Appends the run after what it needs.
  absl::Status Add(SweepRun run, std::vector<std::string> chain = {}) {
    const Key key{run.experiment, run.point, run.seed};
    const auto known = std::find_if(runs_.begin(), runs_.end(), [&](const SweepRun& r) {
      return Key{r.experiment, r.point, r.seed} == key;
    });
    if (known != runs_.end()) {
      known->input_only = known->input_only && run.input_only;
      return absl::OkStatus();
    }
    if (std::find(chain.begin(), chain.end(), run.experiment) != chain.end()) {
      return absl::InvalidArgumentError(
          absl::StrCat("the inputs form a cycle: ", absl::StrJoin(chain, " -> "), " -> ", run.experiment));
    }
    chain.push_back(run.experiment);
    auto resolved = LoadExperiment(configs_root_, run.experiment, run.delta);
    if (!resolved.ok()) {
      if (run.point.empty()) return resolved.status();
      // The delta's text is ours: its lines mean nothing to the reader.
      absl::string_view message = resolved.status().message();
      if (absl::StartsWith(message, "override:")) message.remove_prefix(message.find(": ") + 2);
      return absl::Status(resolved.status().code(),
                          absl::StrCat(run.experiment, " with ", run.point, ": ", message));
    }
    const Inputs& inputs = resolved->experiment.inputs();
    if (!inputs.initialise_from().empty()) {
      MRSN_RETURN_IF_ERROR(Add({inputs.initialise_from(), "", "", 0, true}, chain));
    }
    if (!inputs.relation_bank_from().empty()) {
      MRSN_RETURN_IF_ERROR(Add({inputs.relation_bank_from(), "", "", run.seed, true}, chain));
    }
    runs_.push_back(std::move(run));
    return absl::OkStatus();
  }

  std::vector<SweepRun> Take() { return std::move(runs_); }

 private:
  using Key = std::tuple<std::string, std::string, uint64_t>;

  const std::string& configs_root_;
  std::vector<SweepRun> runs_;
};

}  // namespace

absl::StatusOr<Sweep> ReadSweep(const std::string& sweeps_root, const std::string& name) {
  const std::string path = absl::StrCat(sweeps_root, "/", name, ".textproto");
  if (!FileExists(path)) {
    std::vector<std::string> names;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(sweeps_root, error)) {
      if (entry.path().extension() == ".textproto") names.push_back(entry.path().stem());
    }
    std::sort(names.begin(), names.end());
    const std::string near = DidYouMean(name, names);
    return absl::NotFoundError(
        absl::StrCat("unknown sweep '", name, "': there is no ", experiments::ShownPath(path),
                     near.empty() ? absl::StrCat("; there are ", absl::StrJoin(names, ", ")) : near));
  }
  Sweep sweep;
  FieldPlaces places;
  MRSN_RETURN_IF_ERROR(experiments::ReadTextProto(path, &sweep, &places));
  MRSN_RETURN_IF_ERROR(CheckSweep(sweep, experiments::ShownPath(path), places));
  return sweep;
}

absl::StatusOr<std::vector<SweepRun>> ExpandSweep(const Sweep& sweep, const std::string& configs_root,
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
  Expansion expansion(configs_root);
  for (int seed = 0; seed < count; ++seed) {
    for (const std::string& experiment : sweep.experiments()) {
      for (const GridPoint& point : grid) {
        const std::string delta = experiments::PrintTextProto(point.delta);
        if (point.delta.has_model()) {
          MRSN_ASSIGN_OR_RETURN(const ResolvedExperiment resolved, LoadExperiment(configs_root, experiment));
          const std::string& writer = resolved.experiment.inputs().relation_bank_from();
          if (!writer.empty()) {
            return absl::InvalidArgumentError(absl::StrCat(
                experiment, " with ", point.name, ": changes the model, but the relation bank comes from ",
                writer, " without that change; write two experiments for it"));
          }
        }
        MRSN_RETURN_IF_ERROR(expansion.Add({experiment, point.name, delta, static_cast<uint64_t>(seed)}));
      }
    }
  }
  return expansion.Take();
}

}  // namespace mrsn::ablations
