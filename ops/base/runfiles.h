// Where a program finds the files of the source tree.
#ifndef MRSN_OPS_BASE_RUNFILES_H_
#define MRSN_OPS_BASE_RUNFILES_H_

#include <optional>
#include <string>

namespace mrsn {

// The folder that holds this program's data files, laid out as the source tree is
// (experiments/configs, ...). Bazel copies the files that a target names in `data` to
// such a folder for `bazel test`, `bazel run` and a program started by its path in
// bazel-bin. Without Bazel the current folder, ".".
std::string DataFilesRoot();

// The source tree itself, for programs that write into it: where the user typed
// `bazel run`. Absent when the program was started in another way.
std::optional<std::string> WorkspaceRoot();

// How messages name a file: a data file by its place in the source tree.
std::string ShownPath(const std::string& path);

}  // namespace mrsn

#endif  // MRSN_OPS_BASE_RUNFILES_H_
