// A file that is written piece by piece under another name and renamed when it is complete.
#ifndef MRSN_OPS_BASE_TEMPORARY_FILE_H_
#define MRSN_OPS_BASE_TEMPORARY_FILE_H_

#include <string>

#include "absl/status/status.h"

namespace mrsn {

// For files that are too long for WriteFileAtomically (file.h), or that a library writes itself.
//
//   TemporaryFile file("out/a.json");
//   std::ofstream stream(file.path());
//   ...
//   MRSN_RETURN_IF_ERROR(file.Commit());  // a.json is there, or what stood there before stays
class TemporaryFile {
 public:
  // `target` is the name in the end. Its folder must exist.
  explicit TemporaryFile(std::string target);
  ~TemporaryFile();  // removes the file unless Commit has renamed it
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  // The name to write to, in the target's folder. It ends as the target does, because libraries choose a
  // format by the end of a name: "out/.a.tmp.123.0.mp4".
  const std::string& path() const { return path_; }

  // Syncs and renames. Errors name the target and the system's reason.
  absl::Status Commit();

 private:
  const std::string target_;
  std::string path_;
  bool renamed_ = false;
};

}  // namespace mrsn

#endif  // MRSN_OPS_BASE_TEMPORARY_FILE_H_
