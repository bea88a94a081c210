// How the learnable embeddings of the head start.
#ifndef MRSN_MRSN_HEAD_RANDOM_EMBEDDING_H_
#define MRSN_MRSN_HEAD_RANDOM_EMBEDDING_H_

#include <torch/types.h>

namespace mrsn {

// Normal with standard deviation 0.02, as Vision Transformers start their positional embeddings.
inline at::Tensor RandomEmbedding(at::IntArrayRef shape) { return torch::randn(shape) * 0.02; }

}  // namespace mrsn

#endif  // MRSN_MRSN_HEAD_RANDOM_EMBEDDING_H_
