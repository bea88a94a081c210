// Experiments that train in a second, for tests of what happens around a training. Their scores mean
// nothing.
#ifndef MRSN_EXPERIMENTS_TESTING_TINY_EXPERIMENTS_H_
#define MRSN_EXPERIMENTS_TESTING_TINY_EXPERIMENTS_H_

#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "ops/base/file.h"

namespace mrsn::experiments {

// Writes into the folder `root`: "long", which reads the bank that "short" writes, and "pre", which gives
// the initial backbone of both. All three read the same videos.
inline void WriteTinyExperiments(const std::string& root) {
  const auto write = [&](const std::string& name, const std::string& text) {
    ASSERT_TRUE(WriteFileAtomically(absl::StrCat(root, "/", name, ".textproto"), text).ok());
  };
  const std::string videos = "micro_world { train_videos: 1 val_videos: 1 keyframes_per_video: 4 }";
  write("pre", absl::StrCat(R"(
model {
  num_classes: 15
  slow_only {
    block: BASIC
    stem_channels: 8
    stem_kernel: 5
    stem_stride: 2
    stem_pool: false
    stages { blocks: 1 channels: 16 stride: 2 temporal_kernel: 3 }
  }
  mrsn { width: 16 heads: 2 support_size: 16 patch_size: 2 }
}
train { batch_size: 2 epochs: 1 learning_rate: 0.1 batch_norm: TRAINED }
eval { protocol: "official_2019" }
train_data { )",
                            videos, " }\neval_data { ", videos, " }\n"));
  write("short", "base: \"pre\"\nmodel { mrsn { acre {} } }\ninputs { initialise_from: \"pre\" }\n");
  write("long",
        "base: \"short\"\nmodel { mrsn { long_term {} } }\ninputs { relation_bank_from: \"short\" }\n");
}

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_TESTING_TINY_EXPERIMENTS_H_
