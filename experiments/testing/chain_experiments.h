// Experiments whose runs have every kind of work: training, a relation bank, training with the bank,
// evaluation.
#ifndef MRSN_EXPERIMENTS_TESTING_CHAIN_EXPERIMENTS_H_
#define MRSN_EXPERIMENTS_TESTING_CHAIN_EXPERIMENTS_H_

#include <string>

#include "absl/strings/str_cat.h"
#include "experiments/testing/tiny_experiments.h"
#include "gtest/gtest.h"
#include "ops/base/file.h"

namespace mrsn::experiments {

// Writes into the folder `root` the tiny experiments, "writer", and "reader", which reads the bank of
// "writer". Each of the two takes 24 steps and has a checkpoint every second step. The
// norms that "pre" has trained stay, so that numbers do not depend on who computes which clip. "wide" is
// "writer" with 480 key frames to evaluate.
inline void WriteChainExperiments(const std::string& root) {
  WriteTinyExperiments(root);
  const auto write = [&](const std::string& name, const std::string& text) {
    ASSERT_TRUE(WriteFileAtomically(absl::StrCat(root, "/", name, ".textproto"), text).ok());
  };
  const std::string videos = "micro_world { train_videos: 4 val_videos: 3 keyframes_per_video: 8 }";
  write("writer",
        absl::StrCat(R"(base: "pre"
model { mrsn { acre {} } }
train { batch_size: 4 epochs: 3 learning_rate: 0.1 batch_norm: FROZEN checkpoint_every_iterations: 2 }
train_data { )",
                     videos, " }\neval_data { ", videos, " }\ninputs { initialise_from: \"pre\" }\n"));
  write("reader", R"(base: "writer"
model { mrsn { long_term {} } }
inputs { relation_bank_from: "writer" }
)");
  write("wide",
        "base: \"writer\"\n"
        "eval_data { micro_world { train_videos: 1 val_videos: 12 keyframes_per_video: 40 } }\n");
}

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_TESTING_CHAIN_EXPERIMENTS_H_
