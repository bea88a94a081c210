#include "experiments/tables/result_files.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <system_error>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "experiments/config/text_proto.h"
#include "ops/base/file.h"
#include "ops/base/runfiles.h"
#include "ops/base/status_macros.h"

namespace mrsn::experiments {
namespace {

absl::Status Invalid(const std::string& place, const std::string& what) {
  return absl::InvalidArgumentError(absl::StrCat(place, ": ", what));
}

// `place` names the file, and the run where a file has several.
absl::Status CheckValues(const Result& result, const std::string& place) {
  const auto in_unit = [](double value) { return value >= 0 && value <= 1; };
  if (result.has_frame_map() && !in_unit(result.frame_map())) {
    return Invalid(place, absl::StrCat("frame_map is ", result.frame_map(), "; allowed: 0..1"));
  }
  for (const KindScore& kind : result.by_kind()) {
    if (kind.has_mean_ap() && !in_unit(kind.mean_ap())) {
      return Invalid(
          place, absl::StrCat("by_kind ", kind.kind(), ": mean_ap is ", kind.mean_ap(), "; allowed: 0..1"));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckSpeed(const Speed& speed, const std::string& place) {
  if (speed.clips_per_second() > 0) return absl::OkStatus();
  return Invalid(place, absl::StrCat("clips_per_second is ", speed.clips_per_second(), "; allowed: above 0"));
}

absl::Status CheckResultFile(const Result& result, const std::string& path, const std::string& experiment) {
  const std::string name = std::filesystem::path(path).filename();
  const std::string place = ShownPath(path);
  if (result.experiment() != experiment) {
    return Invalid(place, absl::StrCat("experiment is \"", result.experiment(), "\", its folder says \"",
                                       experiment, "\""));
  }
  if (name != absl::StrCat("seed", result.seed(), ".textproto")) {
    return Invalid(place, absl::StrCat("seed is ", result.seed(), ", the file's name says another"));
  }
  return CheckValues(result, place);
}

absl::StatusOr<std::optional<Speed>> ReadSpeed(const std::string& root, const std::string& experiment) {
  const std::string path = absl::StrCat(root, "/", experiment, "/speed.textproto");
  if (!FileExists(path)) return std::nullopt;
  Speed speed;
  MRSN_RETURN_IF_ERROR(ReadTextProto(path, &speed));
  if (speed.experiment() != experiment) {
    return Invalid(ShownPath(path), absl::StrCat("experiment is \"", speed.experiment(),
                                                 "\", its folder says \"", experiment, "\""));
  }
  MRSN_RETURN_IF_ERROR(CheckSpeed(speed, ShownPath(path)));
  return speed;
}

absl::StatusOr<std::map<std::string, Measurements>> ReadTableResults(const std::string& path) {
  std::map<std::string, Measurements> measured;
  if (!FileExists(path)) return measured;
  TableResults packed;
  MRSN_RETURN_IF_ERROR(ReadTextProto(path, &packed));
  MRSN_ASSIGN_OR_RETURN(MeasuredExperiments unpacked, UnpackResults(packed, ShownPath(path)));
  for (auto& [experiment, measurements] : unpacked) {
    const std::string place = absl::StrCat(ShownPath(path), ": ", experiment);
    for (const Result& result : measurements.results) {
      MRSN_RETURN_IF_ERROR(CheckValues(result, absl::StrCat(place, " seed ", result.seed())));
    }
    if (measurements.speed) MRSN_RETURN_IF_ERROR(CheckSpeed(*measurements.speed, place));
    if (!measured.emplace(experiment, std::move(measurements)).second) {
      return Invalid(place, "the experiment stands there twice");
    }
  }
  return measured;
}

}  // namespace

absl::StatusOr<std::vector<Result>> ReadResults(const std::string& root, const std::string& experiment) {
  std::vector<Result> results;
  std::error_code error;
  std::filesystem::directory_iterator folder(absl::StrCat(root, "/", experiment), error);
  if (error) return results;  // nothing measured yet
  for (const auto& entry : folder) {
    const std::string name = entry.path().filename();
    if (!absl::StartsWith(name, "seed") || !absl::EndsWith(name, ".textproto")) continue;
    Result result;
    MRSN_RETURN_IF_ERROR(ReadTextProto(entry.path(), &result));
    MRSN_RETURN_IF_ERROR(CheckResultFile(result, entry.path(), experiment));
    results.push_back(std::move(result));
  }
  std::sort(results.begin(), results.end(),
            [](const Result& a, const Result& b) { return a.seed() < b.seed(); });
  return results;
}

absl::StatusOr<MeasuredExperiments> ReadMeasurements(const std::string& source,
                                                     const std::vector<std::string>& experiments) {
  const bool is_file = absl::EndsWith(source, ".textproto");
  std::map<std::string, Measurements> of_table;
  if (is_file) {
    MRSN_ASSIGN_OR_RETURN(of_table, ReadTableResults(source));
  }
  MeasuredExperiments measured;
  for (const std::string& experiment : experiments) {
    Measurements measurements = is_file ? of_table[experiment] : Measurements();
    if (!is_file) {
      MRSN_ASSIGN_OR_RETURN(measurements.results, ReadResults(source, experiment));
      MRSN_ASSIGN_OR_RETURN(measurements.speed, ReadSpeed(source, experiment));
    }
    measured.emplace_back(experiment, std::move(measurements));
  }
  return measured;
}

}  // namespace mrsn::experiments
