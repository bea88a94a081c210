// From the parts of a bank to its LMDB file.
#ifndef MRSN_MRSN_BANK_BANK_MERGE_H_
#define MRSN_MRSN_BANK_BANK_MERGE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "mrsn/bank/relation_bank_format.h"

namespace mrsn::bank {

// Writes the entries of the files `parts`, ordered by key, to a bank in the new folder `folder`, with digest,
// and syncs it. The bytes depend on the entries and `meta` alone. meta.keyframes is counted here;
// FailedPrecondition if `keyframes` is another number. An entry may stand in several parts if its value
// is the same, otherwise AlreadyExists. `path` names the bank in messages.
absl::Status MergeParts(const std::vector<std::string>& parts, BankMeta meta,
                        std::optional<int64_t> keyframes, const std::string& folder, const std::string& path);

}  // namespace mrsn::bank

#endif  // MRSN_MRSN_BANK_BANK_MERGE_H_
