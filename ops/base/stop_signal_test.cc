#include "ops/base/stop_signal.h"

#include <csignal>

#include "gtest/gtest.h"

namespace mrsn {
namespace {

class StopSignalTest : public ::testing::Test {
 protected:
  StopSignalTest() {
    CatchStopSignals();
    ForgetStopSignal();
  }
};

TEST_F(StopSignalTest, TheFirstSignalIsNotedAndNamed) {
  EXPECT_EQ(StopSignal(), 0);
  EXPECT_EQ(StoppedExitCode(absl::CancelledError("of something else")), 0);
  std::raise(SIGTERM);
  std::raise(SIGTERM);
  std::raise(SIGINT);
  EXPECT_EQ(StopSignal(), SIGTERM);
  EXPECT_EQ(Stopped("all is kept").message(), "stopped by SIGTERM: all is kept");
  EXPECT_EQ(StoppedExitCode(Stopped("")), 143);
  EXPECT_EQ(StoppedExitCode(absl::InternalError("")), 0);
  EXPECT_EQ(StoppedExitCode(absl::OkStatus()), 0);
}

TEST_F(StopSignalTest, CtrlCOnceIsARequestTwiceIsTheEnd) {
  EXPECT_EXIT(
      {
        std::raise(SIGINT);
        if (Stopped("").message() != "stopped by Ctrl-C: " || StoppedExitCode(Stopped("")) != 130) _exit(1);
        std::raise(SIGTERM);
        if (StopSignal() != SIGINT) _exit(2);
        std::raise(SIGINT);
        _exit(3);
      },
      ::testing::KilledBySignal(SIGINT), "");
}

}  // namespace
}  // namespace mrsn
