#include "experiments/engine/loss_of_no_clips.h"

#include <ATen/ATen.h>

#include <memory>
#include <mutex>
#include <string>

#include "gtest/gtest.h"
#include "mrsn/testing/micro_detector.h"
#include "ops/distributed/thread_group.h"
#include "ops/norm_relu/synced_norms.h"

namespace mrsn::experiments {
namespace {

// One process with all clips, and two ranks, the second of which has none.
TEST(LossOfNoClips, RunsTheNormsOfTheOtherRanks) {
  for (const std::string head : {"linear { dropout: 0 }", "acrn { width: 4 dropout: 0 }"}) {
    SCOPED_TRACE(head);
    const auto build = [&] {
      at::manual_seed(2);
      const auto model = Build(std::string(kMicroBackbone) + head);
      model->to(at::kDouble);
      model->train();
      return model;
    };
    InputSize size;
    size.clips = 2;
    size.frames = 2;
    size.height = size.width = 32;
    size.persons = 3;
    at::manual_seed(5);
    const DetectorInput input = MakeInput(size, build()->needs(), at::kDouble);
    Truth truth;
    truth.labels = at::eye(3, 5, at::kDouble);
    const auto alone = build();
    alone->Loss(input, truth, ClassLoss::kBce).loss.backward();
    RunAsRanks(2, [&](ProcessGroup& group) {
      std::shared_ptr<ActionDetector> model;
      {
        static std::mutex seed;  // of the threads' common generator
        const std::lock_guard<std::mutex> lock(seed);
        model = build();
      }
      const ops::SyncedNormsScope norms(group);
      const LossOutput loss = group.first() ? model->Loss(input, truth, ClassLoss::kBce)
                                            : LossOfNoClips(size, ClassLoss::kBce, *model);
      if (!group.first()) {
        EXPECT_EQ(loss.loss.item<double>(), 0);
      }
      loss.loss.backward();
      EXPECT_TRUE(norms.status().ok()) << norms.status();
      for (const auto& parameter : model->named_parameters()) {
        at::Tensor gradient = parameter.value().grad();
        if (!gradient.defined()) gradient = at::zeros_like(parameter.value());
        ASSERT_TRUE(group.Sum({gradient}).ok());
        EXPECT_TRUE(at::allclose(gradient, alone->named_parameters()[parameter.key()].grad(), 1e-6, 1e-9))
            << parameter.key();
      }
      for (const auto& buffer : model->named_buffers()) {
        EXPECT_TRUE(at::allclose(buffer.value(), alone->named_buffers()[buffer.key()], 1e-9, 1e-9))
            << buffer.key();
      }
    });
  }
}

}  // namespace
}  // namespace mrsn::experiments
