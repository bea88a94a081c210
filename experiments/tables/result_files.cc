#include "experiments/tables/result_files.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
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

constexpr char kSpeedFile[] = "speed.textproto";

bool IsResultFile(const std::string& name) {
  return absl::StartsWith(name, "seed") && absl::EndsWith(name, ".textproto");
}

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
  for (const ClassScore& score : result.per_class()) {
    if (score.has_ap() && !in_unit(score.ap())) {
      return Invalid(place,
                     absl::StrCat("per_class ", score.id(), ": ap is ", score.ap(), "; allowed: 0..1"));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckSpeed(const Speed& speed, const std::string& place) {
  if (speed.clips_per_second() > 0) return absl::OkStatus();
  return Invalid(place, absl::StrCat("clips_per_second is ", speed.clips_per_second(), "; allowed: above 0"));
}

absl::Status OtherFolder(const std::string& place, const std::string& experiment, const std::string& folder) {
  return Invalid(place, absl::StrCat("experiment is \"", experiment, "\", its folder says \"", folder, "\""));
}

absl::Status CheckResultFile(const Result& result, const std::string& path, const std::string& experiment) {
  const std::string name = std::filesystem::path(path).filename();
  const std::string place = ShownPath(path);
  if (result.experiment() != experiment) {
    return OtherFolder(place, result.experiment(), experiment);
  }
  if (name != absl::StrCat("seed", result.seed(), ".textproto")) {
    return Invalid(place, absl::StrCat("seed is ", result.seed(), ", the file's name says another"));
  }
  return CheckValues(result, place);
}

absl::StatusOr<std::optional<Speed>> ReadSpeed(const std::string& root, const std::string& experiment) {
  const std::string path = absl::StrCat(root, "/", experiment, "/", kSpeedFile);
  if (!FileExists(path)) return std::nullopt;
  Speed speed;
  MRSN_RETURN_IF_ERROR(ReadTextProto(path, &speed));
  if (speed.experiment() != experiment) {
    return OtherFolder(ShownPath(path), speed.experiment(), experiment);
  }
  MRSN_RETURN_IF_ERROR(CheckSpeed(speed, ShownPath(path)));
  return speed;
}

absl::StatusOr<MeasuredExperiments> ReadTableResults(const std::string& path) {
  TableResults packed;
  MRSN_RETURN_IF_ERROR(ReadTextProto(path, &packed));
  return UnpackAndCheck(packed, ShownPath(path));
}

// Whether the folder's path ends with the experiment's name.
bool FolderIsOf(const std::filesystem::path& folder, const std::string& experiment) {
  return absl::EndsWith(absl::StrCat("/", folder.string()), absl::StrCat("/", experiment));
}

// Adds the file's message to its experiment.
absl::Status ReadInto(const std::filesystem::path& path, std::map<std::string, Measurements>* measured) {
  const std::filesystem::path folder = std::filesystem::absolute(path).lexically_normal().parent_path();
  if (path.filename() == kSpeedFile) {
    Speed speed;
    MRSN_RETURN_IF_ERROR(ReadTextProto(path, &speed));
    if (speed.experiment().empty() || !FolderIsOf(folder, speed.experiment())) {
      return OtherFolder(ShownPath(path), speed.experiment(), folder.string());
    }
    MRSN_RETURN_IF_ERROR(CheckSpeed(speed, ShownPath(path)));
    (*measured)[speed.experiment()].speed = speed;
    return absl::OkStatus();
  }
  Result result;
  MRSN_RETURN_IF_ERROR(ReadTextProto(path, &result));
  const std::string experiment = result.experiment();
  if (experiment.empty() || !FolderIsOf(folder, experiment)) {
    return OtherFolder(ShownPath(path), experiment, folder.string());
  }
  MRSN_RETURN_IF_ERROR(CheckResultFile(result, path, experiment));
  Measurements& of_experiment = (*measured)[experiment];
  std::vector<Result>& results = of_experiment.results;
  for (const Result& other : results) {
    if (other.seed() != result.seed()) continue;
    return Invalid(ShownPath(path),
                   absl::StrCat("there is another result of ", experiment, " seed ", result.seed()));
  }
  of_experiment.paths[result.seed()] = path.string();
  results.push_back(std::move(result));
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<MeasuredExperiments> UnpackAndCheck(const TableResults& packed, const std::string& place) {
  MRSN_ASSIGN_OR_RETURN(MeasuredExperiments measured, UnpackResults(packed, place));
  std::set<std::string> names;
  for (const auto& [experiment, measurements] : measured) {
    const std::string entry = absl::StrCat(place, ": ", experiment);
    for (const Result& result : measurements.results) {
      MRSN_RETURN_IF_ERROR(CheckValues(result, absl::StrCat(entry, " seed ", result.seed())));
    }
    if (measurements.speed) MRSN_RETURN_IF_ERROR(CheckSpeed(*measurements.speed, entry));
    if (!names.insert(experiment).second) return Invalid(entry, "the experiment stands there twice");
  }
  return measured;
}

absl::StatusOr<std::vector<Result>> ReadResults(const std::string& root, const std::string& experiment) {
  std::vector<Result> results;
  std::error_code error;
  std::filesystem::directory_iterator folder(absl::StrCat(root, "/", experiment), error);
  if (error) return results;  // nothing measured yet
  for (const auto& entry : folder) {
    const std::string name = entry.path().filename();
    if (!IsResultFile(name)) continue;
    Result result;
    MRSN_RETURN_IF_ERROR(ReadTextProto(entry.path(), &result));
    MRSN_RETURN_IF_ERROR(CheckResultFile(result, entry.path(), experiment));
    results.push_back(std::move(result));
  }
  std::sort(results.begin(), results.end(),
            [](const Result& a, const Result& b) { return a.seed() < b.seed(); });
  return results;
}

absl::StatusOr<MeasuredExperiments> ReadAllMeasurements(const std::string& source) {
  std::error_code error;
  std::vector<std::filesystem::path> files;
  if (std::filesystem::is_directory(source, error)) {
    for (std::filesystem::recursive_directory_iterator at(source, error), end; !error && at != end;
         at.increment(error)) {
      const std::string name = at->path().filename();
      if (IsResultFile(name) || name == kSpeedFile) files.push_back(at->path());
    }
    if (error) return absl::InternalError(absl::StrCat(ShownPath(source), ": ", error.message()));
    std::sort(files.begin(), files.end());
  } else if (!FileExists(source)) {
    return absl::NotFoundError(absl::StrCat(ShownPath(source), ": does not exist"));
  } else if (IsResultFile(std::filesystem::path(source).filename())) {
    files.emplace_back(source);
  } else {
    return ReadTableResults(source);
  }
  std::map<std::string, Measurements> by_name;
  for (const std::filesystem::path& file : files) MRSN_RETURN_IF_ERROR(ReadInto(file, &by_name));
  MeasuredExperiments measured;
  for (auto& [experiment, measurements] : by_name) {
    std::sort(measurements.results.begin(), measurements.results.end(),
              [](const Result& a, const Result& b) { return a.seed() < b.seed(); });
    if (!measurements.results.empty()) measured.emplace_back(experiment, std::move(measurements));
  }
  if (measured.empty()) {
    return absl::NotFoundError(absl::StrCat(ShownPath(source), ": no results; expected files ",
                                            "<experiment>/seed<k>.textproto in it"));
  }
  return measured;
}

absl::StatusOr<MeasuredExperiments> ReadMeasurements(const std::string& source,
                                                     const std::vector<std::string>& experiments) {
  const bool is_file = absl::EndsWith(source, ".textproto");
  std::map<std::string, Measurements> of_table;
  if (is_file && FileExists(source)) {
    MRSN_ASSIGN_OR_RETURN(MeasuredExperiments all, ReadTableResults(source));
    for (auto& [experiment, measurements] : all) of_table[experiment] = std::move(measurements);
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
