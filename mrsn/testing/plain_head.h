// MrsnHead as one would write it with the framework's modules: what ours is timed
// against, and in float32 a third statement of the equations.
#ifndef MRSN_MRSN_TESTING_PLAIN_HEAD_H_
#define MRSN_MRSN_TESTING_PLAIN_HEAD_H_

#include <memory>

#include "mrsn/head/mrsn_head.h"

namespace mrsn::reference {

// torch::nn::MultiheadAttention (with its default need_weights), Conv2d, Linear, LayerNorm, GELU; every
// person has a copy of its clip's context tokens, and nothing is shared between persons. Weights are
// copied from `head`, whose type and mode (train or eval) it takes on.
// The module has no inner width, so long-term support needs inner_width = relation width.
std::shared_ptr<RelationHead> MakePlainHead(const MrsnHead& head, const MrsnHeadOptions& options);

}  // namespace mrsn::reference

#endif  // MRSN_MRSN_TESTING_PLAIN_HEAD_H_
