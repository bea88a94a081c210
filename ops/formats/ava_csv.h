// AVA's CSV files: reading ground truth, detections and excluded keyframes; writing
// detections. No header line; columns
//   video,timestamp,x1,y1,x2,y2,class[,score or person id]
// boxes normalised to the frame, classes from 1. Plain or gzip, LF or CRLF.
#ifndef MRSN_OPS_FORMATS_AVA_CSV_H_
#define MRSN_OPS_FORMATS_AVA_CSV_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "ops/formats/annotation_rows.h"
#include "ops/formats/read_options.h"
#include "ops/formats/text_file.h"

namespace mrsn::formats {

// Errors name file, line, column and value: wrong number of columns, not a
// number, NaN or infinity, and in ground truth a box with x2 < x1 or y2 < y1.
// Warnings (errors with CsvOptions.strict), as the scripts go on: a detection's box with x1 >= x2 or y1 >=
// y2, a keyframe out of CsvOptions' range, a class outside `classes`, a ground truth row that occurs twice,
// ground truth of no area, blank lines, a byte order mark. A detection without an 8th column has score 1.
absl::StatusOr<CsvContents> ReadAvaGroundTruth(const std::string& path, const CsvOptions& options = {});
absl::StatusOr<CsvContents> ReadAvaDetections(const std::string& path, const CsvOptions& options = {});

// RowKind::kBoxList: boxes of persons or objects, the layout of PySlowFast and LFB, for any data set.
absl::StatusOr<CsvContents> ReadAvaBoxList(const std::string& path, const CsvOptions& options = {});

// Rows of 2 columns, video,timestamp.
struct KeyframeList {
  KeyframeTable keyframes;
  std::vector<Warning> warnings;
};
absl::StatusOr<KeyframeList> ReadAvaExclusions(const std::string& path, const CsvOptions& options = {});

// The same on text already in memory.
absl::StatusOr<CsvContents> ParseAvaCsv(const TextFile& file, RowKind kind, const CsvOptions& options);
absl::StatusOr<KeyframeList> ParseAvaExclusions(const TextFile& file, const CsvOptions& options);

// "1j20qq1JyX4,0904,0.015,0.052,1,0.979,12,0.93\n". Numbers have the fewest digits
// from which the same double is read back, so that a file evaluates exactly like
// the rows in memory. Second 904.5 is "0904.5".
std::string FormatAvaRow(const Detection& detection);

// All rows, in order, written atomically (temporary file and rename).
absl::Status WriteAvaDetections(const std::string& path, absl::Span<const Detection> detections);

}  // namespace mrsn::formats

#endif  // MRSN_OPS_FORMATS_AVA_CSV_H_
