// The paper's equations once more, in plain loops over doubles, written to be
// compared with: no tensor operation, no sharing, no batching, one person at a
// time. Weights are looked up by the modules' parameter names.
#ifndef MRSN_MRSN_TESTING_REFERENCE_H_
#define MRSN_MRSN_TESTING_REFERENCE_H_

#include <torch/nn/module.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "mrsn/head/mrsn_head.h"

namespace mrsn::reference {

using Row = std::vector<double>;
using Matrix = std::vector<Row>;  // one row per token

Matrix FromTensor(const at::Tensor& tensor);  // [T,w]
at::Tensor ToTensor(const Matrix& matrix);    // [T,w] float64

// A module's parameters, some of them under a prefix.
class Weights {
 public:
  explicit Weights(const torch::nn::Module& module);
  Weights In(const std::string& prefix) const;  // "acre." and so on
  bool Has(const std::string& name) const { return values_->count(prefix_ + name) != 0; }
  const Matrix& At(const std::string& name) const;  // 1-D as one row; 4-D as [out, rest]

 private:
  std::shared_ptr<const std::map<std::string, Matrix>> values_;
  std::string prefix_;
};

Row Add(const Row& a, const Row& b);
Row Linear(const Weights& layer, const Row& x);
Row LayerNorm(const Weights& norm, const Row& x);
Row FeedForward(const Weights& ffn, const Row& x);

// Eq. 6; `sees(q, s)` says whether query q may attend to key s.
Matrix Attention(const Weights& attention, const Matrix& x, const Matrix& y, int heads,
                 const std::function<bool(int, int)>& sees);

// Eq. 2, 4
Matrix EncoderLayer(const Weights& layer, const Matrix& x, int heads, Residual residual = Residual::kBranch);
// Eq. 5
void SupportLayer(const Weights& x_layer, const Weights& y_layer, int heads, Matrix* x, Matrix* y,
                  Residual residual = Residual::kBranch);

// Eq. 1-8 for all persons of a batch. X [N][L+1], Y [N][1] (empty if left out).
struct HeadResult {
  std::vector<Matrix> X, Y;
  Matrix G, logits;
};
HeadResult Head(const torch::nn::Module& head, const MrsnHeadOptions& options, const HeadInput& input);

}  // namespace mrsn::reference

#endif  // MRSN_MRSN_TESTING_REFERENCE_H_
