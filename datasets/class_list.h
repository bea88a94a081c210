// The classes of a data set of one's own.
#ifndef MRSN_DATASETS_CLASS_LIST_H_
#define MRSN_DATASETS_CLASS_LIST_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "ops/formats/class_lists.h"
#include "ops/formats/text_file.h"

namespace mrsn::datasets {

// A file of names, one a line, which get the ids first_id, first_id + 1, ...; or a label map in any form that
// ops/formats/label_map.h reads, with its own ids; or numbered lines, "1 Basketball", "2 Biking", .., without
// a gap from 0 or 1 on, as UCF101's classInd.txt has them: the numbers are the ids. Blank lines do not count.
// Errors name file and line: a name or id that occurs twice, an id below first_id, no class at all.
absl::StatusOr<std::vector<formats::ActionClass>> ReadClassList(const std::string& path, int first_id);
absl::StatusOr<std::vector<formats::ActionClass>> ParseClassList(const formats::TextFile& file, int first_id);

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_CLASS_LIST_H_
