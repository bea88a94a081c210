#include "experiments/engine/windows_ahead.h"

#include <unistd.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "datasets/loader.h"
#include "experiments/testing/fake_dataset.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "mrsn/bank/relation_bank_writer.h"

namespace mrsn::experiments {
namespace {

using ::testing::ElementsAre;

constexpr int kClips = 30;

class WindowsAheadTest : public ::testing::Test {
 protected:
  // Person i of the bank is in video<i>, second 902, and has the feature i.
  void SetUp() override {
    const std::string path = absl::StrCat(::testing::TempDir(), "ahead.", ::getpid(), "/",
                                          ::testing::UnitTest::GetInstance()->current_test_info()->name());
    auto writer = RelationBankWriter::Create(path, {}, 1);
    ASSERT_TRUE(writer.ok()) << writer.status();
    for (int64_t i = 0; i < clips_.size(); ++i) {
      ASSERT_TRUE((*writer)->Add(clips_.keyframe(i), {static_cast<float>(i)}, {Box()}).ok());
    }
    ASSERT_TRUE((*writer)->Finish().ok());
    auto bank = RelationBank::OpenAny(path);
    ASSERT_TRUE(bank.ok()) << bank.status();
    bank_ = *std::move(bank);
  }

  FakeDataset clips_{std::vector<datasets::FrameSize>(kClips, {8, 8})};
  std::unique_ptr<RelationBank> bank_;
};

TEST_F(WindowsAheadTest, WorkersOfALoaderReadThem) {
  const WindowsAhead data(clips_, *bank_, 0);
  datasets::LoaderOptions options;
  options.batch_size = 10;
  options.workers = 3;
  options.epochs = 2;
  datasets::Loader loader(data, options);
  for (int batch = 0; batch < 6; ++batch) {
    const auto samples = loader.Next();
    ASSERT_TRUE(samples.ok()) << samples.status();
    for (const datasets::Sample& sample : *samples) {
      const auto window = data.Take(sample.keyframe);
      ASSERT_TRUE(window.has_value());
      EXPECT_THAT(window->features(), ElementsAre(sample.slow.values[0] - 1));
    }
  }
  for (int i = 0; i < kClips; ++i) EXPECT_FALSE(data.Take(clips_.keyframe(i)).has_value());
}

TEST_F(WindowsAheadTest, EachLoadedClipHasOne) {
  const WindowsAhead data(clips_, *bank_, 0);
  EXPECT_FALSE(data.Take(clips_.keyframe(3)).has_value());
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(data.Load(3, 0).ok());
  EXPECT_TRUE(data.Take(clips_.keyframe(3)).has_value());
  EXPECT_TRUE(data.Take(clips_.keyframe(3)).has_value());
  EXPECT_FALSE(data.Take(clips_.keyframe(3)).has_value());
}

TEST_F(WindowsAheadTest, AClipThatCannotBeReadLeavesNone) {
  clips_.broken_clips = 1;
  const WindowsAhead data(clips_, *bank_, 0);
  EXPECT_FALSE(data.Load(0, 0).ok());
  EXPECT_FALSE(data.Take(clips_.keyframe(0)).has_value());
}

TEST_F(WindowsAheadTest, WindowsThatNobodyTakesDoNotPileUp) {
  const WindowsAhead data(clips_, *bank_, 0);
  for (int i = 0; i < 5000; ++i) ASSERT_TRUE(data.Load(0, 0).ok());
  int kept = 0;
  while (data.Take(clips_.keyframe(0)).has_value()) ++kept;
  EXPECT_EQ(kept, 1024);
}

}  // namespace
}  // namespace mrsn::experiments
