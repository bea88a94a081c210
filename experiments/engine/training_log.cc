#include "experiments/engine/training_log.h"

#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "ops/base/file.h"
#include "ops/base/status_macros.h"

namespace mrsn::experiments {
namespace {

using nlohmann::json;

std::string Number(const absl::FormatSpec<double>& format, double value) {
  return std::isfinite(value) ? absl::StrFormat(format, value) : "null";
}

std::string Texts(const std::vector<std::string>& texts) {
  return json(texts).dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string LineOf(const LoggedStep& step) {
  std::string line = absl::StrFormat(
      R"({"iteration": %d, "epoch": %.4f, "loss": %s, "learning_rate": %.6g, "clips_per_second": %.1f, )"
      R"("data_wait_seconds": %.4f)",
      step.iteration, step.epoch, Number("%.6g", step.loss), step.learning_rate, step.clips_per_second,
      step.data_wait_seconds);
  if (step.gradient_norm.has_value()) {
    absl::StrAppend(&line, R"(, "gradient_norm": )", Number("%.6g", *step.gradient_norm));
  }
  if (step.loss_scale.has_value()) {
    absl::StrAppend(&line, R"(, "loss_scale": )", Number("%.6g", *step.loss_scale));
  }
  absl::StrAppend(&line, R"(, "peak_memory_bytes": )", step.peak_memory_bytes);
  if (!step.skipped.empty()) absl::StrAppend(&line, R"(, "skipped": )", Texts(step.skipped));
  if (!step.not_applied.empty()) absl::StrAppend(&line, R"(, "not_applied": )", Texts(step.not_applied));
  return line + "}\n";
}

// Whether a line, without its end, is of one of the first `iteration` steps, or of a validation up to
// `validated`.
bool IsUpTo(int64_t iteration, int64_t validated, absl::string_view line) {
  const json entry = json::parse(line.begin(), line.end(), nullptr, /*allow_exceptions=*/false);
  if (!entry.is_object()) return false;
  const auto found = entry.find("iteration");
  return found != entry.end() && found->is_number_integer() &&
         found->get<int64_t>() <= (entry.contains("frame_map") ? validated : iteration);
}

// Bytes of such lines at the beginning of `log`.
size_t BytesUpTo(int64_t iteration, int64_t validated, absl::string_view log) {
  size_t begin = 0;
  for (size_t end; (end = log.find('\n', begin)) != absl::string_view::npos; begin = end + 1) {
    if (!IsUpTo(iteration, validated, log.substr(begin, end - begin))) break;
  }
  return begin;
}

std::vector<tensorboard::Point> PointsOf(const LoggedStep& step) {
  std::vector<tensorboard::Point> points = {{"train/loss", step.loss},
                                            {"train/learning_rate", step.learning_rate},
                                            {"train/clips_per_second", step.clips_per_second},
                                            {"train/data_wait_seconds", step.data_wait_seconds}};
  if (step.gradient_norm.has_value()) points.push_back({"train/gradient_norm", *step.gradient_norm});
  return points;
}

}  // namespace

absl::StatusOr<std::unique_ptr<TrainingLog>> TrainingLog::Open(const std::string& path, int64_t iteration,
                                                               int64_t validated) {
  size_t kept = 0;
  if (FileExists(path)) {
    MRSN_ASSIGN_OR_RETURN(const std::string log, ReadFile(path));
    kept = BytesUpTo(iteration, validated, log);
  }
  MRSN_ASSIGN_OR_RETURN(std::unique_ptr<AppendedFile> lines,
                        AppendedFile::Open(path, static_cast<int64_t>(kept)));
  const std::string events_folder = std::filesystem::path(path).parent_path() / "tensorboard";
  return std::unique_ptr<TrainingLog>(new TrainingLog(std::move(lines), events_folder, iteration + 1));
}

absl::Status TrainingLog::Append(const LoggedStep& step) {
  MRSN_RETURN_IF_ERROR(lines_->Append(LineOf(step)));
  return AppendPoints(step.iteration, PointsOf(step));
}

absl::Status TrainingLog::AppendValidation(int64_t iteration, double epoch, double frame_map) {
  MRSN_RETURN_IF_ERROR(lines_->Append(absl::StrFormat(R"({"iteration": %d, "epoch": %.4f, "frame_map": %.6f})"
                                                      "\n",
                                                      iteration, epoch, frame_map)));
  return AppendPoints(iteration, {{"validation/frame_mAP", frame_map}});
}

absl::Status TrainingLog::AppendPoints(int64_t iteration, const std::vector<tensorboard::Point>& points) {
  if (events_ == nullptr) {
    MRSN_ASSIGN_OR_RETURN(events_, tensorboard::EventFile::Create(events_folder_, first_step_));
  }
  return events_->Append(iteration, points);
}

absl::Status TrainingLog::Sync() {
  MRSN_RETURN_IF_ERROR(lines_->Sync());
  return events_ == nullptr ? absl::OkStatus() : events_->Sync();
}

}  // namespace mrsn::experiments
