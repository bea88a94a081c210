// The frame of every program: flags, --help, error messages and the exit code.
#ifndef MRSN_OPS_BASE_PROGRAM_H_
#define MRSN_OPS_BASE_PROGRAM_H_

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace mrsn {

//   constexpr char kUsage[] =
//       "Trains one experiment.\n\n"
//       "  bazel run //experiments:train -- --experiment=micro/acre\n";
//   absl::Status Main() {
//     if (absl::GetFlag(FLAGS_experiment).empty()) return mrsn::WrongUsage("--experiment is not set");
//     return Train(absl::GetFlag(FLAGS_experiment));
//   }
//   int main(int argc, char** argv) { return mrsn::RunProgram(argc, argv, kUsage, Main); }

// Sets the program's flags (ABSL_FLAG) from the command line, runs `body`, and returns the exit code:
//   0  `body` succeeded, or --help was given. --help prints `usage`, which should hold an example, and
//      all flags with their defaults. It does not run `body`.
//   1  the job failed: `body` returned an error or threw an exception.
//   2  the command line is wrong: an unknown flag, a value of the wrong type, an argument that is no
//      flag, or a WrongUsage error of `body`.
//   130, 143  Ctrl-C or SIGTERM came, and `body` ended with the error of Stopped() (stop_signal.h). The line
//   then
//      says what is on the disk and how to go on.
// Codes 1 and 2 come with one line "error: ..." on standard error.
// Flags are --name=value or --name value; a boolean flag is also --name or --noname.
// The process then ends with main() at once: destructors of static objects do not run.
int RunProgram(int argc, char** argv, absl::string_view usage, absl::FunctionRef<absl::Status()> body);

// A body's error when the values of flags do not make sense. RunProgram adds "; see --help".
absl::Status WrongUsage(absl::string_view message);

}  // namespace mrsn

#endif  // MRSN_OPS_BASE_PROGRAM_H_
