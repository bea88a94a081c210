// The exponential moving average of a model's weights (Polyak and Juditsky 1992; Tarvainen and Valpola 2017).
//
//   e_0 = w_0,   e_t = d e_(t-1) + (1 - d) w_t   after step t, with d = TrainConfig::ema_decay
//
// Floating-point buffers, such as norms' running statistics, are averaged as well; other buffers (counters)
// are the model's own.
#ifndef MRSN_EXPERIMENTS_ENGINE_AVERAGED_WEIGHTS_H_
#define MRSN_EXPERIMENTS_ENGINE_AVERAGED_WEIGHTS_H_

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <string>
#include <vector>

namespace mrsn::experiments {

class AveragedWeights {
 public:
  struct Average {
    std::string name;  // of the parameter or buffer
    at::Tensor of;     // the model's own
    at::Tensor value;  // e, on the same device
  };

  // 0 < decay < 1. The average begins with the model's weights as they are.
  AveragedWeights(double decay, const torch::nn::Module& model);

  // After a step.
  void Update();

  // The model gets the average and the average the model's weights. The second call undoes the first.
  void Exchange();

  // For checkpoints: `value` may be written to.
  const std::vector<Average>& averages() const { return averages_; }

 private:
  const double decay_;
  std::vector<Average> averages_;
  std::vector<at::Tensor> weights_, values_;  // of averages_, for one operation over all of them
};

// For as long as it lives, the model has its average, if there is one.
class WithAverage {
 public:
  explicit WithAverage(AveragedWeights* average) : average_(average) {
    if (average_ != nullptr) average_->Exchange();
  }
  ~WithAverage() {
    if (average_ != nullptr) average_->Exchange();
  }
  WithAverage(const WithAverage&) = delete;
  WithAverage& operator=(const WithAverage&) = delete;

 private:
  AveragedWeights* const average_;
};

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_ENGINE_AVERAGED_WEIGHTS_H_
