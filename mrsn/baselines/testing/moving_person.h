// Clips in which a person moves, for the tests of detectors that find boxes themselves.
#ifndef MRSN_MRSN_BASELINES_TESTING_MOVING_PERSON_H_
#define MRSN_MRSN_BASELINES_TESTING_MOVING_PERSON_H_

#include <ATen/ATen.h>

#include <cmath>
#include <vector>

#include "gtest/gtest.h"
#include "mrsn/baselines/anchors/box_tensors.h"
#include "mrsn/detector.h"
#include "ops/base/box.h"

namespace mrsn::baselines {

struct World {
  DetectorInput input;
  Truth truth;
};

// A bright person before a dark, noisy background moves by `speed` of the frame in each frame, to the
// right (class 0: red) or down (class 1: green); every third clip has nobody. Flow is noise.
inline World MakeWorld(float speed, int64_t clips, int64_t frames, int64_t height, int64_t width) {
  World world;
  world.input.slow = at::randn({clips, 3, frames, height, width}) * 0.05 - 1;
  world.input.flow = at::randn({clips, 2, frames, height, width}) * 0.05;
  std::vector<Box> boxes, tubelets;
  std::vector<int64_t> clip_index;
  std::vector<float> labels;
  for (int64_t b = 0; b < clips; ++b) {
    if (b % 3 == 2) continue;
    const bool down = b % 3 == 1;
    for (int64_t t = 0; t < frames; ++t) {
      const float step = speed * static_cast<float>(t), x = 0.2f + 0.1f * static_cast<float>(b % 2);
      const Box box = {x + (down ? 0 : step), 0.25f + (down ? step : 0), x + 0.3f + (down ? 0 : step),
                       0.75f + (down ? step : 0)};
      tubelets.push_back(box);
      if (t == frames / 2) boxes.push_back(box);
      world.input.slow[b][down ? 1 : 0][t]
          .slice(0, std::lround(box.y1 * height), std::lround(box.y2 * height))
          .slice(1, std::lround(box.x1 * width), std::lround(box.x2 * width))
          .add_(2);
    }
    clip_index.push_back(b);
    labels.push_back(down ? 0.0f : 1.0f);
    labels.push_back(down ? 1.0f : 0.0f);
  }
  const auto persons = static_cast<int64_t>(clip_index.size());
  world.input.boxes = TensorOf(boxes);
  world.input.clip_index = at::tensor(clip_index, at::kLong);
  world.truth.labels = at::tensor(labels).reshape({persons, 2});
  world.truth.tubelets = TensorOf(tubelets).reshape({persons, frames, 4});
  return world;
}

// The input if the batch were that clip alone.
inline World OnlyClip(const World& world, int64_t clip) {
  const at::Tensor rows = (world.input.clip_index == clip).nonzero().squeeze(1);
  World only;
  only.input.slow = world.input.slow.slice(0, clip, clip + 1);
  only.input.flow = world.input.flow.slice(0, clip, clip + 1);
  only.input.boxes = world.input.boxes.index_select(0, rows);
  only.input.clip_index = at::zeros_like(rows);
  only.truth = {world.truth.labels.index_select(0, rows), world.truth.tubelets.index_select(0, rows)};
  return only;
}

// The batch's loss and gradients are those of its clips given one by one, joined. In double: at a maximum or
// a zero of single numbers, rounding alone chooses another gradient.
inline void ExpectClipsJoin(Detector& detector, World world, ClassLoss loss) {
  detector.to(at::kDouble);
  for (at::Tensor* tensor : {&world.input.slow, &world.input.flow, &world.input.boxes, &world.truth.labels,
                             &world.truth.tubelets}) {
    *tensor = tensor->to(at::kDouble);
  }
  const auto gradients = [&](const at::Tensor& of) {
    detector.zero_grad();
    of.backward();
    std::vector<at::Tensor> copies;
    for (const at::Tensor& parameter : detector.parameters()) {
      copies.push_back(parameter.grad().defined() ? parameter.grad().clone() : at::zeros_like(parameter));
    }
    return copies;
  };
  const LossOutput whole = detector.Loss(world.input, world.truth, loss);
  const std::vector<at::Tensor> expected = gradients(whole.loss);
  std::vector<LossOutput> clips;
  for (int64_t clip = 0; clip < world.input.slow.size(0); ++clip) {
    const World only = OnlyClip(world, clip);
    clips.push_back(detector.Loss(only.input, only.truth, loss));
  }
  const at::Tensor joined = JoinLosses(clips);
  EXPECT_NEAR(joined.item<double>(), whole.loss.item<double>(), 1e-10 * std::abs(whole.loss.item<double>()));
  const std::vector<at::Tensor> found = gradients(joined);
  for (size_t i = 0; i < found.size(); ++i) {
    EXPECT_LT((found[i] - expected[i]).abs().max().item<double>(),
              1e-9 * (1 + expected[i].abs().max().item<double>()))
        << detector.named_parameters()[i].key();
  }
}

}  // namespace mrsn::baselines

#endif  // MRSN_MRSN_BASELINES_TESTING_MOVING_PERSON_H_
