#include "ops/roi_align/roi_align.h"

#include <string>

#include "ATen/ATen.h"
#include "gtest/gtest.h"
#include "ops/testing/golden.h"

namespace mrsn::ops {
namespace {

TEST(RoiAlignTest, EqualsTorchvision) {
  const GoldenBundle golden = ReadGoldenBundle("ops/roi_align/testdata/roi_align");
  for (const auto& entry : golden.meta.at("cases")) {
    const std::string tag = entry.at("tag");
    RoiAlignOptions options;
    options.output_height = entry.at("output")[0];
    options.output_width = entry.at("output")[1];
    options.spatial_scale = entry.at("spatial_scale");
    options.sampling_ratio = entry.at("sampling_ratio");
    options.aligned = entry.at("aligned");
    const at::Tensor rois = golden[entry.at("rois")];
    at::Tensor features = golden[entry.at("feat")].clone().requires_grad_();
    const at::Tensor out = RoiAlign(features, rois.narrow(1, 1, 4), rois.select(1, 0).to(at::kLong), options);
    out.backward(golden[tag + "/gout"]);
    EXPECT_TRUE(at::allclose(out, golden[tag + "/out"], 1e-5, 1e-5)) << tag;
    EXPECT_TRUE(at::allclose(features.grad(), golden[tag + "/grad_in"], 1e-5, 1e-5)) << tag;
  }
}

}  // namespace
}  // namespace mrsn::ops
