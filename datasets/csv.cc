#include "datasets/csv.h"

#include <cmath>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "ops/base/file.h"
#include "ops/base/status_macros.h"

namespace mrsn::datasets {

absl::Status CsvRow::Error(absl::string_view what) const {
  return absl::InvalidArgumentError(absl::StrCat(path_, ":", line_, ": ", what));
}

absl::StatusOr<int> CsvRow::Int(int field, absl::string_view name) const {
  int value = 0;
  if (!absl::SimpleAtoi(fields_[field], &value)) {
    return Error(absl::StrCat(name, " is \"", fields_[field].substr(0, 40), "\", expected a whole number"));
  }
  return value;
}

absl::StatusOr<float> CsvRow::Float(int field, absl::string_view name) const {
  float value = 0;
  if (!absl::SimpleAtof(fields_[field], &value) || !std::isfinite(value)) {
    return Error(absl::StrCat(name, " is \"", fields_[field].substr(0, 40), "\", expected a number"));
  }
  return value;
}

absl::StatusOr<Box> CsvRow::BoxAt(int field, float width, float height) const {
  Box box;
  MRSN_ASSIGN_OR_RETURN(box.x1, Float(field, "x1"));
  MRSN_ASSIGN_OR_RETURN(box.y1, Float(field + 1, "y1"));
  MRSN_ASSIGN_OR_RETURN(box.x2, Float(field + 2, "x2"));
  MRSN_ASSIGN_OR_RETURN(box.y2, Float(field + 3, "y2"));
  if (!box.Valid()) {
    return Error(absl::StrCat("box ", box.x1, " ", box.y1, " ", box.x2, " ", box.y2,
                              " is empty, expected x1 < x2 and y1 < y2"));
  }
  return Box{box.x1 / width, box.y1 / height, box.x2 / width, box.y2 / height};
}

absl::Status ReadCsv(const std::string& path, const std::function<absl::Status(const CsvRow&)>& handle) {
  MRSN_ASSIGN_OR_RETURN(const std::string contents, ReadFile(path));
  absl::string_view rest = contents;
  absl::ConsumePrefix(&rest, "\xEF\xBB\xBF");
  int line = 0;
  for (absl::string_view text : absl::StrSplit(rest, '\n')) {
    ++line;
    absl::ConsumeSuffix(&text, "\r");
    if (text.empty()) continue;
    MRSN_RETURN_IF_ERROR(handle(CsvRow(path, line, absl::StrSplit(text, ','))));
  }
  return absl::OkStatus();
}

}  // namespace mrsn::datasets
