// Collects rows of files that are not CSV, with the checks of CSV rows.
#ifndef MRSN_OPS_FORMATS_ROW_COLLECTOR_H_
#define MRSN_OPS_FORMATS_ROW_COLLECTOR_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "ops/formats/read_options.h"

namespace mrsn::formats {

class RowCollector {
 public:
  // `origin` names the file. A file whose arrays stand for more than `max_rows` rows is an error.
  RowCollector(const std::string& origin, const CsvOptions& options, int64_t max_rows)
      : origin_(origin), options_(options), max_rows_(max_rows) {}

  // A row of `kind` kDetections or kGroundTruth, whose key frame is at `time`, in seconds or frames; `place`
  // names it in messages ("'vidA,0902' row 3"). An odd row is a warning, or with
  // CsvOptions.strict an error.
  absl::Status Add(RowKind kind, absl::string_view video, double time, Row row, absl::string_view place);
  // A key frame without rows.
  absl::Status AddKeyframe(absl::string_view video, double time, absl::string_view place);
  void Warn(absl::string_view what, absl::string_view place, int64_t count = 1);

  CsvContents Finish();

 private:
  absl::Status Odd(absl::string_view what, absl::string_view place);

  const std::string origin_;
  const CsvOptions options_;
  const int64_t max_rows_;
  RowBlock block_;
  std::vector<Warning> warnings_;
};

}  // namespace mrsn::formats

#endif  // MRSN_OPS_FORMATS_ROW_COLLECTOR_H_
