// Banks on disk, from the detector that fills them to the windows that a detector reads.
#include "experiments/engine/bank_filling.h"

#include <ATen/ATen.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "experiments/engine/detector_input.h"
#include "experiments/testing/fake_dataset.h"
#include "experiments/testing/fake_detector.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "mrsn/bank/relation_bank.h"
#include "mrsn/bank/relation_bank_writer.h"
#include "ops/base/file.h"
#include "ops/distributed/thread_group.h"

namespace mrsn::experiments {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string Path() {
  return absl::StrCat(::testing::TempDir(), "bank.", ::getpid(), "/",
                      ::testing::UnitTest::GetInstance()->current_test_info()->name());
}

BankFillingOptions Options() {
  BankFillingOptions options;
  options.identity = {"weights", "boxes", "config"};
  return options;
}

std::vector<float> FeaturesAt(const RelationBank& bank, const std::string& video) {
  return bank.Window({video, 902}, 0)->features();
}

TEST(BankFillingTest, HoldsTheRelationFeaturesOfEveryBox) {
  FakeDataset clips({{8, 8}, {8, 8}, {16, 8}});
  clips.empty_clip = 1;
  FakeDetector model;
  const absl::Status filled = FillBank(Options(), Path(), clips, model);
  ASSERT_TRUE(filled.ok()) << filled;
  const auto bank = RelationBank::Open(Path(), Options().identity);
  ASSERT_TRUE(bank.ok()) << bank.status();
  EXPECT_EQ((*bank)->width(), 1);
  EXPECT_EQ((*bank)->keyframes(), 3) << "the clip without a person has an entry without persons";
  EXPECT_THAT(FeaturesAt(**bank, "video0"), ElementsAre(0.5f));  // 4 x 1/8
  EXPECT_THAT(FeaturesAt(**bank, "video1"), IsEmpty());
  EXPECT_THAT(FeaturesAt(**bank, "video2"), ElementsAre(1.5f));
  const Box box = (*bank)->Window({"video2", 902}, 0)->boxes[0];
  EXPECT_THAT((std::vector<float>{box.x1, box.y1, box.x2, box.y2}), ElementsAre(0.25f, 0.5f, 0.75f, 1.f));
}

TEST(BankFillingTest, NobodyIsFoundInAClipThatCannotBeRead) {
  FakeDataset clips({{8, 8}, {8, 8}});
  clips.broken_clips = 1;
  FakeDetector model;
  BankFillingOptions options = Options();
  EXPECT_THAT(std::string(FillBank(options, Path(), clips, model).message()),
              ::testing::HasSubstr("video0,902: cut off"));
  options.unreadable = {datasets::UnreadablePolicy::kSkipAndCount, 0.5};
  const absl::Status filled = FillBank(options, Path(), clips, model);
  ASSERT_TRUE(filled.ok()) << filled;
  const auto bank = RelationBank::Open(Path(), Options().identity);
  ASSERT_TRUE(bank.ok()) << bank.status();
  EXPECT_EQ((*bank)->keyframes(), 2);
  EXPECT_THAT(FeaturesAt(**bank, "video0"), IsEmpty());
  EXPECT_THAT(FeaturesAt(**bank, "video1"), ElementsAre(1.f));
  // A process that was killed behind the clip that cannot be read, in the same batch.
  const std::string path = Path() + ".2";
  ASSERT_TRUE(
      (*RelationBankWriter::Create(path, Options().identity, 1))->Add(clips.keyframe(0), {}, {}).ok());
  const absl::Status resumed = FillBank(options, path, clips, model);
  EXPECT_TRUE(resumed.ok()) << resumed;
}

TEST(BankFillingTest, HoldsTheMemoryOfAModelThatKeepsOne) {
  FakeDetector model;
  model.remembers = true;
  ASSERT_TRUE(FillBank(Options(), Path(), FakeDataset({{8, 8}, {8, 8}}), model).ok());
  const auto bank = RelationBank::Open(Path(), Options().identity);
  ASSERT_TRUE(bank.ok()) << bank.status();
  EXPECT_THAT(FeaturesAt(**bank, "video0"), ElementsAre(1.f));  // 8 x 1/8
  EXPECT_THAT(FeaturesAt(**bank, "video1"), ElementsAre(2.f));
}

TEST(BankFillingTest, ABankIsNotWrittenOver) {
  FakeDetector model;
  ASSERT_TRUE(FillBank(Options(), Path(), FakeDataset({{8, 8}}), model).ok());
  EXPECT_EQ(FillBank(Options(), Path(), FakeDataset({{8, 8}}), model).code(),
            absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(model.batches.size(), 1) << "refused before the work";
}

// Reads no clip from `first_unreadable` on.
struct CutOff : FakeDataset {
  CutOff() : FakeDataset(std::vector<datasets::FrameSize>(40, {8, 8})) {}
  absl::StatusOr<datasets::Sample> Load(int64_t index, uint64_t seed) const override {
    if (index >= first_unreadable) return absl::UnavailableError("the disk is gone");
    return FakeDataset::Load(index, seed);
  }
  int64_t first_unreadable = 40;
};

TEST(BankFillingTest, AnInterruptedBankGoesOnWithTheBatchThatIsMissing) {
  CutOff clips;
  FakeDetector model;
  ASSERT_TRUE(FillBank(Options(), Path(), clips, model).ok());
  EXPECT_THAT(model.batches, ElementsAre(16, 16, 8));

  const std::string path = Path() + ".2";
  clips.first_unreadable = 35;
  EXPECT_EQ(FillBank(Options(), path, clips, model).code(), absl::StatusCode::kUnavailable);
  EXPECT_FALSE(FileExists(path));
  // A process that was killed within the third batch.
  ASSERT_TRUE((*RelationBankWriter::Create(path, Options().identity, 1))
                  ->Add(clips.keyframe(32), {33 / 8.f * 4}, {FakeDataset::kPersonBox})
                  .ok());
  model.batches.clear();
  clips.first_unreadable = 40;
  const absl::Status filled = FillBank(Options(), path, clips, model);
  ASSERT_TRUE(filled.ok()) << filled;
  EXPECT_THAT(model.batches, ElementsAre(8)) << "batches that were done are not computed again";
  EXPECT_TRUE(*ReadFile(path + "/data.mdb") == *ReadFile(Path() + "/data.mdb"));
}

TEST(BankFillingTest, RanksWriteTheBytesOfOneProcess) {
  CutOff clips;
  FakeDetector alone;
  ASSERT_TRUE(FillBank(Options(), Path(), clips, alone).ok());
  const std::string path = Path() + ".ranks";
  for (const bool again : {false, true}) {
    std::vector<absl::Status> filled(2);
    std::vector<FakeDetector> models(2);
    RunAsRanks(2, [&](ProcessGroup& group) {
      BankFillingOptions options = Options();
      options.group = &group;
      filled[group.rank()] = FillBank(options, path, clips, models[group.rank()]);
    });
    if (again) {
      EXPECT_EQ(filled[0].code(), absl::StatusCode::kAlreadyExists);
      EXPECT_EQ(filled[1].code(), absl::StatusCode::kAlreadyExists) << "waited for rank 0";
      continue;
    }
    EXPECT_TRUE(filled[0].ok() && filled[1].ok()) << filled[0] << filled[1];
    EXPECT_THAT(models[0].batches, ElementsAre(16, 8));
    EXPECT_THAT(models[1].batches, ElementsAre(16));
    EXPECT_TRUE(*ReadFile(path + "/data.mdb") == *ReadFile(Path() + "/data.mdb"));
  }
}

// Only the renaming was left to do.
TEST(BankFillingTest, ABankThatLacksNothingIsOnlyFinished) {
  CutOff clips;
  clips.first_unreadable = 0;
  auto writer = RelationBankWriter::Create(Path(), Options().identity, 1);
  for (int64_t i = 0; i < clips.size(); ++i) ASSERT_TRUE((*writer)->Add(clips.keyframe(i), {}, {}).ok());
  writer->reset();
  FakeDetector model;
  const absl::Status filled = FillBank(Options(), Path(), clips, model);
  ASSERT_TRUE(filled.ok()) << filled;
  EXPECT_THAT(model.batches, IsEmpty());
}

// A bank whose person at second s has the features (s, -s).
class WindowsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto writer = RelationBankWriter::Create(Path(), Options().identity, 2);
    ASSERT_TRUE(writer.ok()) << writer.status();
    for (const int second : {9, 10, 11, 14}) {
      const std::vector<float> features = {1.f * second, -1.f * second};
      ASSERT_TRUE((*writer)->Add({"v", second}, features, {Box{0, 0, 1, 1}}).ok());
    }
    ASSERT_TRUE((*writer)->Finish().ok());
    auto bank = RelationBank::Open(Path(), Options().identity);
    ASSERT_TRUE(bank.ok()) << bank.status();
    bank_ = *std::move(bank);
  }

  static std::vector<int64_t> Values(const at::Tensor& tensor) {
    return {tensor.data_ptr<int64_t>(), tensor.data_ptr<int64_t>() + tensor.numel()};
  }

  std::unique_ptr<RelationBank> bank_;
};

TEST_F(WindowsTest, AreJoinedInTheOrderOfTheBatch) {
  const auto windows = WindowsOf({bank_.get(), 1}, {{"v", 10}, {"unknown", 10}, {"v", 13}});
  ASSERT_TRUE(windows.ok()) << windows.status();
  EXPECT_THAT(Values(windows->clip_index), ElementsAre(0, 0, 0, 2));
  EXPECT_THAT(Values(windows->offset), ElementsAre(-1, 0, 1, 1));
  EXPECT_TRUE(at::equal(windows->features,
                        at::tensor({9.f, -9.f, 10.f, -10.f, 11.f, -11.f, 14.f, -14.f}).view({4, 2})));
}

TEST_F(WindowsTest, LeaveOutTheClipsOwnSecondIfAsked) {
  const auto windows = WindowsOf({bank_.get(), 1, /*own_second=*/false}, {{"v", 10}});
  ASSERT_TRUE(windows.ok()) << windows.status();
  EXPECT_THAT(Values(windows->offset), ElementsAre(-1, 1));
  EXPECT_TRUE(at::equal(windows->features, at::tensor({9.f, -9.f, 11.f, -11.f}).view({2, 2})));
}

TEST_F(WindowsTest, WithoutEntriesHaveTheirShapesAllTheSame) {
  const auto windows = WindowsOf({bank_.get(), 1}, {{"unknown", 10}});
  ASSERT_TRUE(windows.ok()) << windows.status();
  EXPECT_EQ(windows->features.sizes(), (at::IntArrayRef{0, 2}));
  EXPECT_EQ(windows->clip_index.sizes(), (at::IntArrayRef{0}));
}

TEST_F(WindowsTest, StandInTheInputOfAModelThatReadsThem) {
  datasets::ClipBatch batch;
  batch.slow = at::full({1, 3, 1, 2, 2}, 51, at::kByte);
  batch.scaling.mean = {0, 0, 0.2f};  // 51 / 255
  batch.scaling.std = {1, 0.5f, 1};
  batch.boxes = at::ones({1, 4});
  batch.clip_index = at::zeros({1}, at::kLong);
  batch.keyframes = {{"v", 14}};
  const auto window = WindowsOf({bank_.get(), 1}, batch.keyframes);
  ASSERT_TRUE(window.ok()) << window.status();
  const DetectorInput with_bank = ModelBatchOf(batch, *window, FakeDetector()).input;
  EXPECT_TRUE(at::equal(with_bank.bank.features, at::tensor({14.f, -14.f}).view({1, 2})));
  const at::Tensor expected = at::tensor({0.2f, 0.4f, 0.f}).view({1, 3, 1, 1, 1}).expand({1, 3, 1, 2, 2});
  EXPECT_TRUE(at::allclose(with_bank.slow, expected)) << with_bank.slow;
  EXPECT_FALSE(with_bank.fast.defined());
  EXPECT_TRUE(with_bank.boxes.is_same(batch.boxes));
  EXPECT_TRUE(with_bank.clip_index.is_same(batch.clip_index));
  const auto without = WindowsOf({}, batch.keyframes);
  ASSERT_TRUE(without.ok()) << without.status();
  EXPECT_FALSE(without->features.defined());
}

TEST(ClassLossTest, OfTheConfig) {
  EXPECT_EQ(ClassLossOf(TrainConfig::SOFTMAX), ClassLoss::kSoftmax);
  EXPECT_EQ(ClassLossOf(TrainConfig::BCE), ClassLoss::kBce);
}

}  // namespace
}  // namespace mrsn::experiments
