// What was checked of a device, as a table for BENCHMARKS.md.
#ifndef MRSN_EXPERIMENTS_DEVICE_CHECK_DEVICE_REPORT_H_
#define MRSN_EXPERIMENTS_DEVICE_CHECK_DEVICE_REPORT_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "experiments/device_check/check_models.h"
#include "experiments/device_check/check_ops.h"

namespace mrsn::experiments {

struct DeviceReport {
  std::string device, date, commit;
  std::vector<CheckedOp> ops;
  std::vector<CheckedModel> models;
  std::vector<std::string> errors;  // of models that could not be run

  // Internal, with the number of what differs or failed.
  absl::Status AllOk() const;
};

// Markdown: one table of operations, one of models. What is not ok says so.
std::string ToMarkdown(const DeviceReport& report);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_DEVICE_CHECK_DEVICE_REPORT_H_
