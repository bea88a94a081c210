// The non-local layer that LFB (Wu et al. 2019, "Long-Term Feature Banks", sec. 3:
// its modified block NL') and AIA (Tang et al. 2020, "Asynchronous Interaction
// Aggregation", its interaction block) share: a person attends to a set of features.
//
//   a   = Softmax((x W^Q) (y W^K + P^K)^T / sqrt(c)) (y W^V + P^V)
//   out = x W^S + Dropout(ReLU(LN(a)) W^O)
//
// W^S is a linear map if in and out differ in width and the identity if not; P^K, P^V
// are one learnt vector per position (AIA's seconds), or absent. All maps have biases.
// In the public code the maps are 1 x 1 x 1 convolutions over single cells: the same.
//
// Shapes: N queries, M keys over all clips, c inner width.
#ifndef MRSN_MRSN_BASELINES_NON_LOCAL_H_
#define MRSN_MRSN_BASELINES_NON_LOCAL_H_

#include <torch/nn/module.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/modules/normalization.h>

namespace mrsn::baselines {

struct NonLocalOptions {
  int64_t query_width = 512;
  int64_t key_width = 512;
  int64_t width = 512;  // c of queries, keys and values
  int64_t output_width = 512;
  int64_t positions = 0;     // 0: keys have none
  bool affine_norm = false;  // learn LN's scale and shift
  double dropout = 0.2;
};

struct NonLocalKeys {
  at::Tensor features;  // y [M,key_width]; undefined or M = 0: no keys
  // [N,M] ln of how often the query sees the key: 0 once, -inf never. A key counted
  // k times weighs as k equal keys do.
  at::Tensor log_count;
  at::Tensor position;  // [M] int64 in [0,positions); undefined without positions
};

// log_count of keys that are each seen once by the queries `allowed` (bool [N,M]) names.
at::Tensor LogCount(const at::Tensor& allowed, const at::Tensor& like);

class NonLocalLayer : public torch::nn::Module {
 public:
  // W^Q, W^K, W^V and W^S start normal 0.01, W^O at 0, so that the layer starts as
  // x W^S; biases and positions at 0. As both public codes.
  explicit NonLocalLayer(const NonLocalOptions& options);

  // x [N,query_width] -> [N,output_width]. A query that sees no key gets x W^S.
  at::Tensor Forward(const at::Tensor& x, const NonLocalKeys& keys);

 private:
  NonLocalOptions options_;
  torch::nn::Linear query_{nullptr}, key_{nullptr}, value_{nullptr}, output_{nullptr}, shortcut_{nullptr};
  torch::nn::LayerNorm norm_{nullptr};
  at::Tensor key_position_, value_position_;  // [positions,c]
};

}  // namespace mrsn::baselines

#endif  // MRSN_MRSN_BASELINES_NON_LOCAL_H_
