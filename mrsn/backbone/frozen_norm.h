// Batch norms that keep their running statistics while the rest is trained.
#ifndef MRSN_MRSN_BACKBONE_FROZEN_NORM_H_
#define MRSN_MRSN_BACKBONE_FROZEN_NORM_H_

#include <torch/nn/module.h>

namespace mrsn {

// Scale and shift of every BatchNorm3d inside are trained, or not (requires_grad off).
void SetBatchNormTrained(const torch::nn::Module& module, bool trained);

// Every BatchNorm3d inside uses its running statistics, until the next train().
void UseRunningStatistics(const torch::nn::Module& module);

// A module whose batch norms can be frozen.
class ModuleWithBatchNorm : public torch::nn::Module {
 public:
  // Frozen: batch norms use their running statistics in training mode, too, and their scale and
  // shift are not trained (requires_grad off).
  virtual void SetBatchNormFrozen(bool frozen) = 0;
};

// Gives a kind of module (Base, derived from ModuleWithBatchNorm) the switch. It stays in force through
// later calls of train() and eval().
template <typename Base>
class FreezableBatchNorm : public Base {
 public:
  void SetBatchNormFrozen(bool frozen) override {
    frozen_ = frozen;
    SetBatchNormTrained(*this, !frozen);
    train(this->is_training());
  }

  void train(bool on = true) override {
    Base::train(on);
    if (frozen_) UseRunningStatistics(*this);
  }

 private:
  bool frozen_ = false;
};

}  // namespace mrsn

#endif  // MRSN_MRSN_BACKBONE_FROZEN_NORM_H_
