#include "experiments/run/run_many.h"

#include <cstdio>
#include <cstring>
#include <filesystem>
#include <map>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "experiments/config/config.h"
#include "experiments/run/child_jobs.h"
#include "ops/base/status_macros.h"

namespace mrsn::experiments {
namespace {

constexpr char kChildFlag[] = "--child-run";

// Order of the words after kChildFlag.
std::vector<std::string> ChildCommand(const RunRequest& request, const PipelineOptions& options) {
  return {std::filesystem::read_symlink("/proc/self/exe"),
          kChildFlag,
          request.experiment,
          absl::StrCat(request.seed),
          request.override_text,
          request.label,
          options.configs_root,
          options.checkpoints_root,
          options.output_root,
          options.data_root,
          absl::StrCat(options.threads)};
}

class Planner {
 public:
  explicit Planner(const PipelineOptions& options) : options_(options) {}

  // Index of the request's job, made after the jobs it needs.
  absl::StatusOr<int> Add(const RunRequest& request) {
    const auto key =
        std::make_pair(absl::StrCat(request.experiment, "\n", request.override_text), request.seed);
    const auto known = index_.find(key);
    if (known != index_.end()) return known->second;
    index_[key] = -1;
    MRSN_ASSIGN_OR_RETURN(const ResolvedExperiment resolved,
                          LoadExperiment(options_.configs_root, request.experiment, request.override_text));
    const auto& inputs = resolved.experiment.inputs();
    Job job;
    for (const auto& [needed, seed] : {std::make_pair(inputs.initialise_from(), uint64_t{0}),
                                       std::make_pair(inputs.relation_bank_from(), request.seed)}) {
      if (needed.empty()) continue;
      if (needed == inputs.initialise_from()) {
        MRSN_ASSIGN_OR_RETURN(const bool shipped, HasShippedWeights(needed, options_));
        if (shipped) continue;
      }
      MRSN_ASSIGN_OR_RETURN(const int first, Add({needed, "", "", seed}));
      if (first < 0) {
        return absl::InvalidArgumentError(absl::StrCat(request.experiment, ": inputs: ", needed, " needs ",
                                                       request.experiment, " in turn"));
      }
      job.after.push_back(first);
    }
    const std::string& label = request.label.empty() ? request.experiment : request.label;
    job.name = absl::StrCat(label, " seed ", request.seed);
    job.command = ChildCommand(request, options_);
    job.log_path = absl::StrCat(options_.output_root, "/logs/", label, "/seed", request.seed, ".log");
    jobs_.push_back(std::move(job));
    return index_[key] = static_cast<int>(jobs_.size()) - 1;
  }

  const std::vector<Job>& jobs() const { return jobs_; }

 private:
  const PipelineOptions& options_;
  std::map<std::pair<std::string, uint64_t>, int> index_;
  std::vector<Job> jobs_;
};

}  // namespace

absl::Status RunMany(const std::vector<RunRequest>& requests, const PipelineOptions& options, int parallel) {
  Planner planner(options);
  for (const RunRequest& request : requests) MRSN_RETURN_IF_ERROR(planner.Add(request).status());
  return RunJobs(planner.jobs(), parallel);
}

bool RanAsChild(int argc, char** argv, int* exit_code) {
  if (argc != 11 || std::strcmp(argv[1], kChildFlag) != 0) return false;
  PipelineOptions options;
  options.override_text = argv[4];
  options.label = argv[5];
  options.configs_root = argv[6];
  options.checkpoints_root = argv[7];
  options.output_root = argv[8];
  options.data_root = argv[9];
  *exit_code = 2;
  if (!absl::SimpleAtoi(argv[3], &options.seed) || !absl::SimpleAtoi(argv[10], &options.threads)) return true;
  const auto result = RunExperiment(argv[2], options);
  if (!result.ok()) {
    std::fprintf(stderr, "error: %s\n", std::string(result.status().message()).c_str());
    *exit_code = 1;
    return true;
  }
  std::fprintf(stderr, "frame-mAP %.4f\n", result->frame_map());
  *exit_code = 0;
  return true;
}

}  // namespace mrsn::experiments
