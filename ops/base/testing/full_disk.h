// A disk without space, for tests of what a failed write leaves behind.
#ifndef MRSN_OPS_BASE_TESTING_FULL_DISK_H_
#define MRSN_OPS_BASE_TESTING_FULL_DISK_H_

#include <sys/resource.h>

#include <csignal>

#include "gtest/gtest.h"

namespace mrsn::testing {

// While it lives, no file of this process grows beyond `bytes` bytes: a longer write fails as on a full disk,
// after the part that fits.
class FullDisk {
 public:
  explicit FullDisk(rlim_t bytes) {
    std::signal(SIGXFSZ, SIG_IGN);
    EXPECT_EQ(::getrlimit(RLIMIT_FSIZE, &before_), 0);
    const rlimit limit = {bytes, before_.rlim_max};
    EXPECT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
  }
  ~FullDisk() { EXPECT_EQ(::setrlimit(RLIMIT_FSIZE, &before_), 0); }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;

 private:
  rlimit before_;
};

}  // namespace mrsn::testing

#endif  // MRSN_OPS_BASE_TESTING_FULL_DISK_H_
