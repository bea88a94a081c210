// The report of a set of results as one page.
#ifndef MRSN_EXPERIMENTS_REPORT_REPORT_H_
#define MRSN_EXPERIMENTS_REPORT_REPORT_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "experiments/report/document.h"
#include "experiments/report/result_set.h"

namespace mrsn::experiments {

struct ReportOptions {
  std::string title = "Results";
  std::string source;    // where the results were read, for the page
  std::string made_by;   // the page's last line
  std::string baseline;  // experiment; "" = the first row of the first shown table, or the first experiment
  std::string focus;     // experiment shown class by class; "" = the one with the best mAP
  std::vector<std::string> tables;  // ids of manifests; empty = those with a row that is measured
  std::string tables_root;          // folder of the manifests
  std::string configs_root;         // folder of <experiment>.textproto
  std::string counts_path;          // a Counts message; the file may be missing
  std::string runs_root;            // folder of runs with their logs and detections; "" = none
  std::string data_root;            // folder of the evaluated data, for pictures; "" = only generated data
  std::string cache_root;           // of generated data; "" = CacheFolder()
  int threads = 0;                  // that match detections; 0 = the machine's
};

// Errors name the table, experiment or file. The experiments come in the order of the tables' rows, the
// others behind them.
absl::StatusOr<Document> Report(ResultSet results, const ReportOptions& options);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_REPORT_REPORT_H_
