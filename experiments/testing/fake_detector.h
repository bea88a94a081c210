// A detector whose numbers can be worked out by hand.
#ifndef MRSN_EXPERIMENTS_TESTING_FAKE_DETECTOR_H_
#define MRSN_EXPERIMENTS_TESTING_FAKE_DETECTOR_H_

#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

#include "mrsn/detector.h"

namespace mrsn::experiments {

// A person's score for every class is the mean of all that is in the clip. The relation features G are
// the mean times 4, the memory the mean times 8, both of width 1.
class FakeDetector : public Detector {
 public:
  LossOutput Loss(const DetectorInput&, const Truth&, ClassLoss) override { return {at::zeros({}), {}, {}}; }
  Detections Detect(const DetectorInput& input, ClassLoss) override {
    batches.push_back(input.slow.size(0));
    const at::Tensor means =
        input.slow.flatten(1).mean(1, /*keepdim=*/true).index_select(0, input.clip_index);
    at::Tensor scores = means.repeat({1, classes});
    if (blind_class >= 0) scores.select(1, blind_class).fill_(-1);
    return {input.boxes, input.clip_index, scores, means * 4, remembers ? means * 8 : at::Tensor()};
  }
  std::vector<at::Tensor> ForwardForCounting(const DetectorInput&) override { return {}; }
  void BackboneForCounting(const Clip&) override {}
  ModelNeeds needs() const override {
    ModelNeeds needs;
    needs.classes = classes;
    needs.relation_width = 1;
    if (remembers) needs.bank = {/*radius=*/1, /*width=*/1, /*own_memory=*/true};
    return needs;
  }
  void SetBatchNormFrozen(bool) override {}

  int64_t classes = 1;
  int64_t blind_class = -1;  // the class it does not detect; -1 = none
  bool remembers = false;
  std::vector<int64_t> batches;  // clips of each call of Detect
};

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_TESTING_FAKE_DETECTOR_H_
