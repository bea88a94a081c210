// Banks that are written by processes that die, by several processes, and on a full disk.
#include "mrsn/bank/relation_bank_writer.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cmath>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "mrsn/bank/relation_bank.h"
#include "ops/base/file.h"
#include "ops/base/stop_signal.h"
#include "ops/base/testing/full_disk.h"

namespace mrsn {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr int kWidth = 700, kKeyframes = 200;

// The n-th key frame of an example: 0 to 3 persons, two videos.
Keyframe KeyframeOf(int n) { return {n % 2 == 0 ? "even" : "odd", n / 2}; }

std::vector<float> FeaturesOf(int n) {
  std::vector<float> features(n % 4 * kWidth);
  for (size_t i = 0; i < features.size(); ++i) features[i] = 0.25f * n + static_cast<float>(i % 16);
  return features;
}

class RelationBankWriterTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = absl::StrCat(std::getenv("TEST_TMPDIR"), "/",
                           ::testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::remove_all(folder_);
    path_ = folder_ + "/bank";
  }

  absl::StatusOr<std::unique_ptr<RelationBankWriter>> Create(int rank = 0, int64_t width = kWidth) const {
    return RelationBankWriter::Create(path_, identity_, width, {rank, /*wait=*/false});
  }

  // Adds every `step`-th key frame from `first` on that is not there; returns the number added.
  static int AddMissing(RelationBankWriter& writer, int first = 0, int step = 1, int end = kKeyframes) {
    int added = 0;
    for (int n = first; n < end; n += step) {
      if (writer.Contains(KeyframeOf(n))) continue;
      const absl::Status status = writer.Add(KeyframeOf(n), FeaturesOf(n), std::vector<Box>(n % 4));
      EXPECT_TRUE(status.ok()) << status;
      if (!status.ok()) return added;
      ++added;
    }
    return added;
  }

  // The data of the bank that one undisturbed process writes.
  std::string Undisturbed() const {
    const std::string path = folder_ + "/undisturbed";
    auto writer = RelationBankWriter::Create(path, identity_, kWidth);
    EXPECT_TRUE(writer.ok()) << writer.status();
    EXPECT_EQ(AddMissing(**writer), kKeyframes);
    EXPECT_TRUE((*writer)->Finish(kKeyframes).ok());
    return *ReadFile(path + "/data.mdb");
  }

  std::vector<std::string> FolderNames() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
      names.push_back(entry.path().filename().string());
    }
    return names;
  }

  const BankIdentity identity_ = {"c0ffee", "b0c5e5", "c04f16"};
  std::string folder_, path_;
};

TEST_F(RelationBankWriterTest, OrderOfAddingIsNotInTheBytes) {
  const std::string undisturbed = Undisturbed();
  const auto writer = Create();
  ASSERT_TRUE(writer.ok()) << writer.status();
  for (int n = kKeyframes - 1; n >= 0; --n) {
    ASSERT_TRUE((*writer)->Add(KeyframeOf(n), FeaturesOf(n), std::vector<Box>(n % 4)).ok());
  }
  ASSERT_TRUE((*writer)->Finish(kKeyframes).ok());
  EXPECT_TRUE(undisturbed == *ReadFile(path_ + "/data.mdb"));
}

TEST_F(RelationBankWriterTest, NothingAppearsBeforeFinishAndThenOnlyTheBank) {
  {
    auto writer = Create(0, 1);
    ASSERT_TRUE((*writer)->Add({"v", 1}, {1.0f}, {Box()}).ok());
    EXPECT_FALSE(FileExists(path_));
  }
  EXPECT_THAT(FolderNames(), ElementsAre("bank.unfinished"));
  auto writer = Create(0, 1);
  EXPECT_TRUE((*writer)->Contains({"v", 1}));
  EXPECT_FALSE((*writer)->Contains({"v", 2}));
  ASSERT_TRUE((*writer)->Finish().ok());
  EXPECT_FALSE((*writer)->Add({"v", 3}, {1.0f}, {Box()}).ok());
  EXPECT_FALSE((*writer)->Finish().ok());
  writer->reset();
  EXPECT_THAT(FolderNames(), ElementsAre("bank"));
  EXPECT_EQ((*RelationBank::Open(path_, identity_))->keyframes(), 1);
  EXPECT_EQ(Create().status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(FolderNames(), ElementsAre("bank"));
}

// Each child is killed at another moment of its writing; children of both ranks run at once.
TEST_F(RelationBankWriterTest, KilledWritersGoOnAndTheBankHasTheSameBytes) {
  const std::string undisturbed = Undisturbed();
  for (int round = 0; round < 10; ++round) {
    std::vector<pid_t> children;
    for (int rank = 0; rank < 2; ++rank) {
      children.push_back(fork());
      if (children.back() != 0) continue;
      auto writer = Create(rank);
      if (!writer.ok()) std::_Exit(1);
      AddMissing(**writer, rank, 2);
      absl::SleepFor(absl::Minutes(1));
      std::_Exit(0);
    }
    absl::SleepFor(absl::Microseconds(500 + 700 * round * round));
    for (const pid_t child : children) {
      int state = 0;
      kill(child, SIGKILL);
      waitpid(child, &state, 0);
      ASSERT_TRUE(WIFSIGNALED(state)) << "a child could not go on";
    }
  }
  const auto writer = Create();
  ASSERT_TRUE(writer.ok()) << writer.status();
  AddMissing(**writer);
  const absl::Status finished = (*writer)->Finish(kKeyframes);
  ASSERT_TRUE(finished.ok()) << finished;
  EXPECT_TRUE(undisturbed == *ReadFile(path_ + "/data.mdb"));
}

// A cut at each byte of the last records, as a killed or powerless machine leaves it.
TEST_F(RelationBankWriterTest, CutOrDamagedRecordIsWrittenAgainAndNoOther) {
  const std::string undisturbed = Undisturbed();
  {
    const auto writer = Create();
    EXPECT_EQ(AddMissing(**writer, 0, 1, 8), 8);  // key frame 7 has three persons, 4200 bytes and boxes
  }
  const std::string part = path_ + ".unfinished/rank0.part", bytes = *ReadFile(part);
  const auto opened = [&](const std::string& with) {
    std::ofstream(part, std::ios::binary) << with;
    auto writer = Create();
    EXPECT_TRUE(writer.ok()) << writer.status();
    return *std::move(writer);
  };
  for (size_t cut = 1; cut < 4300; cut += 61) {
    EXPECT_EQ(AddMissing(*opened(bytes.substr(0, bytes.size() - cut)), 0, 1, 8), cut <= 4272 ? 1 : 2) << cut;
    std::string damaged = bytes;
    damaged[bytes.size() - cut] ^= 0x10;
    EXPECT_EQ(AddMissing(*opened(damaged), 0, 1, 8), cut <= 4272 ? 1 : 2) << cut;
  }
  for (size_t size = 0; size < 130; size += 3) {  // within the record of the bank's identity
    EXPECT_EQ(AddMissing(*opened(bytes.substr(0, size)), 0, 1, 8), 8) << size;
  }
  const auto writer = opened(bytes);
  EXPECT_EQ(AddMissing(*writer), kKeyframes - 8);
  ASSERT_TRUE(writer->Finish(kKeyframes).ok());
  EXPECT_TRUE(undisturbed == *ReadFile(path_ + "/data.mdb"));
}

TEST_F(RelationBankWriterTest, ManyRanksGiveTheBytesOfOne) {
  const std::string undisturbed = Undisturbed();
  std::vector<std::unique_ptr<RelationBankWriter>> writers;
  for (int rank = 0; rank < 3; ++rank) {
    writers.push_back(*Create(rank));
    EXPECT_EQ(AddMissing(*writers.back(), rank, 3), (kKeyframes - rank + 2) / 3);
    ASSERT_TRUE(writers.back()->Sync().ok());
  }
  ASSERT_TRUE(writers[0]->Finish(kKeyframes).ok());
  EXPECT_TRUE(undisturbed == *ReadFile(path_ + "/data.mdb"));
  EXPECT_TRUE((*RelationBank::Open(path_, identity_))->Verify([](int64_t) {}).ok());
}

TEST_F(RelationBankWriterTest, FewerOrMoreRanksGoOnWithTheOthersParts) {
  const std::string undisturbed = Undisturbed();
  for (int rank = 0; rank < 2; ++rank) AddMissing(**Create(rank), rank, 2, 100);
  for (int rank = 0; rank < 3; ++rank) EXPECT_EQ(AddMissing(**Create(rank), rank, 3, 102), rank == 0 ? 0 : 1);
  const auto writer = Create();
  EXPECT_EQ(AddMissing(**writer), 98);
  ASSERT_TRUE((*writer)->Finish(kKeyframes).ok());
  EXPECT_TRUE(undisturbed == *ReadFile(path_ + "/data.mdb"));
}

TEST_F(RelationBankWriterTest, MissingShareIsAnErrorAndCanBeAdded) {
  auto writer = Create();
  AddMissing(**writer, 0, 2);
  const absl::Status status = (*writer)->Finish(kKeyframes);
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("100 of 200 key frames"));
  EXPECT_FALSE(FileExists(path_));
  writer->reset();
  writer = Create();
  EXPECT_EQ(AddMissing(**writer), 100);
  EXPECT_TRUE((*writer)->Finish(kKeyframes).ok());
}

TEST_F(RelationBankWriterTest, TwoRanksMayAddOneKeyframeOnlyAlike) {
  auto zero = Create(0, 1), one = Create(1, 1);
  ASSERT_TRUE((*zero)->Add({"v", 1}, {1.0f}, {Box()}).ok());
  ASSERT_TRUE((*one)->Add({"v", 1}, {1.0f}, {Box()}).ok());
  EXPECT_EQ((*zero)->Add({"v", 1}, {1.0f}, {Box()}).code(), absl::StatusCode::kAlreadyExists);
  ASSERT_TRUE((*zero)->Add({"v", 2}, {1.0f}, {Box()}).ok());
  ASSERT_TRUE((*one)->Add({"v", 2}, {2.0f}, {Box()}).ok());
  const absl::Status status = (*zero)->Finish();
  EXPECT_EQ(status.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("v second 2"), HasSubstr("rank0.part"), HasSubstr("rank1.part")));
}

TEST_F(RelationBankWriterTest, BankBegunWithOtherInputsIsRefusedNamingThem) {
  AddMissing(**Create(), 0, 1, 3);
  BankIdentity other = identity_;
  other.checkpoint = "decade";
  const absl::Status status = RelationBankWriter::Create(path_, other, kWidth).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("bank.unfinished"), HasSubstr("c0ffee"), HasSubstr("decade")));
  EXPECT_EQ(Create(0, 5).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(AddMissing(**Create(), 0, 1, 3), 0) << "a refused writer changes nothing";
}

TEST_F(RelationBankWriterTest, FileOfAnotherKindIsRefused) {
  ASSERT_TRUE(WriteFileAtomically(path_ + ".unfinished/rank0.part", std::string(100, 'x')).ok());
  const absl::Status status = Create().status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()), HasSubstr("rank0.part"));
}

TEST_F(RelationBankWriterTest, SecondJobIsRefusedOrWaitsForTheFirst) {
  auto first = Create();
  AddMissing(**first);
  EXPECT_EQ(Create().status().code(), absl::StatusCode::kUnavailable);
  absl::Status second;
  std::thread waiting([&] { second = RelationBankWriter::Create(path_, identity_, kWidth).status(); });
  absl::SleepFor(absl::Milliseconds(300));
  ASSERT_TRUE((*first)->Finish(kKeyframes).ok());
  first->reset();
  waiting.join();
  EXPECT_EQ(second.code(), absl::StatusCode::kAlreadyExists) << "the bank that it waited for is there";
  EXPECT_THAT(FolderNames(), ElementsAre("bank"));
}

TEST_F(RelationBankWriterTest, AStopSignalEndsTheWait) {
  const auto first = RelationBankWriter::Create(path_, identity_, kWidth);
  ASSERT_TRUE(first.ok()) << first.status();
  NoteStopSignal(SIGTERM);
  const absl::Status second = RelationBankWriter::Create(path_, identity_, kWidth).status();
  EXPECT_EQ(StoppedExitCode(second), 143) << second;
  ForgetStopSignal();
}

TEST_F(RelationBankWriterTest, RefusesWhatItCannotStore) {
  auto writer = *Create(0, 2);
  const auto code = [&](const std::string& video, std::vector<float> features, size_t boxes) {
    return writer->Add({video, 7}, features, std::vector<Box>(boxes)).code();
  };
  EXPECT_EQ(code("v", {1, 2, 3}, 2), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code("v", {1, NAN}, 1), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code("v", {1, 65600}, 1), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code("", {1, 2}, 1), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code(std::string(600, 'v'), {1, 2}, 1), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(writer->Add({"v", 7}, {1, INFINITY}, {Box()}).message()),
              AllOf(HasSubstr("v second 7"), HasSubstr("inf")));
  EXPECT_EQ(code("v", {1, 2}, 1), absl::StatusCode::kOk);
  EXPECT_EQ(code("v", {3, 4}, 1), absl::StatusCode::kAlreadyExists);
  EXPECT_TRUE(writer->Finish(1).ok());
  EXPECT_EQ(RelationBankWriter::Create(path_ + "2", identity_, 0).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(RelationBankWriterTest, FullDiskIsAnErrorAndNothingIsLost) {
  const std::string undisturbed = Undisturbed();
  constexpr rlim_t kRoom = 100'000;
  {
    auto writer = Create();
    absl::Status status;
    int added = 0;
    {
      testing::FullDisk disk(kRoom);
      for (; added < kKeyframes && status.ok(); ++added) {
        status = (*writer)->Add(KeyframeOf(added), FeaturesOf(added), std::vector<Box>(added % 4));
      }
    }
    EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(path_));
    EXPECT_GT(added, 10);
    EXPECT_FALSE((*writer)->Contains(KeyframeOf(added - 1)));
    EXPECT_EQ(AddMissing(**writer), kKeyframes - (added - 1)) << "the same writer can go on";
  }
  {
    auto writer = Create();
    EXPECT_EQ(AddMissing(**writer), 0);
    testing::FullDisk disk(kRoom);
    const absl::Status status = (*writer)->Finish(kKeyframes);
    EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(path_));
    EXPECT_FALSE(FileExists(path_));
  }
  auto writer = Create();
  EXPECT_EQ(AddMissing(**writer), 0);
  ASSERT_TRUE((*writer)->Finish(kKeyframes).ok());
  EXPECT_TRUE(undisturbed == *ReadFile(path_ + "/data.mdb"));
}

}  // namespace
}  // namespace mrsn
