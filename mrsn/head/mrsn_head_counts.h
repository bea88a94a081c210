// Parameters and multiply-adds of MrsnHead from its equations alone, without LibTorch.
//
// The plain equations project the context tokens once per person (Eq. 2), and compute the queries and keys of
// Eq. 5 although there is a single key. MrsnHead does neither (Acre::ForwardFromTokens,
// MultiHeadAttention::SingleKeyAttention), so it executes fewer products. A comparison with the published
// counts of other heads needs the plain ones. They are checked against counts made with fvcore.
//
// N persons, n bank entries in the window, L = (S/p)^2 context tokens, T = L + 1; d, f = r d the widths of
// tokens and feed-forward layers, a the inputs of the actor embedder (C, or C roi_size^2 for a flattened
// RoI), c the inner width of Eq. 8, M the layers of an encoder summed over all blocks, and
// g = d times 3 (ACRE and AARE), 2 (ACRE) or 1 (AARE).
#ifndef MRSN_MRSN_HEAD_MRSN_HEAD_COUNTS_H_
#define MRSN_MRSN_HEAD_MRSN_HEAD_COUNTS_H_

#include <cstdint>

#include "mrsn/head/mrsn_head_config.h"

namespace mrsn {

//   encoder layer          (4d^2 + 4d) + (2df + f + d) + 4d, M times for ACRE and AARE, 2M times for RSE
//   embedders              p^2 C d + d, a d + d, E (1 + L) d, E_A^n L d
//   Eq. 8                  4gc + 3c + g, 2g, (2 omega + 1) g, with bank features of width b: bg + g
//   MLP                    gK + K, or gd + d + dK + K
int64_t MrsnHeadParameters(const MrsnHeadOptions& options);

// Of one clip:
//   embedders              L p^2 C d, N a d
//   ACRE                   M N (T (4d^2 + 2df) + 2T^2 d)
//   AARE                   M (N (4d^2 + 2df) + 2N^2 d)
//   RSE                    M N ((T + 1)(4d^2 + 2df) + 4Td)
//   Eq. 8                  2Ngc + 2ngc + 2Nnc, with bank features of width b: nbg
//   MLP                    N gK, or N (gd + dK)
int64_t MrsnHeadPlainMacs(const MrsnHeadOptions& options, int64_t persons, int64_t bank_entries);

}  // namespace mrsn

#endif  // MRSN_MRSN_HEAD_MRSN_HEAD_COUNTS_H_
