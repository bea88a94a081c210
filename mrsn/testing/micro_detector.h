// Detectors from configurations, and a very small one, for tests.
#ifndef MRSN_MRSN_TESTING_MICRO_DETECTOR_H_
#define MRSN_MRSN_TESTING_MICRO_DETECTOR_H_

#include <ATen/ATen.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "mrsn/action_detector.h"
#include "mrsn/build_model.h"
#include "mrsn/model_config.pb.h"

namespace mrsn {

inline ModelConfig Parse(const std::string& text) {
  ModelConfig config;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &config)) << text;
  return config;
}

inline std::shared_ptr<ActionDetector> Build(const std::string& text, torch::Device device = torch::kCPU) {
  const auto detector = BuildModel(Parse(text), device);
  EXPECT_TRUE(detector.ok()) << detector.status();
  return *detector;
}

// A detector for 32 x 32 frames that runs in a millisecond.
inline constexpr char kMicroBackbone[] = R"(
    num_classes: 5
    slow_only {
      block: BASIC stem_channels: 4 stem_kernel: 3 stem_pool: false
      stages { blocks: 1 channels: 8 stride: 2 temporal_kernel: 3 }
    }
    roi { output_size: 3 })";
inline constexpr char kMicroHead[] = "width: 8 heads: 2 support_size: 8 patch_size: 2 acre {} aare {} rse {}";

inline std::string Micro(const std::string& head = "") {
  return std::string(kMicroBackbone) + "mrsn { " + kMicroHead + " " + head + " }";
}

}  // namespace mrsn

#endif  // MRSN_MRSN_TESTING_MICRO_DETECTOR_H_
