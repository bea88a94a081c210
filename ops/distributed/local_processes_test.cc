#include "ops/distributed/local_processes.h"

#include <unistd.h>

#include <csignal>
#include <string>
#include <thread>

#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "ops/base/file.h"
#include "ops/base/stop_signal.h"

namespace mrsn {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class LocalProcesses : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(MakeFolders(folder_).ok()); }

  absl::Status RunShell(int count, const std::string& script, absl::Duration grace = absl::Seconds(60)) {
    LocalProcessOptions options;
    options.command = {"/bin/sh", "-c", "cd " + folder_ + "; " + script};
    options.grace = grace;
    return RunLocalProcesses(count, options);
  }
  std::string Content(const std::string& name) { return ReadFile(folder_ + "/" + name).value_or("none"); }
  void WaitFor(const std::string& name) {
    while (!FileExists(folder_ + "/" + name)) absl::SleepFor(absl::Milliseconds(5));
  }

  const std::string folder_ = ::testing::TempDir() + "/local." + std::to_string(::getpid()) + "." +
                              ::testing::UnitTest::GetInstance()->current_test_info()->name();
};

TEST_F(LocalProcesses, EachHasItsVariablesAndAllMeetAtOnePort) {
  const absl::Status status = RunShell(
      3,
      "echo $RANK $LOCAL_RANK $WORLD_SIZE $MASTER_ADDR >variables.$RANK; echo $MASTER_PORT >port.$RANK; "
      "echo \"${MRSN_LISTENING_SOCKET:-none}\" >socket.$RANK");
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(Content("variables.0"), "0 0 3 127.0.0.1\n");
  EXPECT_EQ(Content("variables.2"), "2 2 3 127.0.0.1\n");
  EXPECT_GT(std::stoi(Content("port.0")), 0);
  EXPECT_EQ(Content("port.0"), Content("port.2"));
  EXPECT_NE(Content("socket.0"), "none\n");
  EXPECT_EQ(Content("socket.1"), "none\n");
}

TEST_F(LocalProcesses, TheRankThatFailedIsNamedWithItsLastLines) {
  const absl::Status status = RunShell(3, "[ $RANK = 1 ] && echo the reason >&2 && exit 3; exit 0");
  EXPECT_THAT(std::string(status.message()), HasSubstr("rank 1 (process "));
  EXPECT_THAT(std::string(status.message()), HasSubstr(") exited with 3; its last lines:\n  the reason"));
}

TEST_F(LocalProcesses, TheFirstOneIsNamedNotThoseThatFollowIt) {
  // The entry in /proc goes when the launcher has noted the end of rank 2.
  const absl::Status status = RunShell(3,
                                       "echo $$ >pid.$RANK; [ $RANK = 2 ] && exec sh -c 'kill -9 $$'; while "
                                       "[ ! -s pid.2 ]; do sleep 0.01; done; "
                                       "while [ -e /proc/$(cat pid.2) ]; do sleep 0.01; done; exit 4");
  EXPECT_THAT(std::string(status.message()), HasSubstr("rank 2"));
  EXPECT_THAT(std::string(status.message()), Not(HasSubstr("rank 1")));
  EXPECT_THAT(std::string(status.message()), Not(HasSubstr("rank 0")));
}

TEST_F(LocalProcesses, OthersAreKilledAfterTheGrace) {
  const absl::Status status =
      RunShell(2, "[ $RANK = 1 ] && kill -9 $$; exec sleep 100000", absl::Seconds(0.2));
  EXPECT_THAT(std::string(status.message()), HasSubstr("was killed by signal 9"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("rank 1"));
  EXPECT_THAT(std::string(status.message()), Not(HasSubstr("rank 0")));
}

TEST_F(LocalProcesses, ASignalReachesEveryRank) {
  std::thread sender([&] {
    for (const char* name : {"ready.0", "ready.1"}) WaitFor(name);
    ::kill(::getpid(), SIGTERM);
  });
  const absl::Status status = RunShell(
      2, "trap 'echo saved >caught.$RANK; exit 1' TERM; touch ready.$RANK; while :; do sleep 0.01; done");
  sender.join();
  EXPECT_EQ(status.code(), absl::StatusCode::kCancelled) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("stopped by signal 15"));
  EXPECT_EQ(Content("caught.0"), "saved\n");
  EXPECT_EQ(Content("caught.1"), "saved\n");
  EXPECT_EQ(StoppedExitCode(status), 143);
  ForgetStopSignal();
}

TEST(ThisCommand, StartsWithTheProgram) {
  const std::vector<std::string> words = ThisCommand();
  ASSERT_FALSE(words.empty());
  EXPECT_THAT(words[0], HasSubstr("local_processes_test"));
}

}  // namespace
}  // namespace mrsn
