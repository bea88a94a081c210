// How programs are told which file they write.
#ifndef MRSN_EXPERIMENTS_PROGRAMS_OUTPUT_FLAG_H_
#define MRSN_EXPERIMENTS_PROGRAMS_OUTPUT_FLAG_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace mrsn::experiments {

// The file that the user sees (UserPath). A wrong usage unless the name ends in `suffix`, ".onnx" say, and
// has something before it: whoever reads the file goes by its name.
absl::StatusOr<std::string> OutputFlag(absl::string_view flag, const std::string& value,
                                       absl::string_view suffix);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_PROGRAMS_OUTPUT_FLAG_H_
