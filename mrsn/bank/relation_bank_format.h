// Shared by writer and reader of a relation bank: keys, sizes, the meta record, and messages for LMDB's
// errors.
#ifndef MRSN_MRSN_BANK_RELATION_BANK_FORMAT_H_
#define MRSN_MRSN_BANK_RELATION_BANK_FORMAT_H_

#include <lmdb.h>

#include <cstdint>
#include <optional>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "mrsn/bank/bank_identity.h"
#include "ops/base/box.h"
#include "ops/base/keyframe.h"

namespace mrsn::bank {

struct BankMeta {
  BankIdentity identity;
  int64_t width = 0, keyframes = 0;
};

// The meta record: one "name value" for each line. Its key starts with '\0'; no entry's key does, because no
// video has an empty name.
std::string MetaKey();
std::string MetaRecord(const BankMeta& meta);
absl::StatusOr<BankMeta> ParseMeta(absl::string_view record, const std::string& path);

// "; checkpoint: the bank was written with a, this run has b; ..."; empty if there is no difference.
std::string Differences(const BankIdentity& bank_has, const BankIdentity& run_has);

// video, '\0', the whole second at or below as four big-endian bytes, and of a second with a fraction its
// millionths as four more: keys sort by video, then time. The second is one of 32 bits.
std::string EntryKey(const Keyframe& keyframe);
// The other way round; nullopt for bytes that are no such key.
std::optional<Keyframe> KeyframeOfKey(absl::string_view key);

// Bytes per person: float16 features, then the box.
inline size_t EntryBytes(size_t width) { return width * sizeof(uint16_t) + sizeof(Box); }
static_assert(sizeof(Box) == 4 * sizeof(float), "boxes are stored as four floats");

MDB_val Value(const std::string& bytes);  // a view

absl::Status LmdbError(int code, const std::string& path, absl::string_view doing);

// An error of the operating system with its number (errno).
absl::Status SystemError(int code, const std::string& path, absl::string_view doing);

// Called with the bytes done so far.
using ProgressFunction = absl::FunctionRef<void(int64_t)>;

// SHA-256 of a file of any size.
absl::StatusOr<std::string> FileFingerprint(const std::string& path, ProgressFunction progress);

}  // namespace mrsn::bank

#endif  // MRSN_MRSN_BANK_RELATION_BANK_FORMAT_H_
