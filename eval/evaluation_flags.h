// Flags shared by frame_map and compare.
#ifndef MRSN_EVAL_EVALUATION_FLAGS_H_
#define MRSN_EVAL_EVALUATION_FLAGS_H_

#include <string>

#include "absl/flags/declare.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "eval/analysis/bootstrap.h"
#include "eval/load_evaluation.h"

ABSL_DECLARE_FLAG(int, bootstrap);
ABSL_DECLARE_FLAG(std::string, json);

namespace mrsn::eval {

// --dataset, --groundtruth, --labelmap, --excluded, --videos, --protocol, --iou and
// --threads; `detections` stays empty. An error is a mistake in the use of the flags.
absl::StatusOr<EvaluationFiles> FilesFromFlags();

// --bootstrap, --seed, --threads.
BootstrapOptions BootstrapFromFlags();

// Prints warnings and findings on standard error. With --strict they are the error, and nothing else is
// printed. Blank lines, byte order marks, repeated rows of ground truth and classes outside the list are no
// errors: published files have them.
absl::Status ReportWarnings(const LoadedEvaluation& loaded);

// UserPath, and "" for "".
std::string FlagPath(const std::string& value);

}  // namespace mrsn::eval

#endif  // MRSN_EVAL_EVALUATION_FLAGS_H_
