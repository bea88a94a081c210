#include "experiments/engine/gradient_buckets.h"

#include <ATen/ATen.h>

#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "ops/distributed/thread_group.h"

namespace mrsn::experiments {
namespace {

// Notes the sizes of the sums; adds nothing.
class NotingGroup : public ProcessGroup {
 public:
  NotingGroup() : ProcessGroup(0, 1, 0) {}
  absl::Status Sum(const std::vector<at::Tensor>& tensors) override {
    std::string sizes;
    for (const at::Tensor& tensor : tensors) sizes += std::to_string(tensor.numel()) + " ";
    sums.push_back(sizes);
    return absl::OkStatus();
  }
  absl::Status Broadcast(const std::vector<at::Tensor>&, int) override { return absl::OkStatus(); }
  absl::Status Barrier() override { return absl::OkStatus(); }
  absl::StatusOr<std::vector<std::string>> GatherToFirst(absl::string_view) override { return sums; }
  absl::StatusOr<std::vector<std::string>> Gather(absl::string_view) override { return sums; }

  std::vector<std::string> sums;
};

// Of 1, 2, 3, .. numbers; the third is not trained.
std::vector<at::Tensor> Parameters(int count) {
  std::vector<at::Tensor> parameters;
  for (int p = 0; p < count; ++p) parameters.push_back(at::ones({p + 1}).requires_grad_(p != 2));
  return parameters;
}

using Sizes = std::vector<std::string>;

TEST(GradientBucketsTest, FromTheLastParameterOnAndInThisOrder) {
  NotingGroup group;
  const std::vector<at::Tensor> parameters = Parameters(6);
  GradientBuckets buckets(group, parameters, /*bucket_bytes=*/44);  // 11 numbers
  for (const at::Tensor& parameter : parameters) parameter.mutable_grad() = at::ones_like(parameter);
  buckets.Ready(0);
  buckets.Ready(4);
  EXPECT_EQ(group.sums, Sizes()) << "the sixth is not ready";
  buckets.Ready(5);
  EXPECT_EQ(group.sums, Sizes({"6 5 "}));
  buckets.Ready(3);
  buckets.Ready(2);
  EXPECT_EQ(group.sums, Sizes({"6 5 "}));
  buckets.Ready(1);
  EXPECT_EQ(group.sums, Sizes({"6 5 ", "4 2 1 "}));
  EXPECT_EQ(buckets.begun_early(), 2);
  ASSERT_TRUE(buckets.Finish().ok());
  EXPECT_EQ(group.sums, Sizes({"6 5 ", "4 2 1 ", "6 "})) << "and who has a gradient";
}

TEST(GradientBucketsTest, WithoutHooksItIsTheSame) {
  NotingGroup group;
  GradientBuckets buckets(group, Parameters(6), /*bucket_bytes=*/44);
  ASSERT_TRUE(buckets.Finish().ok());
  EXPECT_EQ(group.sums, Sizes({"6 5 ", "4 2 1 ", "6 "}));
  EXPECT_EQ(buckets.begun_early(), 0);
}

TEST(GradientBucketsTest, AParameterThatIsLargerThanABucketIsAlone) {
  NotingGroup group;
  GradientBuckets buckets(group, Parameters(2), /*bucket_bytes=*/1);
  ASSERT_TRUE(buckets.Finish().ok());
  EXPECT_EQ(group.sums, Sizes({"2 ", "1 ", "2 "}));
}

TEST(GradientBucketsTest, ARankWithoutAGradientGetsTheOthers) {
  RunAsRanks(3, [](ProcessGroup& group) {
    const std::vector<at::Tensor> parameters = Parameters(5);
    if (group.rank() != 1) parameters[4].mutable_grad() = at::full({5}, 1.f + group.rank());
    if (group.rank() == 1) parameters[0].mutable_grad() = at::full({1}, 7.f);
    GradientBuckets buckets(group, parameters, 4);
    if (group.rank() == 2) buckets.Ready(4);
    ASSERT_TRUE(buckets.Finish().ok());
    EXPECT_TRUE(at::equal(parameters[4].grad(), at::full({5}, 4.f)));
    EXPECT_TRUE(at::equal(parameters[0].grad(), at::full({1}, 7.f)));
    for (const size_t p : {1, 2, 3}) EXPECT_FALSE(parameters[p].grad().defined()) << p;
  });
}

TEST(GradientHooksTest, CallWhenAGradientIsAddedUp) {
  const std::vector<at::Tensor> parameters = Parameters(3);
  std::vector<size_t> ready;
  std::vector<float> values;
  const auto loss = [&] { return ((parameters[0] * parameters[1]).sum() * 2 + parameters[1].sum() * 3); };
  {
    const GradientHooks hooks(parameters, [&](size_t p) {
      ready.push_back(p);
      values.push_back(parameters[p].grad()[0].item<float>());
    });
    loss().backward();
  }
  ASSERT_EQ(ready.size(), 2);
  EXPECT_NE(ready[0], ready[1]);
  for (const size_t i : {0, 1}) EXPECT_EQ(values[i], ready[i] == 0 ? 4 : 5);
  loss().backward();
  EXPECT_EQ(ready.size(), 2) << "the hooks are gone";
}

}  // namespace
}  // namespace mrsn::experiments
