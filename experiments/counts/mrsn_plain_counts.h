// Parameters and multiply-adds of the MRSN head from its equations alone.
//
// The plain equations project the context tokens once per person (Eq. 2) and attend to a
// single key like to many (Eq. 5); mrsn/ does neither (Acre::ForwardFromTokens,
// MultiHeadAttention::SingleKeyAttention), so fewer are executed. Comparisons with other
// heads' published counts need the plain ones. Checked against counts made with fvcore.
#ifndef MRSN_EXPERIMENTS_COUNTS_MRSN_PLAIN_COUNTS_H_
#define MRSN_EXPERIMENTS_COUNTS_MRSN_PLAIN_COUNTS_H_

#include <cstdint>

namespace mrsn::experiments {

struct MrsnShape {
  int64_t channels = 2048;      // C
  int64_t width = 1024;         // d
  int64_t hidden = 1024;        // f = r d of every feed-forward layer, r the FFN ratio
  int64_t classes = 80;         // K
  int64_t context_tokens = 64;  // L = (S/p)^2, also the cells of Eq. 3
  int64_t patch_size = 2;       // p
  int64_t actor_inputs = 2048;  // of the actor embedder: C for a pooled RoI, 49 C for a flattened one
  // M summed over all MRSE blocks; 0: the encoder is left out. At least one of ACRE and AARE.
  int64_t acre_layers = 1, aare_layers = 1, rse_layers = 1;
  int64_t mlp_layers = 2;       // 1 or 2
  int64_t inner_width = 0;      // c of long-term support, Eq. 8; 0: short-term consensus
  int64_t window_seconds = 10;  // omega
};

// With g = d times 3 (ACRE and AARE), 2 (ACRE) or 1 (AARE):
//   encoder layer          (4d^2 + 4d) + (2df + f + d) + 4d, once for ACRE and AARE, twice for RSE
//   embedders              p^2 C d + d, actor_inputs d + d, E (1 + L) d, E_A^n L d
//   Eq. 8                  4gc + 3c + g, 2g, (2 omega + 1) g
//   MLP                    gK + K, or gd + d + dK + K
int64_t MrsnParameters(const MrsnShape& shape);

// Of one clip with N persons and n bank entries in its window, T = L + 1:
//   embedders              L p^2 C d, N actor_inputs d
//   ACRE                   M N (T (4d^2 + 2df) + 2T^2 d)
//   AARE                   M (N (4d^2 + 2df) + 2N^2 d)
//   RSE                    M N ((T + 1)(4d^2 + 2df) + 4Td)
//   Eq. 8                  2Ngc + 2ngc + 2Nnc
//   MLP                    N gK, or N (gd + dK)
int64_t MrsnPlainMacs(const MrsnShape& shape, int64_t persons, int64_t bank_entries);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_COUNTS_MRSN_PLAIN_COUNTS_H_
