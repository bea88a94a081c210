#include "experiments/engine/training_snapshot.h"

#include <ATen/ATen.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/linear.h>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "mrsn/checkpoint/checkpoint_metadata.h"
#include "ops/base/file.h"
#include "ops/base/fingerprint.h"

namespace mrsn::experiments {
namespace {

using ::testing::HasSubstr;

struct Net : torch::nn::Module {
  explicit Net(int width) {
    linear = register_module("linear", torch::nn::Linear(3, width));
    norm = register_module("norm", torch::nn::BatchNorm1d(width));
  }
  at::Tensor Loss(const at::Tensor& x) { return norm(linear(x)).sigmoid().sum(1).sin().mean(); }
  torch::nn::Linear linear{nullptr};
  torch::nn::BatchNorm1d norm{nullptr};
};

torch::optim::SGD Optimizer(Net& net) {
  return torch::optim::SGD(net.parameters(), torch::optim::SGDOptions(0.1).momentum(0.9));
}

void Steps(Net& net, torch::optim::SGD& optimizer, int first, int last) {
  for (int i = first; i < last; ++i) {
    at::manual_seed(i);
    optimizer.zero_grad();
    net.Loss(at::randn({8, 3})).backward();
    optimizer.step();
  }
}

Checkpoint About(int64_t iteration, double seconds) {
  Checkpoint about;
  about.set_identity("run");
  about.set_iteration(iteration);
  about.set_seconds(seconds);
  return about;
}

std::string Trained(int stop_at) {
  at::manual_seed(7);
  Net net(4);
  auto optimizer = Optimizer(net);
  if (stop_at < 0) {
    Steps(net, optimizer, 0, 6);
    return WeightsHash(net);
  }
  Steps(net, optimizer, 0, stop_at);
  const std::string bytes = SerializeSafetensors(TakeSnapshot(net, optimizer, About(stop_at, 1.5)));
  at::manual_seed(99);
  Net other(4);
  auto fresh = Optimizer(other);
  const auto progress = RestoreSnapshot(*ParseSafetensors(bytes, "s"), "s", "run", other, fresh);
  EXPECT_TRUE(progress.ok()) << progress.status();
  EXPECT_EQ(progress->iteration(), stop_at);
  EXPECT_EQ(progress->seconds(), 1.5);
  Steps(other, fresh, stop_at, 6);
  return WeightsHash(other);
}

TEST(SnapshotTest, AResumedTrainingIsBitForBitTheUndisturbedOne) {
  const std::string undisturbed = Trained(-1);
  EXPECT_EQ(Trained(0), undisturbed);
  EXPECT_EQ(Trained(3), undisturbed);
  EXPECT_EQ(Trained(5), undisturbed);
}

class RestoreTest : public ::testing::Test {
 protected:
  RestoreTest() : net_(4), optimizer_(Optimizer(net_)) {
    Steps(net_, optimizer_, 0, 1);
    snapshot_ = *ParseSafetensors(SerializeSafetensors(TakeSnapshot(net_, optimizer_, About(1, 0))), "s");
  }
  std::string ErrorOf(const std::string& identity, Net& net) {
    auto optimizer = Optimizer(net);
    const std::string before = WeightsHash(net);
    const auto progress = RestoreSnapshot(snapshot_, "file.safetensors", identity, net, optimizer);
    EXPECT_EQ(WeightsHash(net), before) << "a refused snapshot must change nothing";
    return progress.ok() ? "" : std::string(progress.status().message());
  }
  Net net_;
  torch::optim::SGD optimizer_;
  Safetensors snapshot_;
};

TEST_F(RestoreTest, AnotherRunsSnapshotIsRefusedWithBothIdentities) {
  const std::string error = ErrorOf("other", net_);
  EXPECT_THAT(error, HasSubstr("file.safetensors"));
  EXPECT_THAT(error, HasSubstr("identity run, expected other"));
}

TEST_F(RestoreTest, ShapesMissingAndExtraTensorsAreNamed) {
  Net wide(5);
  EXPECT_THAT(ErrorOf("run", wide),
              HasSubstr("'model.linear.weight' has shape [4,3], the model needs [5,3]"));
  snapshot_.tensors["model.stray"] = at::ones({1});
  EXPECT_THAT(ErrorOf("run", net_), HasSubstr("holds"));
  snapshot_.tensors.erase("model.stray");
  snapshot_.tensors.erase("model.norm.running_mean");
  EXPECT_THAT(ErrorOf("run", net_), HasSubstr("'model.norm.running_mean'"));
}

TEST_F(RestoreTest, TheSnapshotSaysWhatItIs) {
  const auto about = ReadCheckpointMetadata(snapshot_.metadata, "s");
  ASSERT_TRUE(about.ok()) << about.status();
  EXPECT_EQ(about->optimizer().kind(), "SGD");
  EXPECT_EQ(about->optimizer().momentum(), 0.9);
  snapshot_.metadata = CheckpointMetadata(About(1, 0));
  EXPECT_THAT(ErrorOf("run", net_), HasSubstr("state of optimizer '', expected SGD"));
  Checkpoint nowhere;
  nowhere.set_identity("run");
  snapshot_.metadata = CheckpointMetadata(nowhere);
  EXPECT_THAT(ErrorOf("run", net_), HasSubstr("lacks iteration or seconds"));
  snapshot_.metadata.clear();
  EXPECT_THAT(ErrorOf("run", net_), HasSubstr("file.safetensors: its metadata lacks 'mrsn.checkpoint'"));
}

TEST(WeightsTest, TheirHashIsOfNamesShapesAndValuesAlone) {
  Net net(4);
  Checkpoint about;
  about.set_experiment("a");
  const auto read = ReadCheckpointMetadata(Weights(net, about).metadata, "w");
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->weights_hash(), WeightsHash(net));
  EXPECT_EQ(read->experiment(), "a");
}

// The shipped files have the present form: reading and writing changes no byte.
TEST(WeightsTest, TheShippedFilesAreAsThisVersionWritesThem) {
  const std::string path = "experiments/checkpoints/micro/pretrain.safetensors";
  auto weights = ReadSafetensors(path);
  ASSERT_TRUE(weights.ok()) << weights.status();
  EXPECT_EQ(SerializeSafetensors(*weights), *ReadFile(path));
  const auto about = ReadCheckpointMetadata(weights->metadata, path);
  ASSERT_TRUE(about.ok()) << about.status();
  EXPECT_EQ(about->experiment(), "micro/pretrain");
  EXPECT_EQ(CheckpointMetadata(*about), weights->metadata);
  weights->metadata.clear();
  EXPECT_EQ(about->weights_hash(), Fingerprint(SerializeSafetensors(*weights)));
}

TEST(LoadWeightsTest, OnlyThePrefixIsCopied) {
  Net from(4), to(4);
  const at::Tensor bias = to.norm->bias.clone();
  at::NoGradGuard no_grad;
  from.norm->bias.fill_(3);
  ASSERT_TRUE(LoadWeights(Weights(from, {}), "w", "linear.", to).ok());
  EXPECT_TRUE(at::equal(to.linear->weight, from.linear->weight));
  EXPECT_TRUE(at::equal(to.norm->bias, bias));
  EXPECT_FALSE(LoadWeights(Weights(from, {}), "w", "nothing.", to).ok());
}

}  // namespace
}  // namespace mrsn::experiments
