#include "experiments/evidence/scale_file.h"

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "experiments/evidence/contrasts.h"
#include "ops/base/file.h"
#include "ops/base/runfiles.h"
#include "ops/base/status_macros.h"

namespace mrsn::experiments {
namespace {

using Json = nlohmann::json;

std::map<std::string, double> ValuesOf(const Json& row) {
  std::map<std::string, double> values = row.at("by_kind").get<std::map<std::string, double>>();
  values[kAllClasses] = row.at("frame_map").get<double>();
  return values;
}

}  // namespace

absl::StatusOr<ScaleOfData> ReadScale(const std::string& path) {
  MRSN_ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  const auto invalid = [&](const std::string& what) {
    return absl::InvalidArgumentError(
        absl::StrCat(ShownPath(path), ": ", what,
                     "; expected a file that //experiments:evidence_scale wrote with --json"));
  };
  ScaleOfData scale;
  try {
    for (const Json& row : Json::parse(text)) {
      const std::string name = row.at("row").get<std::string>();
      scale.data = row.at("data").get<std::string>();
      if (name == "pose only") scale.pose_only = ValuesOf(row);
      if (name == "oracle") scale.oracle = ValuesOf(row);
    }
  } catch (const Json::exception& error) {
    return invalid(error.what());
  }
  if (scale.pose_only.empty()) return invalid("no row \"pose only\"");
  if (scale.oracle.empty()) return invalid("no row \"oracle\"");
  return scale;
}

}  // namespace mrsn::experiments
