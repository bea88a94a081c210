#include "experiments/run/run_many.h"

#include <cstdio>
#include <cstring>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "experiments/run/child_jobs.h"
#include "experiments/run/child_message.h"
#include "experiments/run/run_experiment.h"
#include "experiments/run/shipped_weights.h"
#include "experiments/score_text.h"
#include "ops/base/status_macros.h"
#include "ops/base/stop_signal.h"
#include "ops/distributed/in_processes.h"
#include "ops/distributed/process_group.h"

namespace mrsn::experiments {
namespace {

constexpr char kChildFlag[] = "--child-run";

class Planner {
 public:
  explicit Planner(const RunSettings& settings) : settings_(settings) {}

  // Index of the run's job, made after the jobs it needs.
  absl::StatusOr<int> Add(const RunNode& run) {
    if (const auto known = index_.find(&run); known != index_.end()) return known->second;
    Job job;
    if (run.initial != nullptr) {
      MRSN_ASSIGN_OR_RETURN(const bool shipped, IsShipped(*run.initial));
      if (!shipped) {
        MRSN_ASSIGN_OR_RETURN(job.after.emplace_back(), Add(*run.initial));
      }
    }
    if (run.bank_writer != nullptr) {
      MRSN_ASSIGN_OR_RETURN(job.after.emplace_back(), Add(*run.bank_writer));
    }
    job.name = absl::StrCat(run.label, " seed ", run.seed);
    const std::string path = absl::StrCat(settings_.output_root, "/logs/", run.label, "/seed", run.seed);
    job.log_path = path + ".log";
    const std::string message = path + ".run.textproto";
    MRSN_RETURN_IF_ERROR(WriteChildMessage(
        message, {{run.resolved->source, run.override_text, run.label, run.seed}, settings_}));
    job.command = {std::filesystem::read_symlink("/proc/self/exe"), kChildFlag, message};
    jobs_.push_back(std::move(job));
    return index_[&run] = static_cast<int>(jobs_.size()) - 1;
  }

  const std::vector<Job>& jobs() const { return jobs_; }

 private:
  absl::StatusOr<bool> IsShipped(const RunNode& run) {
    if (const auto known = shipped_.find(&run); known != shipped_.end()) return known->second;
    MRSN_ASSIGN_OR_RETURN(const std::optional<ShippedWeights> weights,
                          FindShippedWeights(settings_.checkpoints_root, run));
    return shipped_[&run] = weights.has_value();
  }

  const RunSettings& settings_;
  std::map<const RunNode*, int> index_;
  std::map<const RunNode*, bool> shipped_;
  std::vector<Job> jobs_;
};

int RunChild(const std::string& message_path) {
  auto message = ReadChildMessage(message_path);
  absl::Status status = message.status();
  if (message.ok()) {
    const std::string asked = message->settings.device;
    const auto run = [&](ProcessGroup& group, const std::string& device) -> absl::Status {
      message->settings.group = &group;
      message->settings.device = device;
      MRSN_ASSIGN_OR_RETURN(const FinishedRun finished, RunExperiment(message->request, message->settings));
      if (!group.first()) return absl::OkStatus();
      for (const std::string& line : ScoreCounts(finished.result)) std::fprintf(stderr, "%s\n", line.c_str());
      std::fprintf(stderr, "%s\n", ScoreText(finished.result).c_str());
      return absl::OkStatus();
    };
    status = InProcesses(message->settings.processes, asked, run);
  }
  if (status.ok()) return 0;
  const int stopped = StoppedExitCode(status);
  std::fprintf(stderr, "%s%s\n", stopped != 0 ? "" : "error: ", std::string(status.message()).c_str());
  if (stopped != 0) return stopped;
  return message.ok() ? 1 : 2;
}

}  // namespace

absl::Status RunMany(const std::vector<std::shared_ptr<const RunNode>>& runs, const RunSettings& settings,
                     int parallel) {
  Planner planner(settings);
  for (const auto& run : runs) MRSN_RETURN_IF_ERROR(planner.Add(*run).status());
  return RunJobs(planner.jobs(), parallel);
}

absl::Status RunMany(const std::vector<RunRequest>& requests, const RunSettings& settings, int parallel) {
  ExperimentGraph graph(settings.configs_root);
  std::vector<std::shared_ptr<const RunNode>> runs;
  for (const RunRequest& request : requests) {
    MRSN_ASSIGN_OR_RETURN(runs.emplace_back(), graph.Add(request));
  }
  return RunMany(runs, settings, parallel);
}

bool RanAsChild(int argc, char** argv, int* exit_code) {
  if (argc != 3 || std::strcmp(argv[1], kChildFlag) != 0) return false;
  *exit_code = RunChild(argv[2]);
  return true;
}

}  // namespace mrsn::experiments
