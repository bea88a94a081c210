// A folder that is written under another name and renamed when it is complete.
#ifndef MRSN_DATASETS_MEDIA_TEMPORARY_FOLDER_H_
#define MRSN_DATASETS_MEDIA_TEMPORARY_FOLDER_H_

#include <string>
#include <utility>

#include "absl/status/status.h"

namespace mrsn::datasets {

// A folder that only this process writes to. The lock ends with the process, however the process ends, so
// that another process can take over the folder of a killed one. The destructor removes the folder unless it
// was renamed.
class TemporaryFolder {
 public:
  explicit TemporaryFolder(std::string path) : path_(std::move(path)) {}
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  // Makes the folder, or empties the existing one. Aborted: another process is writing it.
  absl::Status Take();

  // Renames the folder to `to` when all of its files are on the disk. A folder that was there is replaced and
  // removed afterwards; it stays if the renaming fails.
  absl::Status Rename(const std::string& to);

  const std::string& path() const { return path_; }

 private:
  const std::string path_;
  int descriptor_ = -1;
  bool renamed_ = false;
};

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_MEDIA_TEMPORARY_FOLDER_H_
