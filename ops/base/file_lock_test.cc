#include "ops/base/file_lock.h"

#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <filesystem>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "ops/base/file.h"
#include "ops/base/stop_signal.h"

namespace mrsn {
namespace {

using ::testing::HasSubstr;

class FileLockTest : public ::testing::Test {
 protected:
  const std::string path_ =
      absl::StrCat(::testing::TempDir(), "lock.", ::getpid(), "/",
                   ::testing::UnitTest::GetInstance()->current_test_info()->name(), "/lock");
};

TEST_F(FileLockTest, WhoComesSecondIsToldWhoIsThere) {
  std::optional<FileLock> first;
  {
    auto taken = FileLock::Try(path_, "first");
    ASSERT_TRUE(taken.ok()) << taken.status();
    first.emplace(*std::move(taken));
  }
  const auto second = FileLock::Try(path_, "second");
  EXPECT_TRUE(absl::IsUnavailable(second.status()));
  EXPECT_THAT(std::string(second.status().message()),
              HasSubstr(absl::StrCat("second: has to wait for process ", ::getpid(), " on host ")));
  EXPECT_THAT(std::string(second.status().message()), HasSubstr(", which holds " + path_));
  first.reset();
  EXPECT_TRUE(FileLock::Try(path_, "second").ok());
}

// Each of two processes reads a number, waits, and writes the next one.
TEST_F(FileLockTest, WaitingKeepsProcessesApart) {
  const std::string number = path_ + ".number";
  ASSERT_TRUE(WriteFileAtomically(number, "0").ok());
  const auto count = [&] {
    for (int i = 0; i < 20; ++i) {
      const auto lock = FileLock::Wait(path_, "count");
      if (!lock.ok()) return 1;
      const int now = std::stoi(*ReadFile(number));
      absl::SleepFor(absl::Milliseconds(1));
      if (!WriteFileAtomically(number, absl::StrCat(now + 1)).ok()) return 1;
    }
    return 0;
  };
  const pid_t child = ::fork();
  if (child == 0) ::_exit(count());
  EXPECT_EQ(count(), 0);
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(*ReadFile(number), "40");
}

TEST_F(FileLockTest, AKilledHolderLeavesNoLock) {
  const pid_t child = ::fork();
  if (child == 0) {
    const auto lock = FileLock::Wait(path_, "child");
    ::pause();
    ::_exit(0);
  }
  while (!FileExists(path_) || ReadFile(path_)->empty()) absl::SleepFor(absl::Milliseconds(1));
  EXPECT_FALSE(FileLock::Try(path_, "parent").ok());
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  EXPECT_TRUE(FileLock::Try(path_, "parent").ok());
}

TEST_F(FileLockTest, AStopSignalEndsTheWaiting) {
  CatchStopSignals();
  const auto first = FileLock::Wait(path_, "first");
  ASSERT_TRUE(first.ok()) << first.status();
  ::testing::internal::CaptureStderr();
  std::thread stopping([] {
    absl::SleepFor(absl::Milliseconds(50));
    ::kill(::getpid(), SIGTERM);
  });
  const auto second = FileLock::Wait(path_, "second");
  stopping.join();
  ForgetStopSignal();
  EXPECT_THAT(std::string(second.status().message()),
              HasSubstr("stopped by SIGTERM: second waited for process"));
  EXPECT_THAT(::testing::internal::GetCapturedStderr(),
              HasSubstr(absl::StrCat("second: waits for process ", ::getpid())));
}

// As a bank's writer does, whose folder goes when the bank is finished.
TEST_F(FileLockTest, TheHolderMayDeleteFileAndFolder) {
  auto first = FileLock::Try(path_, "first");
  ASSERT_TRUE(first.ok()) << first.status();
  absl::Status second, third;
  std::thread waiting([&] {
    const auto lock = FileLock::Wait(path_, "second");
    second = lock.status();
    third = FileLock::Try(path_, "third").status();
  });
  absl::SleepFor(absl::Milliseconds(50));
  std::filesystem::remove_all(std::filesystem::path(path_).parent_path());
  { const FileLock freed = *std::move(first); }
  waiting.join();
  EXPECT_TRUE(second.ok()) << second;
  EXPECT_TRUE(absl::IsUnavailable(third)) << "the second one holds a file that nobody else sees";
}

// The file may go between a thread's opening and locking it.
TEST_F(FileLockTest, DeletingTheFileKeepsThreadsApart) {
  std::atomic<int> inside = 0, together = 0;
  const auto work = [&] {
    for (int taken = 0; taken < 300;) {
      const auto lock = FileLock::Try(path_, "it");
      if (!lock.ok()) continue;
      if (inside++ > 0) ++together;
      ++taken;
      std::this_thread::yield();
      --inside;
      std::filesystem::remove(path_);
    }
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) threads.emplace_back(work);
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(together, 0);
}

TEST_F(FileLockTest, NobodyWaitsForWhatIsNotNeeded) {
  auto first = FileLock::Try(path_, "first");
  ASSERT_TRUE(first.ok()) << first.status();
  int asked = 0;
  const auto needed = [&] { return ++asked < 3 ? absl::OkStatus() : absl::AlreadyExistsError("done"); };
  EXPECT_EQ(FileLock::Wait(path_, "second", needed).status(), absl::AlreadyExistsError("done"));
  EXPECT_TRUE(FileExists(path_)) << "the first one's";

  // Once it is held the question is asked again, and nothing is left behind.
  const std::string folder = path_ + ".folder";
  asked = 1;
  EXPECT_EQ(FileLock::Wait(folder + "/lock", "third", needed).status(), absl::AlreadyExistsError("done"));
  EXPECT_EQ(asked, 3);
  EXPECT_FALSE(std::filesystem::exists(folder));
}

TEST_F(FileLockTest, AFileThatCannotBeMadeIsNamed) {
  EXPECT_THAT(std::string(FileLock::Wait("/proc/nowhere/lock", "it").status().message()),
              HasSubstr("/proc/nowhere"));
}

}  // namespace
}  // namespace mrsn
