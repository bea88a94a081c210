// The sections of a report that results alone can fill.
#ifndef MRSN_EXPERIMENTS_REPORT_SECTIONS_H_
#define MRSN_EXPERIMENTS_REPORT_SECTIONS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "experiments/report/document.h"
#include "experiments/report/result_set.h"
#include "experiments/table.pb.h"
#include "experiments/tables/measured_row.h"

namespace mrsn::experiments {

// What the results are compared by: two experiments of the set.
struct Viewpoint {
  const ReportedExperiment* baseline;  // gains are over this one
  const ReportedExperiment* focus;     // shown class by class
};

// A table's rows with the paper's values and ours, and bars of ours.
absl::StatusOr<Section> TableSection(const Table& table, const TableSources& sources,
                                     const ResultSet& results);

// Every experiment: mean, interval, gain, parameters, multiply-adds, time.
absl::StatusOr<Section> ExperimentsSection(const ResultSet& results, const Viewpoint& view);

// AP by class, sorted, with the gain over the baseline: the focus in sight, the others folded.
absl::StatusOr<Section> ClassesSection(const ResultSet& results, const Viewpoint& view);

// Mean AP by kind of class. No blocks if the classes have no kinds.
absl::StatusOr<Section> KindsSection(const ResultSet& results, const Viewpoint& view);

// mAP against parameters and against multiply-adds. No blocks if they were not counted.
absl::StatusOr<Section> CostSection(const ResultSet& results);

// Every run with the origin of its numbers. Cells of other sections name its lines.
Section RunsSection(const ResultSet& results);

// What the results were measured on, (name, value), and whatever makes them doubtful.
std::vector<std::pair<std::string, std::string>> Facts(const ResultSet& results);
std::vector<std::string> Warnings(const ResultSet& results);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_REPORT_SECTIONS_H_
