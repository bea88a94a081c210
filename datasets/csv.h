// Comma-separated files without quoting or header, as AVA and UCF101-24 use them.
#ifndef MRSN_DATASETS_CSV_H_
#define MRSN_DATASETS_CSV_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "ops/base/box.h"

namespace mrsn::datasets {

// One line's fields. The getters' errors name file, line, field and what was found.
class CsvRow {
 public:
  CsvRow(const std::string& path, int line, std::vector<absl::string_view> fields)
      : path_(path), line_(line), fields_(std::move(fields)) {}

  int size() const { return static_cast<int>(fields_.size()); }
  absl::string_view operator[](int field) const { return fields_[field]; }
  absl::Status Error(absl::string_view what) const;  // "file:line: what"
  absl::StatusOr<int> Int(int field, absl::string_view name) const;
  absl::StatusOr<float> Float(int field, absl::string_view name) const;  // finite
  // Four fields x1 y1 x2 y2 from `field` on, divided by width and height; x1 < x2, y1 < y2.
  absl::StatusOr<Box> BoxAt(int field, float width = 1, float height = 1) const;

 private:
  const std::string& path_;
  const int line_;
  const std::vector<absl::string_view> fields_;
};

// Calls `handle` for every line that is not empty; stops at its first error. A UTF-8
// byte order mark and carriage returns are skipped.
absl::Status ReadCsv(const std::string& path, const std::function<absl::Status(const CsvRow&)>& handle);

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_CSV_H_
