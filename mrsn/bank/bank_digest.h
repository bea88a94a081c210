// A small file beside a bank's data. It says in a fraction of a second whether the data are those that were
// written, as far as LMDB must trust them.
//
// LMDB follows the page numbers in its file without a check, and a wrong one crashes the program. The digest
// covers the file's size and every page that holds keys or page numbers. Pages that hold nothing but the
// values of one entry are left out: they are nearly all of a large bank, and damage there changes features
// but crashes nothing. The whole file has its SHA-256, which takes as long as reading all of it.
#ifndef MRSN_MRSN_BANK_BANK_DIGEST_H_
#define MRSN_MRSN_BANK_BANK_DIGEST_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "mrsn/bank/relation_bank_format.h"

namespace mrsn::bank {

// Writes <folder>/bank.digest and <folder>/data.sha256 (which sha256sum -c reads) for <folder>/data.mdb,
// whose pages have `page_bytes` each.
absl::Status WriteDigest(const std::string& folder, int64_t page_bytes);

// DataLoss if size or index of <folder>/data.mdb are not those of the digest. A bank of an earlier version
// has no digest: then the whole data are compared with their SHA-256.
absl::Status CheckDigest(const std::string& folder);

// DataLoss if any byte of <folder>/data.mdb is not the one that was written.
absl::Status CheckWhole(const std::string& folder, ProgressFunction progress);

}  // namespace mrsn::bank

#endif  // MRSN_MRSN_BANK_BANK_DIGEST_H_
