// Writes curves for TensorBoard.
//
//   tensorboard --logdir=<folder or one above it>
#ifndef MRSN_OPS_FORMATS_TENSORBOARD_EVENT_FILE_H_
#define MRSN_OPS_FORMATS_TENSORBOARD_EVENT_FILE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ops/base/appended_file.h"
#include "ops/formats/tensorboard/event.pb.h"

namespace mrsn::tensorboard {

// One point of a curve. A number that is not finite is written as it is.
struct Point {
  std::string tag;  // the curve's name; "train/loss" stands in the group "train"
  double value = 0;
};

// One of the files of a folder. Every sitting of a program writes a new one; TensorBoard reads them in the
// order of their names, as one log.
class EventFile {
 public:
  // Makes <folder>/events.out.tfevents.<seconds>.<machine>.<process>, whose name comes behind those of the
  // files that are there. `first_step` is the first one that will be appended: TensorBoard forgets points of
  // this step and later ones in earlier files, for a program that goes on from a checkpoint does these steps
  // again.
  static absl::StatusOr<std::unique_ptr<EventFile>> Create(const std::string& folder, int64_t first_step);

  // Appends the points of one step with the time of now. On an error (no space) the file ends with the step
  // before.
  absl::Status Append(int64_t step, const std::vector<Point>& points);

  // Returns when all points are on the disk.
  absl::Status Sync() { return file_->Sync(); }

  const std::string& path() const { return file_->path(); }

 private:
  explicit EventFile(std::unique_ptr<AppendedFile> file) : file_(std::move(file)) {}
  absl::Status Write(int64_t step, Event event);

  const std::unique_ptr<AppendedFile> file_;
};

// The paths of a folder's files, in TensorBoard's order.
std::vector<std::string> EventFilesIn(const std::string& folder);

// All events of a file. DataLoss names a record that is damaged or holds no event.
absl::StatusOr<std::vector<Event>> ReadEvents(const std::string& path);

}  // namespace mrsn::tensorboard

#endif  // MRSN_OPS_FORMATS_TENSORBOARD_EVENT_FILE_H_
