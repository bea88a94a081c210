// SIGTERM and Ctrl-C as a request: long work ends at its next safe place and keeps what it has.
#ifndef MRSN_OPS_BASE_STOP_SIGNAL_H_
#define MRSN_OPS_BASE_STOP_SIGNAL_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace mrsn {

// From now on SIGTERM and SIGINT only note that the work is to stop. A second SIGINT ends the process at
// once. SIGTERM may come any number of times, because a scheduler and a parent process may both send it.
// Callable more than once.
void CatchStopSignals();

// The signal that came first, SIGTERM or SIGINT; 0 if none has come.
int StopSignal();

// The error of work that stops because of StopSignal(): Cancelled, "stopped by SIGTERM: <kept>". RunProgram
// then ends with 128 + the signal, as a shell reports it: 143 for SIGTERM, 130 for Ctrl-C. `kept` says what
// is on the disk and how to go on.
absl::Status Stopped(absl::string_view kept);

// 128 + the signal if `status` comes from Stopped(), otherwise 0.
int StoppedExitCode(const absl::Status& status);

// As if `signal`, SIGTERM or SIGINT, had come: for whoever catches signals in another way.
void NoteStopSignal(int signal);

// For tests: as if no signal had come.
void ForgetStopSignal();

}  // namespace mrsn

#endif  // MRSN_OPS_BASE_STOP_SIGNAL_H_
