// Returning early from functions that return absl::Status or absl::StatusOr.
#ifndef MRSN_OPS_BASE_STATUS_MACROS_H_
#define MRSN_OPS_BASE_STATUS_MACROS_H_

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#define MRSN_STATUS_CONCAT_INNER_(a, b) a##b
#define MRSN_STATUS_CONCAT_(a, b) MRSN_STATUS_CONCAT_INNER_(a, b)

#define MRSN_RETURN_IF_ERROR(expression)                                                   \
  do {                                                                                     \
    if (absl::Status mrsn_status_ = (expression); !mrsn_status_.ok()) return mrsn_status_; \
  } while (false)

// MRSN_ASSIGN_OR_RETURN(Foo foo, ReadFoo(path));
#define MRSN_ASSIGN_OR_RETURN(target, expression) \
  MRSN_ASSIGN_OR_RETURN_IMPL_(MRSN_STATUS_CONCAT_(mrsn_statusor_, __LINE__), target, expression)

#define MRSN_ASSIGN_OR_RETURN_IMPL_(statusor, target, expression) \
  auto statusor = (expression);                                   \
  if (!statusor.ok()) return statusor.status();                   \
  target = *std::move(statusor)

#endif  // MRSN_OPS_BASE_STATUS_MACROS_H_
