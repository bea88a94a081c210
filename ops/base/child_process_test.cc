#include "ops/base/child_process.h"

#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "ops/base/file.h"

namespace mrsn {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

ChildOptions Shell(const std::string& script) {
  ChildOptions options;
  options.command = {"/bin/sh", "-c", script};
  options.title = "child";
  return options;
}

TEST(ChildProcess, ItsLinesAreKeptAndItsEndIsTold) {
  auto child = ChildProcess::Start(Shell("for i in 1 2 3 4 5 6 7; do echo $i; done; exit 3"));
  ASSERT_TRUE(child.ok()) << child.status();
  while (child->Relay()) {
  }
  EXPECT_THAT(std::string(child->Wait().message()), HasSubstr("exited with 3"));
  EXPECT_THAT(child->last_lines(), ElementsAre("3", "4", "5", "6", "7"));
  EXPECT_TRUE(child->Ended());
}

TEST(ChildProcess, VariablesReplaceThoseOfThisProcess) {
  ::setenv("MRSN_CHILD_A", "old", 1);
  ::setenv("MRSN_CHILD_AB", "kept", 1);
  ChildOptions options = Shell("echo $MRSN_CHILD_A $MRSN_CHILD_AB $MRSN_CHILD_B");
  options.variables = {"MRSN_CHILD_A=new", "MRSN_CHILD_B=more"};
  auto child = ChildProcess::Start(options);
  ASSERT_TRUE(child.ok()) << child.status();
  while (child->Relay()) {
  }
  EXPECT_TRUE(child->Wait().ok());
  EXPECT_THAT(child->last_lines(), ElementsAre("new kept more"));
}

TEST(ChildProcess, ASignalReachesIt) {
  auto child = ChildProcess::Start(Shell("trap 'echo caught; exit 0' TERM; echo ready; while :; do :; done"));
  ASSERT_TRUE(child.ok()) << child.status();
  ASSERT_TRUE(child->Relay());  // "ready": the trap is set
  EXPECT_FALSE(child->Ended());
  child->Signal(SIGTERM);
  while (child->Relay()) {
  }
  EXPECT_TRUE(child->Wait().ok());
  EXPECT_EQ(child->last_lines().back(), "caught");
}

TEST(ChildProcess, OnlyTheChosenFileStaysOpen) {
  const std::string path = ::testing::TempDir() + "/inherited." + std::to_string(::getpid());
  ASSERT_TRUE(WriteFileAtomically(path, "content").ok());
  const int chosen = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const int other = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  ChildOptions options = Shell("cat <&" + std::to_string(chosen) + "; test -e /proc/self/fd/" +
                               std::to_string(other) + " && echo leaked; echo");
  options.inherited_file = chosen;
  auto child = ChildProcess::Start(options);
  ASSERT_TRUE(child.ok()) << child.status();
  while (child->Relay()) {
  }
  EXPECT_TRUE(child->Wait().ok());
  EXPECT_THAT(child->last_lines(), ElementsAre("content"));
}

TEST(ChildProcess, AProgramThatIsNotThereEndsWith127) {
  ChildOptions options;
  options.command = {"/no/such/program"};
  auto child = ChildProcess::Start(options);
  ASSERT_TRUE(child.ok()) << child.status();
  EXPECT_THAT(std::string(child->Wait().message()), HasSubstr("exited with 127"));
}

TEST(ChildProcess, ChildrenThatAreLeftAreKilled) {
  pid_t pid = 0;
  {
    auto child = ChildProcess::Start(Shell("sleep 1000"));
    ASSERT_TRUE(child.ok()) << child.status();
    pid = child->pid();
  }
  EXPECT_NE(::kill(pid, 0), 0);
}

}  // namespace
}  // namespace mrsn
