// A program that links //mrsn:all_models can make whatever a ModelConfig may name.
#include <ATen/ATen.h>
#include <google/protobuf/descriptor.h>
#include <gtest/gtest.h>

#include "mrsn/build_model.h"
#include "mrsn/model_config.pb.h"
#include "mrsn/model_options.h"

namespace mrsn {
namespace {

TEST(AllModelsTest, EveryHeadOfTheConfigIsLinked) {
  const google::protobuf::OneofDescriptor& heads = *ModelConfig::descriptor()->FindOneofByName("head");
  for (int i = 0; i < heads.field_count(); ++i) {
    SCOPED_TRACE(heads.field(i)->name());
    ModelConfig config;
    config.set_num_classes(24);
    config.GetReflection()->MutableMessage(&config, heads.field(i));
    // Without encoders it would be the linear head.
    if (config.has_mrsn()) config.mutable_mrsn()->mutable_acre();
    // What finds boxes itself has a backbone of its own.
    if (!ReadModel(config).ok()) config.mutable_slow_only();
    const auto model = BuildDetector(config, at::kMeta);
    ASSERT_TRUE(model.ok()) << model.status();
    EXPECT_TRUE((*model)->needs() == *NeedsOf(config));
  }
}

}  // namespace
}  // namespace mrsn
