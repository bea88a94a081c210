// A progress bar on standard error with rate and time to go.
#ifndef MRSN_OPS_BASE_PROGRESS_H_
#define MRSN_OPS_BASE_PROGRESS_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace mrsn {

//   ProgressBar bar("train table4/acre", iterations, "clips");
//   bar.Update(done, clips_done, absl::StrFormat("loss %.3f", loss));
//   bar.Finish();
// On a terminal one line is redrawn ten times a second; otherwise (a log file) a
// line is printed every 10 seconds and at the end.
class ProgressBar {
 public:
  // `total` steps; `unit` is what the rate counts ("clips" prints "clips/s").
  // `already_done` steps of a resumed run count for the bar, not for the rate.
  ProgressBar(absl::string_view title, int64_t total, absl::string_view unit, int64_t already_done = 0);

  // `done` of `total` steps; `units` handled by this object so far.
  void Update(int64_t done, int64_t units, absl::string_view note);
  void Finish();

 private:
  void Draw(bool last);

  const std::string title_, unit_;
  const int64_t total_, already_done_;
  const bool terminal_;
  const absl::Time start_;
  absl::Time drawn_;
  int64_t done_ = 0, units_ = 0;
  std::string note_;
};

// The line the bar draws, without control characters: "title 40% [####      ]
// 400/1000 123.4 clips/s, 0:12 to go, note".
std::string ProgressLine(absl::string_view title, int64_t done, int64_t total, int64_t already_done,
                         int64_t units, absl::string_view unit, absl::Duration elapsed,
                         absl::string_view note);

}  // namespace mrsn

#endif  // MRSN_OPS_BASE_PROGRESS_H_
