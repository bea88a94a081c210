// The fixture of tests whose weights and inputs are random.
#ifndef MRSN_MRSN_TESTING_SEEDED_TEST_H_
#define MRSN_MRSN_TESTING_SEEDED_TEST_H_

#include <ATen/Context.h>
#include <ATen/Parallel.h>

#include "gtest/gtest.h"

namespace mrsn {

// The same random numbers in every run, on one thread: threads only wait for each other where
// tensors are small.
class SeededTest : public ::testing::Test {
 protected:
  void SetUp() override {
    at::manual_seed(5);
    at::set_num_threads(1);
  }
};

}  // namespace mrsn

#endif  // MRSN_MRSN_TESTING_SEEDED_TEST_H_
