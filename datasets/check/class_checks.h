// Checks the lists of a data set's classes.
#ifndef MRSN_DATASETS_CHECK_CLASS_CHECKS_H_
#define MRSN_DATASETS_CHECK_CLASS_CHECKS_H_

#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "datasets/check/report.h"
#include "datasets/dataset_layout.h"
#include "ops/formats/read_options.h"

namespace mrsn::datasets {

// The classes without examples, and what is wrong with their files: missing or unreadable, an evaluated class
// that the other list lacks or names otherwise.
std::vector<ClassCount> CheckClasses(const DatasetLayout& layout, CheckReport* report);

// Fills the examples' findings of a split: evaluated classes that no row has.
void CheckExamples(const SplitNumbers& split, const std::string& file, CheckReport* report);

// An error if rows have a class that is none of `ids`; nothing if there are no ids.
void CheckRowClasses(const std::string& file, const formats::CsvContents& contents,
                     const absl::flat_hash_set<int>& ids, CheckReport* report);

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_CHECK_CLASS_CHECKS_H_
