#include "experiments/report/training_curves.h"

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "ops/base/file.h"
#include "ops/base/status_macros.h"

namespace mrsn::experiments {
namespace {

using Points = std::vector<std::pair<double, double>>;

// Adds the field's value, if the line has it and it is finite: the log writes other numbers as null.
void Add(const nlohmann::json& line, const char* field, double iteration, double factor, Points* points) {
  const auto value = line.find(field);
  if (value != line.end() && value->is_number())
    points->emplace_back(iteration, factor * value->get<double>());
}

}  // namespace

absl::StatusOr<TrainingCurves> ReadTrainingLog(const std::string& path) {
  MRSN_ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  TrainingCurves curves;
  int number = 0;
  absl::string_view rest = text;
  while (!rest.empty()) {
    const size_t end = rest.find('\n');
    if (end == absl::string_view::npos) break;
    const absl::string_view line = rest.substr(0, end);
    rest.remove_prefix(end + 1);
    ++number;
    const auto json = nlohmann::json::parse(line.begin(), line.end(), nullptr, /*allow_exceptions=*/false);
    if (!json.is_object() || !json.contains("iteration") || !json["iteration"].is_number()) {
      return absl::InvalidArgumentError(absl::StrCat(
          path, ":", number, ": is no line of a training log: a JSON object with \"iteration\""));
    }
    const auto iteration = json["iteration"].get<double>();
    Add(json, "loss", iteration, 1, &curves.loss);
    Add(json, "learning_rate", iteration, 1, &curves.learning_rate);
    Add(json, "clips_per_second", iteration, 1, &curves.clips_per_second);
    Add(json, "gradient_norm", iteration, 1, &curves.gradient_norm);
    Add(json, "frame_map", iteration, 100, &curves.validation);
  }
  return curves;
}

}  // namespace mrsn::experiments
