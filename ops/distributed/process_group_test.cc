// Every test starts copies of this program, which run one of the disabled tests below.
#include "ops/distributed/process_group.h"

#include <ATen/ATen.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "ops/base/file.h"
#include "ops/distributed/join_process_group.h"
#include "ops/distributed/local_processes.h"

namespace mrsn {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kFolder[] = "MRSN_TEST_FOLDER";

// Runs the disabled test `name` in `count` processes.
absl::Status RunWorkers(int count, const std::string& name) {
  ::unsetenv("XML_OUTPUT_FILE");  // the report of this process
  LocalProcessOptions options;
  options.command = {ThisCommand()[0], "--gtest_also_run_disabled_tests",
                     "--gtest_filter=DISABLED_Worker." + name};
  options.grace = absl::Minutes(2);
  return RunLocalProcesses(count, options);
}

std::string NewFolder(const std::string& name) {
  const std::string folder = absl::StrCat(::testing::TempDir(), "/group.", ::getpid(), ".", name);
  EXPECT_TRUE(MakeFolders(folder).ok());
  ::setenv(kFolder, folder.c_str(), 1);
  return folder;
}

std::unique_ptr<ProcessGroup> Join(const ProcessGroupOptions& options = {}) {
  const auto environment = ReadProcessEnvironment();
  EXPECT_TRUE(environment.ok()) << environment.status();
  auto group = JoinProcessGroup(*environment, options);
  EXPECT_TRUE(group.ok()) << group.status();
  return *std::move(group);
}

// What a survivor has seen, for the test that started it.
void Tell(const ProcessGroup& group, const absl::Status& status) {
  const std::string path = absl::StrCat(std::getenv(kFolder), "/rank", group.rank());
  ASSERT_TRUE(WriteFileAtomically(path, status.ToString()).ok());
}

std::string Told(const std::string& folder, int rank) {
  return ReadFile(absl::StrCat(folder, "/rank", rank)).value_or("nothing");
}

ProcessGroupOptions QuickToNotice() {
  ProcessGroupOptions options;
  options.answer_limit = absl::Seconds(8);
  return options;
}

TEST(DISABLED_Worker, Operations) {
  const auto group = Join();
  const int size = group->size(), rank = group->rank();
  const double ranks = size * (size - 1) / 2.0;  // 0 + 1 + ...
  // Two types, an empty one, one that is not contiguous, and one larger than a bucket.
  const at::Tensor floats = at::arange(6, at::kFloat) + rank, longs = at::full({2}, rank, at::kLong);
  const at::Tensor columns = at::full({3, 4}, rank, at::kDouble).t(), empty = at::empty({0});
  const at::Tensor large = at::full({7 << 20}, 1.0f);
  ASSERT_TRUE(group->Sum({floats, empty, longs, columns, large}).ok());
  EXPECT_TRUE(floats.equal(at::arange(6, at::kFloat) * size + ranks)) << floats;
  EXPECT_TRUE(longs.equal(at::full({2}, static_cast<int64_t>(ranks), at::kLong)));
  EXPECT_TRUE(columns.equal(at::full({4, 3}, ranks, at::kDouble)));
  EXPECT_TRUE(large.eq(size).all().item<bool>());

  const at::Tensor mine = at::full({3}, rank, at::kFloat);
  ASSERT_TRUE(group->Broadcast({mine}, size - 1).ok());
  EXPECT_TRUE(mine.equal(at::full({3}, size - 1.0f)));

  std::vector<std::string> expected;
  for (int r = 0; r < size; ++r) expected.push_back(std::string(r, 'x'));  // the first is empty
  EXPECT_EQ(*group->Gather(expected[rank]), expected);
  EXPECT_EQ(*group->GatherToFirst(expected[rank]), rank == 0 ? expected : std::vector<std::string>());
  EXPECT_EQ(*group->Gather(""), std::vector<std::string>(size));

  EXPECT_EQ(*group->Ask(rank + 7), 7);
  EXPECT_TRUE(group->Agree(absl::OkStatus()).ok());
  const absl::Status agreed = group->Agree(rank == 1 ? absl::NotFoundError("no file") : absl::OkStatus());
  EXPECT_EQ(agreed, absl::NotFoundError(rank == 1 ? "no file" : "rank 1: no file"));
  EXPECT_TRUE(group->Barrier().ok());
}

TEST(DISABLED_Worker, SumsOfRoundedNumbers) {
  const auto group = Join();
  at::manual_seed(group->rank());
  const at::Tensor noise = at::randn({1000});
  ASSERT_TRUE(group->Sum({noise}).ok());
  const auto all = group->Gather({static_cast<const char*>(noise.const_data_ptr()), noise.nbytes()});
  ASSERT_TRUE(all.ok());
  for (const std::string& other : *all) EXPECT_EQ(other, (*all)[0]);
}

// Others come in between, and the waiting is in another order.
TEST(DISABLED_Worker, SumsUnderWay) {
  const auto group = Join();
  const float ranks = group->size() * (group->size() - 1) / 2.0f;
  std::vector<at::Tensor> tensors;
  std::vector<std::unique_ptr<PendingSum>> sums;
  for (int i = 0; i < 5; ++i) {
    tensors.push_back(at::full({100000 * (5 - i)}, static_cast<float>(group->rank() + i)));
    sums.push_back(group->BeginSum({tensors[i], at::ones({3}, at::kDouble)}));
  }
  EXPECT_EQ(*group->Ask(group->rank() + 7), 7);
  { const auto dropped = group->BeginSum({at::ones({10})}); }  // its destructor waits
  for (int i = 4; i >= 0; --i) {
    ASSERT_TRUE(sums[i]->Wait().ok());
    EXPECT_TRUE(sums[i]->Wait().ok()) << "again";
    EXPECT_TRUE(tensors[i].eq(ranks + i * group->size()).all().item<bool>()) << i;
  }
}

TEST(ProcessGroup, SumsMayBeUnderWayTogether) { EXPECT_TRUE(RunWorkers(3, "SumsUnderWay").ok()); }

TEST(ProcessGroup, OperationsOfTwoAndFour) {
  EXPECT_TRUE(RunWorkers(2, "Operations").ok());
  EXPECT_TRUE(RunWorkers(4, "Operations").ok());
}

TEST(ProcessGroup, EveryRankGetsTheSameBits) { EXPECT_TRUE(RunWorkers(4, "SumsOfRoundedNumbers").ok()); }

TEST(ProcessGroup, OneProcessNeedsNobody) {
  const auto group = JoinProcessGroup(ProcessEnvironment());
  ASSERT_TRUE(group.ok()) << group.status();
  const at::Tensor ones = at::ones({2});
  EXPECT_TRUE((*group)->Sum({ones}).ok());
  EXPECT_TRUE(ones.equal(at::ones({2})));
  EXPECT_THAT(*(*group)->Gather("mine"), ElementsAre("mine"));
  EXPECT_EQ(*(*group)->Ask(5), 5);
  EXPECT_TRUE((*group)->first());
}

// Rank 2 is killed while the others wait for it.
TEST(DISABLED_Worker, OneIsKilled) {
  const auto group = Join(QuickToNotice());
  ASSERT_TRUE(group->Barrier().ok());
  if (group->rank() == 2) ::raise(SIGKILL);
  const absl::Status status = group->Sum({at::ones({5})});
  Tell(*group, status);
  EXPECT_EQ(group->Barrier(), status);  // at once
}

TEST(ProcessGroup, ARankThatDiesIsNamedByTheOthersAndByTheLauncher) {
  const std::string folder = NewFolder("killed");
  const absl::Status status = RunWorkers(4, "OneIsKilled");
  EXPECT_THAT(std::string(status.message()), HasSubstr("rank 2 (process"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("was killed by signal 9"));
  for (const int rank : {0, 1, 3})
    EXPECT_THAT(Told(folder, rank), HasSubstr("UNAVAILABLE: rank 2 has ended"));
}

TEST(DISABLED_Worker, TheFirstIsKilled) {
  const auto group = Join(QuickToNotice());
  ASSERT_TRUE(group->Barrier().ok());
  if (group->first()) ::raise(SIGKILL);
  Tell(*group, group->Sum({at::ones({5})}));
}

TEST(ProcessGroup, RankZeroWhichHoldsTheMeetingIsNamed) {
  const std::string folder = NewFolder("first");
  EXPECT_THAT(std::string(RunWorkers(3, "TheFirstIsKilled").message()), HasSubstr("rank 0 (process"));
  for (const int rank : {1, 2}) EXPECT_THAT(Told(folder, rank), HasSubstr("UNAVAILABLE: rank 0 has ended"));
}

// Rank 1 gives up, its process still lives for a while.
TEST(DISABLED_Worker, OneLeaves) {
  auto group = Join(QuickToNotice());
  ASSERT_TRUE(group->Barrier().ok());
  if (group->rank() == 1) return;
  Tell(*group, group->Barrier());
}

TEST(ProcessGroup, ARankThatLeavesIsNamed) {
  const std::string folder = NewFolder("leaves");
  EXPECT_TRUE(RunWorkers(3, "OneLeaves").ok());
  for (const int rank : {0, 2}) EXPECT_THAT(Told(folder, rank), HasSubstr("UNAVAILABLE: rank 1 has ended"));
}

// Rank 1 is busy for longer than the limit; nobody has ended.
TEST(DISABLED_Worker, OneIsSlow) {
  ProcessGroupOptions options;
  options.answer_limit = absl::Seconds(60);
  options.operation_limit = absl::Seconds(1);
  const auto group = Join(options);
  if (group->rank() == 1) absl::SleepFor(absl::Seconds(3));
  Tell(*group, group->Barrier());
}

TEST(ProcessGroup, ASlowRankIsNotTakenForADeadOne) {
  const std::string folder = NewFolder("slow");
  EXPECT_TRUE(RunWorkers(2, "OneIsSlow").ok());
  EXPECT_THAT(Told(folder, 0),
              HasSubstr("DEADLINE_EXCEEDED: rank 0: an operation over all ranks took longer"));
}

// A listening socket on a free port of the loopback interface.
int Listen(int* port) {
  const int taken = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  socklen_t length = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  EXPECT_EQ(::bind(taken, generic, length), 0);
  EXPECT_EQ(::listen(taken, 1), 0);
  EXPECT_EQ(::getsockname(taken, generic, &length), 0);
  *port = ntohs(address.sin_port);
  return taken;
}

ProcessEnvironment OfTwo(int rank, int port) {
  ProcessEnvironment environment;
  environment.size = 2;
  environment.rank = environment.local_rank = rank;
  environment.master_address = "127.0.0.1";
  environment.master_port = port;
  return environment;
}

ProcessGroupOptions Impatient() {
  ProcessGroupOptions options;
  options.join_limit = absl::Seconds(1);
  options.answer_limit = absl::Seconds(1);
  return options;
}

TEST(Joining, APortInUseIsAnError) {
  int port = 0;
  const int taken = Listen(&port);
  const absl::Status status = JoinProcessGroup(OfTwo(0, port), Impatient()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr(absl::StrCat("MASTER_PORT=", port, " is in use on this machine")));
  ::close(taken);
}

TEST(Joining, WhoDidNotComeIsNamed) {
  int port = 0;
  ::close(Listen(&port));
  const absl::Status first = JoinProcessGroup(OfTwo(0, port), Impatient()).status();
  EXPECT_EQ(first.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_THAT(std::string(first.message()), HasSubstr("rank 1 of 2 did not come to 127.0.0.1:"));
  const absl::Status second = JoinProcessGroup(OfTwo(1, port), Impatient()).status();
  EXPECT_EQ(second.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(second.message()), HasSubstr("rank 1 cannot reach rank 0 at 127.0.0.1:"));
}

TEST(Joining, TwoProcessesOfOneRankAreAnError) {
  ProcessEnvironment first = OfTwo(0, 0);
  first.listening_socket = Listen(&first.master_port);  // as RunLocalProcesses gives it
  std::vector<std::future<absl::StatusOr<std::unique_ptr<ProcessGroup>>>> joining;
  for (const int rank : {0, 1, 1}) {
    ProcessEnvironment environment = first;
    environment.rank = rank;
    if (rank != 0) environment.listening_socket = -1;
    joining.push_back(std::async(std::launch::async, [=] { return JoinProcessGroup(environment); }));
  }
  // None leaves before all have come: whoever still connects to it would fail.
  std::vector<std::unique_ptr<ProcessGroup>> groups;
  std::vector<absl::Status> refused;
  for (auto& future : joining) {
    auto group = future.get();
    if (group.ok()) {
      groups.push_back(*std::move(group));
    } else {
      refused.push_back(group.status());
    }
  }
  ASSERT_EQ(refused.size(), 1);
  EXPECT_EQ(refused[0].code(), absl::StatusCode::kInvalidArgument) << refused[0];
  EXPECT_THAT(std::string(refused[0].message()), HasSubstr("have RANK=1"));

  ASSERT_EQ(groups.size(), 2);
  ASSERT_TRUE(groups[0]->first());
  const auto zero_leaves = std::async(std::launch::async, [&] { groups[0].reset(); });
  EXPECT_EQ(zero_leaves.wait_for(std::chrono::seconds(1)), std::future_status::timeout)
      << "rank 0 holds the meeting and took the refused process for the rank 1 that is still there";
  groups[1].reset();
}

}  // namespace
}  // namespace mrsn
