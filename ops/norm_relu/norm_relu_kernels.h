// The fused kernels of BatchNormRelu, on a [rows, channels] matrix of floats, channels innermost.
#ifndef MRSN_OPS_NORM_RELU_NORM_RELU_KERNELS_H_
#define MRSN_OPS_NORM_RELU_NORM_RELU_KERNELS_H_

#include <cstdint>
#include <functional>

namespace mrsn::ops::norm_relu {

struct ForwardArguments {
  int64_t rows, channels;     // rows >= 1; all rows together >= 2
  const float *x, *residual;  // [rows, channels]; residual may be null
  const float *gamma, *beta;  // [channels]
  double momentum, eps;
  bool relu;
  float *running_mean, *running_variance;  // [channels], updated
  double *mean, *inverse_deviation;        // [channels], written; inputs of Backward
  float* y;                                // [rows, channels], written
  // Makes the mean of these rows and the sum of squared differences from it, [channels] each, those of all
  // rows, and returns how many there are. Empty: these are all.
  std::function<double(double* mean, double* m2)> of_all_rows;
};
void Forward(const ForwardArguments& arguments);

struct BackwardArguments {
  int64_t rows, channels;
  const float *grad, *x;      // [rows, channels]
  const float *gamma, *beta;  // [channels]
  const double *mean, *inverse_deviation;
  bool relu;
  const float* y;  // [rows, channels], Forward's output if it had ReLU and a residual, else null
  float* masked;   // [rows, channels], written: grad where y > 0; null if y is
  float* grad_x;   // [rows, channels], written
  float *grad_gamma, *grad_beta;  // [channels], written: of these rows
  // Makes the gradients of beta and gamma, [channels] each, those of all rows, and returns how many there
  // are. Empty: these are all.
  std::function<double(double* grad_beta, double* grad_gamma)> of_all_rows;
};
void Backward(const BackwardArguments& arguments);

}  // namespace mrsn::ops::norm_relu

#endif  // MRSN_OPS_NORM_RELU_NORM_RELU_KERNELS_H_
