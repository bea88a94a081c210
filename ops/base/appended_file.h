// A file that grows record by record. Whatever ends the process, whole records stand at its beginning.
#ifndef MRSN_OPS_BASE_APPENDED_FILE_H_
#define MRSN_OPS_BASE_APPENDED_FILE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace mrsn {

class AppendedFile {
 public:
  // Opens the file behind its first `size` bytes; later ones are cut off. A file that is not there is made,
  // and its folder if need be.
  static absl::StatusOr<std::unique_ptr<AppendedFile>> Open(const std::string& path, int64_t size);
  ~AppendedFile();
  AppendedFile(const AppendedFile&) = delete;
  AppendedFile& operator=(const AppendedFile&) = delete;

  // Appends one record. On an error (no space) the file ends with the record before.
  absl::Status Append(absl::string_view record);

  // Returns when all records are on the disk.
  absl::Status Sync();

  const std::string& path() const { return path_; }

 private:
  AppendedFile(std::string path, int descriptor, int64_t size)
      : path_(std::move(path)), descriptor_(descriptor), size_(size) {}

  const std::string path_;
  const int descriptor_;
  int64_t size_;  // bytes of whole records
};

}  // namespace mrsn

#endif  // MRSN_OPS_BASE_APPENDED_FILE_H_
