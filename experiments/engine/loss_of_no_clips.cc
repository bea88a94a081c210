#include "experiments/engine/loss_of_no_clips.h"

#include <ATen/ATen.h>

namespace mrsn::experiments {

LossOutput LossOfNoClips(const InputSize& clip, ClassLoss loss, Detector& model) {
  InputSize size = clip;
  size.clips = size.persons = size.entries = size.objects = 0;
  const ModelNeeds needs = model.needs();
  const at::TensorOptions options = model.parameters().front().options();
  Truth truth;
  truth.labels = at::zeros({0, needs.classes}, options);
  return model.Loss(MakeInput(size, needs, options), truth, loss);
}

}  // namespace mrsn::experiments
