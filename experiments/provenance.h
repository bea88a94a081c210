// The provenance that is recorded beside every number: commit, device, date.
#ifndef MRSN_EXPERIMENTS_PROVENANCE_H_
#define MRSN_EXPERIMENTS_PROVENANCE_H_

#include <string>

namespace mrsn::experiments {

// For "cpu" "CPU: <model name>, <cores> cores" from /proc/cpuinfo. For another device its own name, and the
// model of the machine's NVIDIA GPUs if all are of one: "cuda:0: NVIDIA H200".
std::string DeviceName(const std::string& device = "cpu");

// The commit of the workspace `bazel run` was started in, with "-dirty" when files
// that git tracks were changed; "unknown" outside a checkout.
std::string SourceCommit();

// Today, UTC, as YYYY-MM-DD.
std::string Today();

// Default place of runs and results: <workspace>/out under `bazel run`, ./out else.
std::string DefaultOutputRoot();

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_PROVENANCE_H_
