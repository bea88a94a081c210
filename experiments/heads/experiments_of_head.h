// The experiments that a test of this folder runs: those whose model has the head that --head names.
#ifndef MRSN_EXPERIMENTS_HEADS_EXPERIMENTS_OF_HEAD_H_
#define MRSN_EXPERIMENTS_HEADS_EXPERIMENTS_OF_HEAD_H_

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace mrsn::experiments {

std::string ConfigsRoot();

// Of the program: a member of the oneof `head` of ModelConfig.
const std::string& HeadUnderTest();

// Whether the experiment's model has that head. `mrsn` without encoders is `linear`. An experiment that does
// not load is one of every head, so that its test fails. `change`: as of LoadExperiment.
bool HasHeadUnderTest(const std::string& experiment, const std::string& change = "");

// Sorted.
const std::vector<std::string>& ExperimentsOfHead();

// For INSTANTIATE_TEST_SUITE_P: "ava21/acar_r50" is named ava21_acar_r50.
std::string ExperimentTestName(const ::testing::TestParamInfo<std::string>& info);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_HEADS_EXPERIMENTS_OF_HEAD_H_
