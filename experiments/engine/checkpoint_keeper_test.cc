#include "experiments/engine/checkpoint_keeper.h"

#include <ATen/ATen.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "ops/base/file.h"
#include "ops/base/testing/full_disk.h"

namespace mrsn::experiments {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Memory = CheckpointKeeper::Memory;

class CheckpointKeeperTest : public ::testing::Test {
 protected:
  CheckpointKeeperTest()
      : folder_(absl::StrCat(::testing::TempDir(), "keeper.", ::getpid(), "/",
                             ::testing::UnitTest::GetInstance()->current_test_info()->name())) {}

  static Safetensors Snapshot(int64_t value) {
    return {{{"model.weight", at::full({100}, value, at::kLong)}}, {{"about", absl::StrCat("step ", value)}}};
  }
  static Memory Part(int64_t value, bool whole) {
    return {{{"memory", at::full({3}, value, at::kLong)}}, whole};
  }

  std::vector<std::string> Files() const {
    std::vector<std::string> files;
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
      files.push_back(entry.path().filename());
    }
    std::sort(files.begin(), files.end());
    return files;
  }
  std::string Path(const std::string& name) const { return absl::StrCat(folder_, "/", name, ".safetensors"); }
  void Damage(const std::string& path) const {
    std::string bytes = *ReadFile(path);
    bytes[bytes.size() - 9] ^= 4;
    ASSERT_TRUE(WriteFileAtomically(path, bytes).ok());
  }
  // The value of the snapshot that a new keeper finds, -1 without one, and then the values of the memory.
  std::vector<int64_t> Found() const {
    auto found = CheckpointKeeper(folder_).Newest();
    EXPECT_TRUE(found.ok()) << found.status();
    if (!found.ok() || !found->has_value()) return {-1};
    std::vector<int64_t> values = {(*found)->snapshot.tensors.at("model.weight")[99].item<int64_t>()};
    EXPECT_EQ((*found)->snapshot.metadata.size(), 1) << "the keeper's own entries are not the caller's";
    for (const Safetensors& part : (*found)->memory)
      values.push_back(part.tensors.at("memory")[2].item<int64_t>());
    return values;
  }

  const std::string folder_;
};

TEST_F(CheckpointKeeperTest, TheTwoNewestAreKept) {
  EXPECT_THAT(Found(), ElementsAre(-1));
  CheckpointKeeper keeper(folder_);
  for (const int64_t step : {2, 4, 10}) ASSERT_TRUE(keeper.Write(step, Snapshot(step), std::nullopt).ok());
  ASSERT_TRUE(keeper.WriteBest(Snapshot(2)).ok());
  EXPECT_THAT(Files(), ElementsAre("best.safetensors", "checkpoint-000000004.safetensors",
                                   "checkpoint-000000010.safetensors"));
  EXPECT_THAT(Found(), ElementsAre(10));
  EXPECT_EQ(keeper.newest_path(), Path("checkpoint-000000010"));
}

TEST_F(CheckpointKeeperTest, ADamagedOneIsPassedOverWithAWarning) {
  CheckpointKeeper keeper(folder_);
  for (const int64_t step : {2, 4}) ASSERT_TRUE(keeper.Write(step, Snapshot(step), std::nullopt).ok());
  Damage(Path("checkpoint-000000004"));
  ::testing::internal::CaptureStderr();
  EXPECT_THAT(Found(), ElementsAre(2));
  EXPECT_THAT(::testing::internal::GetCapturedStderr(),
              AllOf(HasSubstr("warning: goes on from " + Path("checkpoint-000000002")),
                    HasSubstr(Path("checkpoint-000000004") + ": is damaged: its content has the checksum")));
  EXPECT_THAT(Files(),
              ElementsAre("checkpoint-000000002.safetensors", "checkpoint-000000004.safetensors.damaged"));
}

TEST_F(CheckpointKeeperTest, ACutOffOneIsPassedOver) {
  CheckpointKeeper keeper(folder_);
  for (const int64_t step : {2, 4}) ASSERT_TRUE(keeper.Write(step, Snapshot(step), std::nullopt).ok());
  std::filesystem::resize_file(Path("checkpoint-000000004"), 300);
  EXPECT_THAT(Found(), ElementsAre(2));
}

TEST_F(CheckpointKeeperTest, WithoutAWholeOneNothingBeginsAnew) {
  CheckpointKeeper keeper(folder_);
  for (const int64_t step : {2, 4}) ASSERT_TRUE(keeper.Write(step, Snapshot(step), std::nullopt).ok());
  for (const char* name : {"checkpoint-000000002", "checkpoint-000000004"}) Damage(Path(name));
  const auto found = CheckpointKeeper(folder_).Newest();
  EXPECT_TRUE(absl::IsDataLoss(found.status()));
  EXPECT_THAT(std::string(found.status().message()),
              AllOf(HasSubstr(Path("checkpoint-000000002")), HasSubstr(Path("checkpoint-000000004"))));
}

TEST_F(CheckpointKeeperTest, ACheckpointOfTheOldLayoutIsNamed) {
  const std::string old = folder_ + "/checkpoint.safetensors";
  ASSERT_TRUE(WriteFileAtomically(old, "weights").ok());
  CheckpointKeeper keeper(folder_ + "/checkpoints");
  ::testing::internal::CaptureStderr();
  ASSERT_TRUE(keeper.Newest().ok());
  EXPECT_THAT(::testing::internal::GetCapturedStderr(),
              HasSubstr("warning: starts the training anew, because " + old + " was written by an earlier "));
  ASSERT_TRUE(keeper.Write(2, Snapshot(2), std::nullopt).ok());
  ::testing::internal::CaptureStderr();
  ASSERT_TRUE(keeper.Newest().ok());
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "") << "there is one to go on from";
}

TEST_F(CheckpointKeeperTest, OnlyTheChangesOfAMemoryAreWritten) {
  CheckpointKeeper keeper(folder_);
  ASSERT_TRUE(keeper.Write(2, Snapshot(2), Part(20, true)).ok());
  ASSERT_TRUE(keeper.Write(4, Snapshot(4), Part(40, false)).ok());
  EXPECT_THAT(Found(), ElementsAre(4, 20, 40));
  ASSERT_TRUE(keeper.Write(4, Snapshot(4), Part(41, false)).ok()) << "twice at one step";
  EXPECT_THAT(Found(), ElementsAre(4, 20, 40, 41));
  ASSERT_TRUE(keeper.Write(6, Snapshot(6), Part(60, true)).ok());
  EXPECT_THAT(Found(), ElementsAre(6, 60));
  ASSERT_TRUE(keeper.Write(8, Snapshot(8), Part(80, false)).ok());
  EXPECT_THAT(Files(), ElementsAre("checkpoint-000000006.safetensors", "checkpoint-000000008.safetensors",
                                   "memory-000000004.safetensors", "memory-000000005.safetensors"));
  // A new keeper goes on with the memory of the checkpoint that it found.
  CheckpointKeeper resumed(folder_);
  ASSERT_TRUE(resumed.Newest().ok());
  ASSERT_TRUE(resumed.Write(10, Snapshot(10), Part(100, false)).ok());
  EXPECT_THAT(Found(), ElementsAre(10, 60, 80, 100));
}

TEST_F(CheckpointKeeperTest, ACheckpointWithoutItsMemoryIsPassedOver) {
  CheckpointKeeper keeper(folder_);
  ASSERT_TRUE(keeper.Write(2, Snapshot(2), Part(20, true)).ok());
  ASSERT_TRUE(keeper.Write(4, Snapshot(4), Part(40, false)).ok());
  // A whole file, but of another content.
  std::filesystem::copy_file(Path("memory-000000001"), Path("memory-000000002"),
                             std::filesystem::copy_options::overwrite_existing);
  ::testing::internal::CaptureStderr();
  EXPECT_THAT(Found(), ElementsAre(2, 20));
  EXPECT_THAT(::testing::internal::GetCapturedStderr(),
              HasSubstr(Path("memory-000000002") + ": has the checksum"));
}

TEST_F(CheckpointKeeperTest, AFullDiskLeavesWhatWasThere) {
  CheckpointKeeper keeper(folder_);
  ASSERT_TRUE(keeper.Write(2, Snapshot(2), Part(20, true)).ok());
  const std::vector<std::string> before = Files();
  for (const rlim_t bytes : {10, 400}) {  // nothing fits; the memory fits, but the snapshot does not
    absl::Status full;
    {
      const testing::FullDisk disk(bytes);
      full = keeper.Write(4, Snapshot(4), Part(40, false));
    }
    EXPECT_THAT(std::string(full.message()), HasSubstr("cannot write "));
    EXPECT_THAT(Found(), ElementsAre(2, 20));
  }
  EXPECT_EQ(keeper.newest_path(), Path("checkpoint-000000002"));
}

}  // namespace
}  // namespace mrsn::experiments
