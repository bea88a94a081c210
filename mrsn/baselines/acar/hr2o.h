// High-order relation reasoning operator of ACAR-Net (Pan et al. 2021,
// "Actor-Context-Actor Relation Network"), the non-local instantiation HR2O-NL:
// relations between persons, derived from each person's relations to the context.
//
//   Q = conv_q(F), K = conv_k(F'), V = conv_v(F')
//   A_nm(y, x) = Softmax_m(Q_n(y, x) . K_m(y, x) / sqrt(c))
//   H_n = F_n + Dropout(conv_o(ReLU(GN(sum_m A_nm V_m))))
//
// Cell by cell: a cell of person n's map attends to the same cell of the others'
// maps. F' = F for the persons of one clip; for the feature bank, F' are
// the maps of the bank. No convolution has a bias; GN is one group over map and
// channels. Order and settings are those of github.com/Siyu-C/ACAR-Net.
#ifndef MRSN_MRSN_BASELINES_ACAR_HR2O_H_
#define MRSN_MRSN_BASELINES_ACAR_HR2O_H_

#include <torch/nn/module.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/normalization.h>

namespace mrsn::baselines {

struct Hr2oOptions {
  int64_t width = 512;        // c
  int64_t kernel = 3;         // of conv_q, conv_k, conv_v; odd, maps keep their size
  int64_t output_kernel = 3;  // of conv_o; odd
  double dropout = 0.2;
};

class Hr2o : public torch::nn::Module {
 public:
  explicit Hr2o(const Hr2oOptions& options);

  // maps F [N,c,h,w], others F' [M,c,h,w], related bool [N,M] (true where n attends to m) -> H [N,c,h,w]. H_n
  // is F_n if n attends to nobody.
  at::Tensor Forward(const at::Tensor& maps, const at::Tensor& others, const at::Tensor& related);

 private:
  double dropout_;
  torch::nn::Conv2d query_{nullptr}, key_{nullptr}, value_{nullptr}, output_{nullptr};
  torch::nn::GroupNorm norm_{nullptr};
};

}  // namespace mrsn::baselines

#endif  // MRSN_MRSN_BASELINES_ACAR_HR2O_H_
