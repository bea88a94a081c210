// The pages of the repository that show tables, and their rendered sections.
//
// A section stands between the lines "<!-- begin <id> -->" and "<!-- end -->". Its id is
//   <table>           scores, kinds of classes, parameters and multiply-adds
//   <table>.summary   row, paper, ours, gain
//   <table>.speed     clips per second
#ifndef MRSN_EXPERIMENTS_TABLES_PAGES_H_
#define MRSN_EXPERIMENTS_TABLES_PAGES_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "experiments/table.pb.h"
#include "experiments/tables/measured_row.h"

namespace mrsn::experiments {

// Relative to the workspace.
inline constexpr const char* kPages[] = {"README.md", "RESULTS.md", "BENCHMARKS.md"};

// Ids of the sections of `text`, in order.
std::vector<std::string> SectionIds(absl::string_view text);

// `text` with the contents of section `id` replaced. An error without exactly one such section.
absl::StatusOr<std::string> ReplaceSection(absl::string_view text, absl::string_view id,
                                           absl::string_view contents);

// The numbers that the tree keeps of a table; `root` is the workspace.
TableSources RecordedSources(const std::string& root, const Table& table);

// `text` with every section rendered from the manifests and the recorded numbers under `root`.
absl::StatusOr<std::string> RenderPage(absl::string_view text, const std::string& root);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_TABLES_PAGES_H_
