// At most one process writes a part of a bank.
#ifndef MRSN_MRSN_BANK_BANK_LOCK_H_
#define MRSN_MRSN_BANK_BANK_LOCK_H_

#include <memory>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace mrsn::bank {

// Holds a lock file; the system releases it with the process, however that ends.
class BankLock {
 public:
  // The file's folder is made. Waits for another holder, after a line on standard error, or returns
  // Unavailable; a stop signal (ops/base/stop_signal.h) ends the wait with the error of Stopped(). `useless`,
  // asked before each attempt and once the lock is held, ends the call with its error.
  static absl::StatusOr<std::unique_ptr<BankLock>> Take(const std::string& file, bool wait,
                                                        absl::FunctionRef<absl::Status()> useless);
  ~BankLock();
  BankLock(const BankLock&) = delete;
  BankLock& operator=(const BankLock&) = delete;

 private:
  explicit BankLock(int file) : file_(file) {}
  const int file_;
};

}  // namespace mrsn::bank

#endif  // MRSN_MRSN_BANK_BANK_LOCK_H_
