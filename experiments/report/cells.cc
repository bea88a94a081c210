#include "experiments/report/cells.h"

#include <utility>

#include "absl/strings/str_format.h"

namespace mrsn::experiments {
namespace {

std::string Number(double value, int decimals, bool with_sign) {
  return with_sign ? absl::StrFormat("%+.*f", decimals, value) : absl::StrFormat("%.*f", decimals, value);
}

}  // namespace

Cell Text(std::string text) { return {std::move(text), CellKind::kText, ""}; }
Cell Sentence(std::string text) { return {std::move(text), CellKind::kSentence, ""}; }
Cell Code(std::string text) { return {std::move(text), CellKind::kCode, ""}; }

Cell PaperValue(std::optional<double> value, int decimals) {
  return {value ? Number(*value, decimals, false) : "", CellKind::kPaper, ""};
}

Cell PaperGain(std::optional<double> gain, int decimals) {
  return {gain ? Number(*gain, decimals, true) : "", CellKind::kPaper, ""};
}

Cell Measured(std::string text, const std::string& runs) {
  return {std::move(text), CellKind::kMeasured, runs};
}

Cell MeasuredValue(const std::optional<Estimate>& value, int decimals, const std::string& runs) {
  if (!value) return {"not run", CellKind::kNotMeasured, ""};
  return Measured(Number(value->mean, decimals, false), runs);
}

Cell MeasuredGain(const std::optional<Estimate>& gain, int decimals, const std::string& runs) {
  if (!gain) return Text("");
  return Measured(Number(gain->mean, decimals, true), runs);
}

Cell MeasuredInterval(const std::optional<Estimate>& value, int decimals, const std::string& runs,
                      bool with_sign) {
  const auto interval = value ? Interval95(*value) : std::nullopt;
  if (!interval) return Text("");
  return Measured(
      Number(interval->first, decimals, with_sign) + " to " + Number(interval->second, decimals, with_sign),
      runs);
}

std::string ShortNumber(double value) {
  return value >= 100 ? absl::StrFormat("%.0f", value) : absl::StrFormat("%.3g", value);
}

}  // namespace mrsn::experiments
