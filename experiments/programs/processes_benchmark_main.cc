// bazel run //experiments/programs:processes_benchmark
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "experiments/config/config.h"
#include "experiments/counts/complexity.h"
#include "experiments/engine/training_step.h"
#include "experiments/provenance.h"
#include "experiments/testing/clips_for_model.h"
#include "mrsn/build_model.h"
#include "ops/base/file.h"
#include "ops/base/program.h"
#include "ops/base/progress.h"
#include "ops/base/runfiles.h"
#include "ops/base/status_macros.h"
#include "ops/distributed/join_process_group.h"
#include "ops/distributed/local_processes.h"

ABSL_FLAG(std::string, experiment, "micro/acre_aare_rse",
          "Whose training: a file under experiments/configs without .textproto, without a relation bank.");
ABSL_FLAG(int, processes, 2, "Processes of the second side; the first side has one.");
ABSL_FLAG(int, threads, 1, "Threads of each process.");
ABSL_FLAG(int, steps, 30, "Timed steps of each side in a round, after three others.");
ABSL_FLAG(int, rounds, 5, "The sides take turns; the medians of the rounds are compared.");
ABSL_FLAG(std::string, measured, "", "For the processes that the program starts: the file for the clips/s.");

namespace mrsn::experiments {
namespace {

constexpr char kUsage[] =
    "Compares the training of one process with that of several which share each batch.\n\n"
    "  bazel run //experiments/programs:processes_benchmark\n"
    "  bazel run //experiments/programs:processes_benchmark -- --experiment=micro/none --processes=4\n\n"
    "Clips are random and in memory: reading is not measured. Forward and backward pass, sums over the\n"
    "processes and update are. The machine should have nothing else to do.\n";

constexpr int kWarmUp = 3;

// One of the processes: rank 0 writes the clips/s of all.
absl::Status Measure(const std::string& file) {
  at::set_num_threads(absl::GetFlag(FLAGS_threads));
  MRSN_ASSIGN_OR_RETURN(const ProcessEnvironment environment, ReadProcessEnvironment());
  MRSN_ASSIGN_OR_RETURN(const std::unique_ptr<ProcessGroup> group, JoinProcessGroup(environment));
  MRSN_ASSIGN_OR_RETURN(
      const ResolvedExperiment resolved,
      LoadExperiment(DataFilesRoot() + "/experiments/configs", absl::GetFlag(FLAGS_experiment)));
  const TrainConfig& train = resolved.experiment.train();
  at::manual_seed(0);
  MRSN_ASSIGN_OR_RETURN(const std::shared_ptr<Detector> model,
                        BuildDetector(resolved.experiment.model(), at::kCPU));
  const ModelNeeds needs = model->needs();
  if (needs.bank.has_value()) {
    return absl::InvalidArgumentError(
        absl::StrCat(resolved.name, " reads a relation bank; name another one"));
  }
  const ComplexitySetting size = SettingOf(resolved.experiment);
  const ClipsForModel clips(needs, size.height, size.frames);
  // Each process has as many persons as the others.
  std::vector<datasets::Sample> samples;
  for (int i = 0; i < train.batch_size() / group->size(); ++i) {
    MRSN_ASSIGN_OR_RETURN(samples.emplace_back(), clips.Load(i % clips.size(), 0));
  }
  const BankWindows bank;
  TrainingStep step(train, 0, /*iterations_per_epoch=*/1000, clips, bank, *model, *group);
  absl::Time start;
  for (int i = -kWarmUp; i < absl::GetFlag(FLAGS_steps); ++i) {
    if (i == 0) {
      MRSN_RETURN_IF_ERROR(group->Barrier());
      start = absl::Now();
    }
    MRSN_RETURN_IF_ERROR(step.Run({samples, i + kWarmUp}).status());
  }
  MRSN_RETURN_IF_ERROR(group->Barrier());
  const double seconds = absl::ToDoubleSeconds(absl::Now() - start);
  if (!group->first()) return absl::OkStatus();
  return WriteFileAtomically(file, absl::StrCat(train.batch_size() * absl::GetFlag(FLAGS_steps) / seconds));
}

// Clips/s of so many processes.
absl::StatusOr<double> RateOf(int processes, const std::string& file) {
  LocalProcessOptions options;
  options.command = ThisCommand();
  options.command.push_back(absl::StrCat("--measured=", file));
  MRSN_RETURN_IF_ERROR(RunLocalProcesses(processes, options));
  MRSN_ASSIGN_OR_RETURN(const std::string text, ReadFile(file));
  double rate = 0;
  if (absl::SimpleAtod(text, &rate)) return rate;
  return absl::DataLossError(absl::StrCat(file, ": is no number: ", text));
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

absl::Status Compare(int processes, const std::string& file) {
  std::vector<double> one, many;
  const int rounds = absl::GetFlag(FLAGS_rounds);
  ProgressBar bar("one process and several", 2 * rounds, "trainings");
  for (int round = 0; round < rounds; ++round) {
    for (const int count : {1, processes}) {
      MRSN_ASSIGN_OR_RETURN((count == 1 ? one : many).emplace_back(), RateOf(count, file));
      const auto done = static_cast<int64_t>(one.size() + many.size());
      bar.Update(done, done, "");
    }
  }
  bar.Finish();
  double load = 0;
  if (::getloadavg(&load, 1) != 1) load = -1;
  const int threads = absl::GetFlag(FLAGS_threads);
  std::printf(
      "%s: %.2f clips/s by 1 x %d threads, %.2f by %d x %d: %.2fx\n"
      "Medians of %d rounds of %d steps, %s, %s, commit %s, load %.1f\n",
      absl::GetFlag(FLAGS_experiment).c_str(), Median(one), threads, Median(many), processes, threads,
      Median(many) / Median(one), rounds, absl::GetFlag(FLAGS_steps), DeviceName().c_str(), Today().c_str(),
      SourceCommit().c_str(), load);
  return absl::OkStatus();
}

absl::Status Main() {
  const std::string measured = absl::GetFlag(FLAGS_measured);
  if (!measured.empty()) return Measure(measured);
  const int processes = absl::GetFlag(FLAGS_processes);
  if (processes < 2 || absl::GetFlag(FLAGS_threads) < 1 || absl::GetFlag(FLAGS_steps) < 1 ||
      absl::GetFlag(FLAGS_rounds) < 1) {
    return WrongUsage("--processes must be at least 2, --threads, --steps and --rounds at least 1");
  }
  const std::string file =
      absl::StrCat(std::filesystem::temp_directory_path().string(), "/mrsn.processes.", ::getpid());
  const absl::Status compared = Compare(processes, file);
  std::error_code ignored;
  std::filesystem::remove(file, ignored);
  return compared;
}

}  // namespace
}  // namespace mrsn::experiments

int main(int argc, char** argv) {
  return mrsn::RunProgram(argc, argv, mrsn::experiments::kUsage, mrsn::experiments::Main);
}
