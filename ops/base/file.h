// Reading and writing whole files; an interrupted write never leaves half a file.
#ifndef MRSN_OPS_BASE_FILE_H_
#define MRSN_OPS_BASE_FILE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace mrsn {

// The file's bytes. Errors name the path and the system's reason.
absl::StatusOr<std::string> ReadFile(const std::string& path);

// Writes `contents` to a temporary name in the same folder, syncs it and renames
// it to `path`, whose folder is made if need be. On an error (no space, no
// permission) the temporary file is removed and whatever stood at `path` stays.
absl::Status WriteFileAtomically(const std::string& path, absl::string_view contents);

// Makes a folder and its parents; an existing folder is no error.
absl::Status MakeFolders(const std::string& path);

bool FileExists(const std::string& path);

// $XDG_CACHE_HOME/mrsn, or ~/.cache/mrsn, in a test a folder of its own: what can be made again.
std::string CacheFolder();

// Where the user started `bazel run` (BUILD_WORKING_DIRECTORY), so that relative
// paths given on a command line mean what the user sees; else the current folder.
std::string UserPath(const std::string& path);

}  // namespace mrsn

#endif  // MRSN_OPS_BASE_FILE_H_
