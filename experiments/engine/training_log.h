// The log of a training: one JSON object a line, written when its step is done.
//
//   {"iteration": 12, "epoch": 0.1200, "loss": 0.61, "learning_rate": 0.04, "clips_per_second": 21.3,
//    "data_wait_seconds": 0.0021, "gradient_norm": 1.7, "peak_memory_bytes": 812345344}
//
// The folder tensorboard/ beside it has the same curves for TensorBoard: train/loss, train/learning_rate,
// train/clips_per_second, train/data_wait_seconds, train/gradient_norm, validation/frame_mAP.
#ifndef MRSN_EXPERIMENTS_ENGINE_TRAINING_LOG_H_
#define MRSN_EXPERIMENTS_ENGINE_TRAINING_LOG_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ops/base/appended_file.h"
#include "ops/formats/tensorboard/event_file.h"

namespace mrsn::experiments {

// A number that is not finite is written as null.
struct LoggedStep {
  int64_t iteration = 0;  // steps done, this one included
  double epoch = 0;       // iteration / iterations per epoch
  double loss = 0;
  double learning_rate = 0;
  double clips_per_second = 0;          // of this sitting so far
  double data_wait_seconds = 0;         // that this step waited for its clips
  std::optional<double> gradient_norm;  // of all gradients together, before clipping; none without a step
  int64_t peak_memory_bytes = 0;        // of the process so far
  std::vector<std::string> skipped;     // clips that could not be read, with the reasons; mostly none
  // The batch's clips if its numbers were not finite, in float16 also when the loss was scaled too much;
  // mostly none.
  std::vector<std::string> not_applied;
  std::optional<double> loss_scale;  // of a float16 training, in this step
};

class TrainingLog {
 public:
  // Opens the log, which is made if need be, behind the lines of step `iteration` and of the validation after
  // step `validated`. Later lines are cut off: a checkpoint of `iteration` does not have them, and they will
  // come again. A line that was cut by a crash goes, too.
  static absl::StatusOr<std::unique_ptr<TrainingLog>> Open(const std::string& path, int64_t iteration,
                                                           int64_t validated);

  // Appends one line, and its points of curves. On an error (no space) the log ends with the line before, or
  // with this one if the curves cannot be written.
  absl::Status Append(const LoggedStep& step);
  // {"iteration": 200, "epoch": 1.0000, "frame_map": 0.213400}
  absl::Status AppendValidation(int64_t iteration, double epoch, double frame_map);

  // Returns when all lines are on the disk. A checkpoint never stands beside a log that lacks its lines.
  absl::Status Sync();

 private:
  TrainingLog(std::unique_ptr<AppendedFile> lines, std::string events_folder, int64_t first_step)
      : lines_(std::move(lines)), events_folder_(std::move(events_folder)), first_step_(first_step) {}
  absl::Status AppendPoints(int64_t iteration, const std::vector<tensorboard::Point>& points);

  const std::unique_ptr<AppendedFile> lines_;
  const std::string events_folder_;
  const int64_t first_step_;
  std::unique_ptr<tensorboard::EventFile> events_;  // made with the first point
};

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_ENGINE_TRAINING_LOG_H_
