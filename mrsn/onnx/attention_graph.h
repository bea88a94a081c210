// The paper's encoders (mrsn/head: ACRE, AARE, RSE, the blocks of them, and long-term support) as nodes, each
// equation as it is printed: nothing is shared between persons as the modules do, so that the sums are the
// same in another order.
//
// Shapes: N persons, B clips, L context tokens, d width, M entries of the bank, g width of G.
#ifndef MRSN_MRSN_ONNX_ATTENTION_GRAPH_H_
#define MRSN_MRSN_ONNX_ATTENTION_GRAPH_H_

#include <cstdint>

#include "mrsn/head/mrsn_head_config.h"
#include "mrsn/onnx/scope.h"

namespace mrsn::onnx {

// Eq. 6: x [n,Q,w] attends to y [n,S,w] -> [n,Q,w]. `allowed`, "" or bool, broadcasts to [n,heads,Q,S] and is
// true where the query may see the key.
Value Attention(const Scope& scope, int64_t heads, const Value& x, const Value& y, const Value& allowed = "");

// a [n] and b [m], clips of persons -> bool [n,m]: whether the two are the same clip.
Value SameClip(const Scope& scope, const Value& a, const Value& b);

struct RelationValues {
  Value X;  // [N,L+1,d], "" without ACRE
  Value Y;  // [N,d], "" without AARE
};

// One MRSE block, the module "mrse<b>": Eq. 2, Eq. 4, Eq. 5.
RelationValues Mrse(const Scope& scope, const MrseOptions& options, RelationValues relations,
                    const Value& same_clip);

struct BankValues {
  Value features, clip_index, offset;  // [M,g], [M], [M]
};

// Eq. 8's attention to the bank, G -> G_long [N,g]. Windows may be empty, and so may the bank.
Value LongTermSupport(const Scope& scope, const MrsnHeadOptions& options, const Value& G,
                      const Value& clip_index, const BankValues& bank);

}  // namespace mrsn::onnx

#endif  // MRSN_MRSN_ONNX_ATTENTION_GRAPH_H_
