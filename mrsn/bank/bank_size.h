// How large a relation bank gets.
#ifndef MRSN_MRSN_BANK_BANK_SIZE_H_
#define MRSN_MRSN_BANK_BANK_SIZE_H_

#include <cmath>
#include <cstdint>

#include "mrsn/bank/relation_bank_format.h"

namespace mrsn {

// Bytes on the disk of a bank with `keyframes` entries of `persons` persons each, on average, and features of
// `width` values: LMDB's pages of 4 KiB. An entry of more than half a page has pages of its own, which begin
// with a header of 16 bytes; smaller ones share pages. The index is not in it, 1 % of banks with a few
// persons.
inline int64_t BankBytes(int64_t keyframes, double persons, int64_t width) {
  constexpr double kPage = 4096, kHeader = 16, kEntry = 40;  // node and key of an entry that shares a page
  const double value = persons * static_cast<double>(bank::EntryBytes(static_cast<size_t>(width)));
  const double entry =
      value + kEntry > (kPage - kHeader) / 2 ? std::ceil((kHeader + value) / kPage) * kPage : value + kEntry;
  return std::llround(static_cast<double>(keyframes) * entry);
}

}  // namespace mrsn

#endif  // MRSN_MRSN_BANK_BANK_SIZE_H_
