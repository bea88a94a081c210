#include "ops/base/progress.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"

namespace mrsn {
namespace {

constexpr int kBarWidth = 20;

std::string Clock(absl::Duration duration) {
  const int64_t seconds = absl::ToInt64Seconds(duration + absl::Milliseconds(500));
  if (seconds >= 3600) {
    return absl::StrFormat("%d:%02d:%02d", seconds / 3600, seconds / 60 % 60, seconds % 60);
  }
  return absl::StrFormat("%d:%02d", seconds / 60, seconds % 60);
}

}  // namespace

std::string ProgressLine(absl::string_view title, int64_t done, int64_t total, int64_t already_done,
                         int64_t units, absl::string_view unit, absl::Duration elapsed,
                         absl::string_view note) {
  const double fraction = total > 0 ? std::clamp(static_cast<double>(done) / total, 0.0, 1.0) : 1.0;
  const int filled = static_cast<int>(fraction * kBarWidth);
  std::string line =
      absl::StrFormat("%s %3d%% [%s%s] %d/%d", title, static_cast<int>(fraction * 100),
                      std::string(filled, '#'), std::string(kBarWidth - filled, ' '), done, total);
  const double seconds = absl::ToDoubleSeconds(elapsed);
  if (seconds > 0 && units > 0) absl::StrAppendFormat(&line, " %.1f %s/s", units / seconds, unit);
  const int64_t fresh = done - already_done;
  if (done >= total) {
    absl::StrAppend(&line, ", took ", Clock(elapsed));
  } else if (fresh > 0) {
    absl::StrAppend(&line, ", ", Clock(elapsed * (static_cast<double>(total - done) / fresh)), " to go");
  }
  if (!note.empty()) absl::StrAppend(&line, ", ", note);
  return line;
}

ProgressBar::ProgressBar(absl::string_view title, int64_t total, absl::string_view unit, int64_t already_done)
    : title_(title),
      unit_(unit),
      total_(total),
      already_done_(already_done),
      terminal_(::isatty(STDERR_FILENO) == 1),
      start_(absl::Now()),
      drawn_(start_),
      done_(already_done) {}

void ProgressBar::Update(int64_t done, int64_t units, absl::string_view note) {
  done_ = done;
  units_ = units;
  note_ = std::string(note);
  const absl::Duration since = absl::Now() - drawn_;
  if (since >= (terminal_ ? absl::Milliseconds(100) : absl::Seconds(10))) Draw(/*last=*/false);
}

void ProgressBar::Finish() { Draw(/*last=*/true); }

void ProgressBar::Draw(bool last) {
  drawn_ = absl::Now();
  const std::string line =
      ProgressLine(title_, done_, total_, already_done_, units_, unit_, drawn_ - start_, note_);
  if (terminal_) {
    std::fprintf(stderr, "\r\033[K%s%s", line.c_str(), last ? "\n" : "");
  } else {
    std::fprintf(stderr, "%s\n", line.c_str());
  }
  std::fflush(stderr);
}

}  // namespace mrsn
