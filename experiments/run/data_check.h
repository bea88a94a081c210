// The quick check of an experiment's data before the run (datasets/check).
#ifndef MRSN_EXPERIMENTS_RUN_DATA_CHECK_H_
#define MRSN_EXPERIMENTS_RUN_DATA_CHECK_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "experiments/experiment.pb.h"

namespace mrsn::experiments {

struct DataCheck {
  std::string
      text;  // numbers and findings, for the terminal; empty if nothing is wrong, or nothing can be checked
  // Findings that stop the run or make its numbers wrong. Frames that are missing are none of them where
  // train.unreadable_clips is SKIP_AND_COUNT.
  int64_t errors = 0;

  // FailedPrecondition if there are such errors.
  absl::Status Ready() const;
};

// Checks the training and evaluation data below `data_root`: files of rows and listings of folders, no
// frames. Generated data and a missing root give an empty check; a data set that cannot be opened is for
// others to report.
DataCheck CheckData(const Experiment& experiment, const std::string& data_root);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_RUN_DATA_CHECK_H_
