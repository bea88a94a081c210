#include "experiments/device_check/device_report.h"

#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace mrsn::experiments {
namespace {

constexpr double kGibibyte = 1024.0 * 1024 * 1024;

const char* Verdict(bool ok) { return ok ? "ok" : "**differs**"; }

}  // namespace

absl::Status DeviceReport::AllOk() const {
  int wrong = static_cast<int>(errors.size());
  for (const CheckedOp& op : ops) wrong += !op.ok();
  for (const CheckedModel& model : models) wrong += !model.ok();
  if (wrong == 0) return absl::OkStatus();
  return absl::InternalError(absl::StrCat(device, ": ", wrong, " of ",
                                          ops.size() + models.size() + errors.size(),
                                          " checks differ from the CPU or failed"));
}

std::string ToMarkdown(const DeviceReport& report) {
  std::string text = absl::StrFormat("%s, %s, commit %s\n\n", report.device, report.date, report.commit);
  absl::StrAppend(&text, "| operation | difference from the CPU | allowed | |\n|---|---:|---:|---|\n");
  for (const CheckedOp& op : report.ops) {
    absl::StrAppendFormat(&text, "| %s | %s | %.0e | %s |\n", op.name,
                          op.error.empty() ? absl::StrFormat("%.1e", op.difference) : op.error, op.tolerance,
                          Verdict(op.ok()));
  }
  absl::StrAppend(
      &text,
      "\n| experiment | loss differs by | gradients by | | batch | ms a step | clips/s | peak GiB |\n"
      "|---|---:|---:|---|---|---:|---:|---:|\n");
  for (const CheckedModel& model : report.models) {
    const double clips = std::atof(model.setting.c_str());
    absl::StrAppendFormat(&text, "| %s | %.1e | %.1e | %s | %s | %.1f | %.1f | %s |\n", model.experiment,
                          model.loss_difference, model.gradient_difference, Verdict(model.ok()),
                          model.setting, model.step_milliseconds,
                          model.step_milliseconds > 0 ? 1000 * clips / model.step_milliseconds : 0.0,
                          model.peak_bytes > 0 ? absl::StrFormat("%.1f", model.peak_bytes / kGibibyte) : "");
  }
  for (const std::string& error : report.errors) absl::StrAppend(&text, "\nfailed: ", error, "\n");
  return text;
}

}  // namespace mrsn::experiments
