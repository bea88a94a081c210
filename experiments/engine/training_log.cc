#include "experiments/engine/training_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
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

absl::Status Failed(const std::string& path, absl::string_view doing) {
  return absl::ErrnoToStatus(errno, absl::StrCat(path, ": cannot ", doing, " the log of the training"));
}

}  // namespace

absl::StatusOr<std::unique_ptr<TrainingLog>> TrainingLog::Open(const std::string& path, int64_t iteration,
                                                               int64_t validated) {
  size_t kept = 0;
  if (FileExists(path)) {
    MRSN_ASSIGN_OR_RETURN(const std::string log, ReadFile(path));
    kept = BytesUpTo(iteration, validated, log);
  }
  const std::string folder = std::filesystem::path(path).parent_path();
  if (!folder.empty()) MRSN_RETURN_IF_ERROR(MakeFolders(folder));
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (descriptor < 0) return Failed(path, "open");
  std::unique_ptr<TrainingLog> log(new TrainingLog(path, descriptor, static_cast<off_t>(kept)));
  if (::ftruncate(descriptor, log->size_) != 0) return Failed(path, "shorten");
  return log;
}

TrainingLog::~TrainingLog() { ::close(descriptor_); }

absl::Status TrainingLog::Append(const LoggedStep& step) { return AppendLine(LineOf(step)); }

absl::Status TrainingLog::AppendValidation(int64_t iteration, double epoch, double frame_map) {
  return AppendLine(absl::StrFormat(R"({"iteration": %d, "epoch": %.4f, "frame_map": %.6f})"
                                    "\n",
                                    iteration, epoch, frame_map));
}

absl::Status TrainingLog::AppendLine(const std::string& line) {
  absl::string_view left = line;
  while (!left.empty()) {
    const ssize_t written = ::write(descriptor_, left.data(), left.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      absl::Status failed = Failed(path_, "write");
      if (::ftruncate(descriptor_, size_) != 0) return failed;
      return failed;
    }
    left.remove_prefix(written);
  }
  size_ += static_cast<off_t>(line.size());
  return absl::OkStatus();
}

absl::Status TrainingLog::Sync() {
  return ::fdatasync(descriptor_) == 0 ? absl::OkStatus() : Failed(path_, "write");
}

}  // namespace mrsn::experiments
