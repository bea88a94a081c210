// Kills jobs of two processes with SIGKILL at random moments: the program that has started them, or one of
// them. The same command then goes on, and in the end every file has the bytes of an undisturbed job.
//
//   bazel test //experiments/run:kill_test                        a few kills of each kind of job
//   bazel test //experiments/run:kill_often_test                  20 kills of each (tagged manual)
#include <ATen/ATen.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "datasets/open_dataset.h"
#include "experiments/config/config.h"
#include "experiments/config/text_proto.h"
#include "experiments/engine/evaluation.h"
#include "experiments/run/open_in_turn.h"
#include "experiments/run/run_experiment.h"
#include "experiments/run/write_bank.h"
#include "experiments/testing/chain_experiments.h"
#include "gtest/gtest.h"
#include "mrsn/build_model.h"
#include "mrsn/checkpoint/safetensors.h"
#include "ops/base/file.h"
#include "ops/base/file_lock.h"
#include "ops/base/status_macros.h"
#include "ops/distributed/join_process_group.h"
#include "ops/distributed/local_processes.h"

namespace mrsn::experiments {
namespace {

constexpr char kChildFlag[] = "--child";
constexpr char kBegan[] = ".began";  // beside the output: all ranks have come together
constexpr char kEvaluated[] = "evaluated.textproto";

int kills = 3;           // --kills of the test program
uint64_t seed = 1;       // --seed
std::mt19937_64 moment;  // the generator of all that is random here

// Jobs, each in the folders `configs` and `output`.

// Trains two models with a bank between them and evaluates the second one.
absl::Status RunChain(RunSettings settings) {
  return RunExperiment({"reader", "", "", 0}, settings).status();
}

absl::Status FillOneBank(RunSettings settings) {
  WriteBankOptions options;
  options.request.experiment = "wide";
  options.settings = settings;
  options.checkpoint = "random:1";
  options.evaluated_videos = true;
  options.bank = settings.output_root + "/bank";
  return WriteBank(options).status();
}

// An evaluation that keeps the scores of every batch.
absl::Status EvaluateOnce(RunSettings settings) {
  MRSN_ASSIGN_OR_RETURN(const ResolvedExperiment resolved,
                        LoadExperiment(settings.configs_root, "wide", /*override_text=*/""));
  const Experiment& experiment = resolved.experiment;
  const std::string result_path = absl::StrCat(settings.output_root, "/", kEvaluated);
  MRSN_ASSIGN_OR_RETURN(const bool done, settings.group->Ask(FileExists(result_path)));
  if (done) return absl::OkStatus();
  using OpenedData = std::shared_ptr<datasets::Dataset>;
  MRSN_ASSIGN_OR_RETURN(
      const OpenedData data, OpenInTurn<OpenedData>(*settings.group, [&]() -> absl::StatusOr<OpenedData> {
        return datasets::OpenDataset(experiment.eval_data(), datasets::Usage::kInference, "", {});
      }));
  at::manual_seed(1);
  MRSN_ASSIGN_OR_RETURN(const std::shared_ptr<Detector> model, BuildDetector(experiment.model(), at::kCPU));
  EvaluationOptions options;
  options.loss = experiment.train().loss();
  options.config = experiment.eval();
  options.detections_path = settings.output_root + "/detections.csv";
  options.identity = "random weights";
  options.keep_every = absl::ZeroDuration();
  options.group = settings.group;
  options.write_result = [&](Result* result) {
    return WriteFileAtomically(result_path, PrintTextProto(*result));
  };
  return Evaluate(options, *data, {}, *model).status();
}

struct Job {
  std::string name;
  std::function<absl::Status(RunSettings)> run;
  std::string lock;                // ends the path of the lock that rank 0 holds
  std::vector<std::string> files;  // ends of the paths of the files to compare
};

const std::vector<Job>& Jobs() {
  static const auto& jobs = *new std::vector<Job>{
      {"training", RunChain, "/lock", {"weights.safetensors", "data.mdb", "detections.csv"}},
      {"bank", FillOneBank, "lock", {"data.mdb"}},
      {"evaluation", EvaluateOnce, "/lock", {"detections.csv", kEvaluated}},
  };
  return jobs;
}

// One of the processes: 0 if its job has succeeded.
int RunChild(const std::string& name, const std::string& configs, const std::string& output) {
  const auto environment = ReadProcessEnvironment();
  if (!environment.ok()) return 2;
  const auto group = JoinProcessGroup(*environment);
  if (!group.ok()) return 3;
  RunSettings settings;
  settings.configs_root = configs;
  settings.output_root = output;
  settings.group = group->get();
  if (settings.group->first() && !WriteFileAtomically(output + kBegan, "").ok()) return 5;
  for (const Job& job : Jobs()) {
    if (job.name != name) continue;
    const absl::Status status = job.run(settings);
    if (!status.ok()) std::fprintf(stderr, "error: %s\n", std::string(status.message()).c_str());
    return status.ok() ? 0 : 1;
  }
  return 4;
}

// The second field behind the name in /proc/<pid>/stat: the parent; 0 if the process has ended. A zombie has
// ended.
pid_t ParentOf(pid_t pid) {
  const auto stat = ReadFile(absl::StrFormat("/proc/%d/stat", pid));
  if (!stat.ok()) return 0;
  const std::vector<std::string> fields = absl::StrSplit(stat->substr(stat->rfind(')') + 2), ' ');
  pid_t parent = 0;
  if (fields.size() < 2 || fields[0] == "Z" || fields[0] == "X" || !absl::SimpleAtoi(fields[1], &parent)) {
    return 0;
  }
  return parent;
}

std::vector<pid_t> ChildrenOf(pid_t parent) {
  std::vector<pid_t> children;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    pid_t pid = 0;
    if (absl::SimpleAtoi(entry.path().filename().string(), &pid) && ParentOf(pid) == parent) {
      children.push_back(pid);
    }
  }
  return children;
}

double Uniform() { return std::uniform_real_distribution<double>(0, 1)(moment); }

class KillTest : public ::testing::TestWithParam<Job> {
 protected:
  static void SetUpTestSuite() {
    folder_ = absl::StrCat(::testing::TempDir(), "kills.", ::getpid());
    configs_ = folder_ + "/configs";
    WriteChainExperiments(configs_);
    RunSettings settings;
    settings.configs_root = configs_;
    settings.output_root = folder_ + "/pre";
    const auto pre = RunExperiment({"pre", "", "", 0}, settings);
    ASSERT_TRUE(pre.ok()) << pre.status();
  }

  // A folder in which "pre" has been trained.
  std::string NewOutput(const std::string& name) const {
    const std::string output = absl::StrCat(folder_, "/", GetParam().name, "_", name);
    std::filesystem::create_directories(output);
    std::filesystem::copy(folder_ + "/pre", output, std::filesystem::copy_options::recursive);
    return output;
  }

  absl::Status Run(const std::string& output) const {
    LocalProcessOptions options;
    options.command = {ThisCommand()[0], kChildFlag, GetParam().name, configs_, output};
    return RunLocalProcesses(2, options);
  }

  // The same in a process of its own, whose words go to <output>.log.
  pid_t Launch(const std::string& output) const {
    std::filesystem::remove(output + kBegan);
    const pid_t launcher = ::fork();
    if (launcher != 0) return launcher;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int log = ::open((output + ".log").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
    ::dup2(log, STDOUT_FILENO);
    ::dup2(log, STDERR_FILENO);
    ::_exit(Run(output).ok() ? 0 : 1);
  }

  // Returns when both ranks run, or the job has ended.
  static void WaitForBegin(pid_t launcher, const std::string& output) {
    siginfo_t ended = {};
    while (!FileExists(output + kBegan) &&
           ::waitid(P_PID, launcher, &ended, WEXITED | WNOHANG | WNOWAIT) == 0 && ended.si_pid == 0) {
      absl::SleepFor(absl::Milliseconds(2));
    }
  }

  // Kills the launcher or one of the two ranks. False if the job has ended before.
  bool Kill(pid_t launcher, const std::string& output) {
    const std::vector<pid_t> ranks = ChildrenOf(launcher);
    const size_t which = std::uniform_int_distribution<size_t>(0, ranks.size())(moment);
    const std::string done = Unfinished(output);
    ::kill(which == ranks.size() ? launcher : ranks[which], SIGKILL);
    int status = 0;
    ::waitpid(launcher, &status, 0);
    const absl::Time deadline = absl::Now() + absl::Seconds(20);
    for (const pid_t rank : ranks) {
      while (ParentOf(rank) != 0 && absl::Now() < deadline) absl::SleepFor(absl::Milliseconds(2));
      EXPECT_EQ(ParentOf(rank), 0) << "process " << rank << " has outlived its launcher";
    }
    ExpectNoLockIsHeld(output);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return false;
    std::fprintf(stderr, "killed %s; unfinished: %s\n",
                 which == ranks.size() ? "the launcher" : absl::StrCat("rank ", which).c_str(),
                 done.empty() ? "nothing" : done.c_str());
    left_unfinished_ += !done.empty();
    return true;
  }

  void ExpectNoLockIsHeld(const std::string& output) const {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(output)) {
      const std::string path = entry.path();
      if (!absl::EndsWith(path, GetParam().lock)) continue;
      // Threads of an ended process may close its files a little later.
      const absl::Time deadline = absl::Now() + absl::Seconds(20);
      absl::Status free;
      do {
        free = FileLock::Try(path, "the test").status();
        if (!free.ok()) absl::SleepFor(absl::Milliseconds(20));
      } while (!free.ok() && absl::Now() < deadline);
      EXPECT_TRUE(free.ok()) << free;
    }
  }

  // The work that the next job can go on with.
  static std::string Unfinished(const std::string& output) {
    std::string found;
    std::error_code ignored;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(output, ignored)) {
      const std::string path = entry.path();
      const bool work = absl::StrContains(path, "/checkpoint-") || absl::StrContains(path, ".parts/part-") ||
                        absl::StrContains(path, ".unfinished/");
      if (!work || absl::StrContains(path, ".tmp.") || absl::EndsWith(path, "lock")) continue;
      found = absl::StartsWith(path, output) ? path.substr(output.size()) : path;
    }
    return found;
  }

  // Every file of the job below `output`, with its path there.
  std::vector<std::pair<std::string, std::string>> FilesOf(const std::string& output) const {
    std::vector<std::pair<std::string, std::string>> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(output)) {
      const std::string path = entry.path();
      for (const std::string& end : GetParam().files) {
        if (!absl::EndsWith(path, "/" + end) || absl::StrContains(path, "/pre/")) continue;
        files.emplace_back(path.substr(output.size()), path);
      }
    }
    std::sort(files.begin(), files.end());
    return files;
  }

  void ExpectSameFiles(const std::string& found, const std::string& expected) const {
    const auto expected_files = FilesOf(expected), found_files = FilesOf(found);
    ASSERT_GE(expected_files.size(), GetParam().files.size());
    ASSERT_EQ(found_files.size(), expected_files.size());
    for (size_t i = 0; i < expected_files.size(); ++i) {
      EXPECT_EQ(found_files[i].first, expected_files[i].first);
      EXPECT_TRUE(SameContent(found_files[i].second, expected_files[i].second)) << found_files[i].first;
    }
  }

  // The description of weights holds the seconds that their training took.
  static bool SameContent(const std::string& a, const std::string& b) {
    if (!absl::EndsWith(a, ".safetensors")) return *ReadFile(a) == *ReadFile(b);
    const auto tensors_a = ReadSafetensors(a), tensors_b = ReadSafetensors(b);
    if (!tensors_a.ok() || !tensors_b.ok() || tensors_a->tensors.size() != tensors_b->tensors.size()) {
      return false;
    }
    for (const auto& [name, tensor] : tensors_a->tensors) {
      const auto other = tensors_b->tensors.find(name);
      if (other == tensors_b->tensors.end() || !at::equal(tensor, other->second)) return false;
    }
    return true;
  }

  static std::string folder_, configs_;
  int left_unfinished_ = 0;  // kills behind which there was work to go on with
};

std::string KillTest::folder_, KillTest::configs_;

TEST_P(KillTest, TheSameCommandGoesOnToTheSameBytes) {
  moment.seed(seed);
  const std::string undisturbed = NewOutput("undisturbed");
  const absl::Time start = absl::Now();
  const absl::Status first = Run(undisturbed);
  ASSERT_TRUE(first.ok()) << first;
  const absl::Duration whole = absl::Now() - start;
  // A finished job only starts and looks.
  const absl::Time again = absl::Now();
  const absl::Status second = Run(undisturbed);
  ASSERT_TRUE(second.ok()) << second;
  const absl::Duration start_up = std::min(absl::Now() - again, 0.5 * whole);
  // A quarter of the kills come while the job starts. The moments of the others are random in a span of which
  // the work is as many times the half: together they are spread over the whole job. A job that has ended
  // begins anew.
  const absl::Duration span = 2 * (whole - start_up) / (0.75 * kills);
  std::fprintf(stderr, "%s: %s undisturbed, %s of it to start; seed %d\n", GetParam().name.c_str(),
               absl::FormatDuration(whole).c_str(), absl::FormatDuration(start_up).c_str(),
               static_cast<int>(seed));
  int killed = 0, rounds = 0;
  const auto enough = [&] { return killed >= kills && (left_unfinished_ > 0 || killed >= 4 * kills); };
  while (!enough() && rounds < 2 * kills) {
    const std::string output = NewOutput(absl::StrCat("round", ++rounds));
    bool ended = false;
    while (!ended && !enough()) {
      const pid_t launcher = Launch(output);
      if (Uniform() < 0.25) {
        absl::SleepFor(Uniform() * start_up);
      } else {
        WaitForBegin(launcher, output);
        absl::SleepFor(Uniform() * span);
      }
      if (Kill(launcher, output)) {
        ++killed;
      } else {
        ended = true;
      }
    }
    const absl::Status status = Run(output);
    ASSERT_TRUE(status.ok()) << status;
    ExpectSameFiles(output, undisturbed);
  }
  std::fprintf(stderr, "%s: %d kills, %d of them with work to go on with, in %d rounds\n",
               GetParam().name.c_str(), killed, left_unfinished_, rounds);
  EXPECT_GE(killed, kills);
  EXPECT_GT(left_unfinished_, 0);
}

INSTANTIATE_TEST_SUITE_P(Jobs, KillTest, ::testing::ValuesIn(Jobs()),
                         [](const ::testing::TestParamInfo<Job>& info) { return info.param.name; });

}  // namespace
}  // namespace mrsn::experiments

int main(int argc, char** argv) {
  if (argc == 5 && std::strcmp(argv[1], mrsn::experiments::kChildFlag) == 0) {
    return mrsn::experiments::RunChild(argv[2], argv[3], argv[4]);
  }
  ::testing::InitGoogleTest(&argc, argv);
  for (int i = 1; i < argc; ++i) {
    absl::string_view argument = argv[i];
    const bool read =
        absl::ConsumePrefix(&argument, "--kills=")  ? absl::SimpleAtoi(argument, &mrsn::experiments::kills)
        : absl::ConsumePrefix(&argument, "--seed=") ? absl::SimpleAtoi(argument, &mrsn::experiments::seed)
                                                    : false;
    if (!read) {
      std::fprintf(stderr, "unexpected argument %s\n", argv[i]);
      return 2;
    }
  }
  return RUN_ALL_TESTS();
}
