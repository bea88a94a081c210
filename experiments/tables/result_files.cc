#include "experiments/tables/result_files.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "experiments/config/text_proto.h"
#include "ops/base/status_macros.h"

namespace mrsn::experiments {
namespace {

absl::Status CheckResult(const Result& result, const std::string& path, const std::string& experiment) {
  const auto invalid = [&](const std::string& what) {
    return absl::InvalidArgumentError(absl::StrCat(ShownPath(path), ": ", what));
  };
  const std::string name = std::filesystem::path(path).filename();
  if (result.experiment() != experiment) {
    return invalid(
        absl::StrCat("experiment is \"", result.experiment(), "\", its folder says \"", experiment, "\""));
  }
  if (name != absl::StrCat("seed", result.seed(), ".textproto")) {
    return invalid(absl::StrCat("seed is ", result.seed(), ", the file's name says another"));
  }
  const auto in_unit = [](double value) { return value >= 0 && value <= 1; };
  if (result.has_frame_map() && !in_unit(result.frame_map())) {
    return invalid(absl::StrCat("frame_map is ", result.frame_map(), "; allowed: 0..1"));
  }
  for (const KindScore& kind : result.by_kind()) {
    if (kind.has_mean_ap() && !in_unit(kind.mean_ap())) {
      return invalid(
          absl::StrCat("by_kind ", kind.kind(), ": mean_ap is ", kind.mean_ap(), "; allowed: 0..1"));
    }
  }
  return absl::OkStatus();
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
    MRSN_RETURN_IF_ERROR(CheckResult(result, entry.path(), experiment));
    results.push_back(std::move(result));
  }
  std::sort(results.begin(), results.end(),
            [](const Result& a, const Result& b) { return a.seed() < b.seed(); });
  return results;
}

}  // namespace mrsn::experiments
