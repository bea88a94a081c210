#include "experiments/engine/training_log.h"

#include <unistd.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "ops/base/file.h"
#include "ops/base/testing/full_disk.h"
#include "ops/formats/tensorboard/event_file.h"

namespace mrsn::experiments {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class TrainingLogTest : public ::testing::Test {
 protected:
  TrainingLogTest()
      : path_(absl::StrCat(::testing::TempDir(), "log.", ::getpid(), "/",
                           ::testing::UnitTest::GetInstance()->current_test_info()->name(), "/train.jsonl")) {
  }

  void Write(int64_t from, int64_t first, int64_t last, double loss) {
    auto log = TrainingLog::Open(path_, from, from);
    ASSERT_TRUE(log.ok()) << log.status();
    for (int64_t i = first; i <= last; ++i) {
      LoggedStep step;
      step.iteration = i;
      step.loss = loss;
      ASSERT_TRUE((*log)->Append(step).ok());
    }
    EXPECT_TRUE((*log)->Sync().ok());
  }

  // "iteration:loss" of every line.
  std::vector<std::string> Lines() const {
    std::vector<std::string> lines;
    for (const absl::string_view line : absl::StrSplit(*ReadFile(path_), '\n', absl::SkipEmpty())) {
      const json entry = json::parse(line);
      lines.push_back(absl::StrCat(entry["iteration"].get<int>(), ":", entry["loss"].get<int>()));
    }
    return lines;
  }

  const std::string path_;
};

TEST_F(TrainingLogTest, NoLineIsLostOrDoubledByAResume) {
  Write(0, 1, 5, 1);
  Write(3, 4, 6, 2);
  EXPECT_THAT(Lines(), ElementsAre("1:1", "2:1", "3:1", "4:2", "5:2", "6:2"));
  Write(6, 7, 7, 3);
  EXPECT_THAT(Lines(), ElementsAre("1:1", "2:1", "3:1", "4:2", "5:2", "6:2", "7:3"));
  Write(0, 1, 1, 4);
  EXPECT_THAT(Lines(), ElementsAre("1:4"));
}

// The checkpoint of step 2 was written before the validation behind that step.
TEST_F(TrainingLogTest, AValidationThatTheCheckpointLacksComesAgain) {
  {
    auto log = TrainingLog::Open(path_, 0, 0);
    ASSERT_TRUE(log.ok()) << log.status();
    for (const int i : {1, 2}) {
      LoggedStep step;
      step.iteration = i;
      ASSERT_TRUE((*log)->Append(step).ok());
      ASSERT_TRUE((*log)->AppendValidation(i, 0.5 * i, 0.25).ok());
    }
  }
  const std::string all = *ReadFile(path_);
  ASSERT_TRUE(TrainingLog::Open(path_, 2, 2).ok());
  EXPECT_EQ(*ReadFile(path_), all);
  ASSERT_TRUE(TrainingLog::Open(path_, 2, 1).ok());
  const std::string line = "{\"iteration\": 2, \"epoch\": 1.0000, \"frame_map\": 0.250000}\n";
  EXPECT_EQ(*ReadFile(path_) + line, all);
}

TEST_F(TrainingLogTest, ALineThatACrashCutOffGoes) {
  Write(0, 1, 2, 1);
  ASSERT_TRUE(WriteFileAtomically(path_, *ReadFile(path_) + R"({"iteration": 3, "lo)").ok());
  Write(3, 4, 4, 2);
  EXPECT_THAT(Lines(), ElementsAre("1:1", "2:1", "4:2"));
}

TEST_F(TrainingLogTest, EveryFieldOfALine) {
  {
    auto log = TrainingLog::Open(path_, 0, 0);
    ASSERT_TRUE(log.ok()) << log.status();
    LoggedStep step = {3, 0.75, 0.5, 0.25, 12.5, 0.125, 1.5, 4096, {"a second 1: \"cut\"\xff"}, {}, 1024};
    ASSERT_TRUE((*log)->Append(step).ok());
    step = {4,     1, std::numeric_limits<double>::quiet_NaN(), 0.25, 12.5, 0.125, std::nullopt, 4096, {},
            {"b"}, {}};
    ASSERT_TRUE((*log)->Append(step).ok());
  }
  const std::vector<std::string> lines = absl::StrSplit(*ReadFile(path_), '\n', absl::SkipEmpty());
  ASSERT_EQ(lines.size(), 2);
  json first = json::parse(lines[0]);
  EXPECT_THAT(first["skipped"][0].get<std::string>(), HasSubstr("a second 1: \"cut\""));
  first.erase("skipped");
  EXPECT_EQ(first, json({{"iteration", 3},
                         {"epoch", 0.75},
                         {"loss", 0.5},
                         {"learning_rate", 0.25},
                         {"clips_per_second", 12.5},
                         {"data_wait_seconds", 0.125},
                         {"gradient_norm", 1.5},
                         {"loss_scale", 1024},
                         {"peak_memory_bytes", 4096}}));
  const json second = json::parse(lines[1]);
  EXPECT_TRUE(second["loss"].is_null());
  EXPECT_EQ(second.count("gradient_norm"), 0);
  EXPECT_EQ(second.count("loss_scale"), 0);
  EXPECT_EQ(second["not_applied"], json({"b"}));
}

// Half a line would fit.
TEST_F(TrainingLogTest, AFullDiskLeavesTheLinesThatWereThere) {
  Write(0, 1, 3, 1);
  const std::string before = *ReadFile(path_);
  auto log = TrainingLog::Open(path_, 3, 0);
  ASSERT_TRUE(log.ok()) << log.status();
  LoggedStep step;
  step.iteration = 4;
  absl::Status full;
  {
    const testing::FullDisk disk(before.size() + 40);
    full = (*log)->Append(step);
  }
  EXPECT_THAT(std::string(full.message()), HasSubstr(path_ + ": cannot append "));
  EXPECT_EQ(*ReadFile(path_), before);
}

// "step: tag" of every point in the folder for TensorBoard, and "step: START" where a sitting begins.
std::vector<std::string> Points(const std::string& folder) {
  std::vector<std::string> points;
  for (const std::string& path : tensorboard::EventFilesIn(folder)) {
    const auto events = tensorboard::ReadEvents(path);
    EXPECT_TRUE(events.ok()) << events.status();
    for (const tensorboard::Event& event : *events) {
      if (event.has_session_log()) points.push_back(absl::StrCat(event.step(), ": START"));
      for (const tensorboard::Scalar& scalar : event.summary().value()) {
        points.push_back(absl::StrCat(event.step(), ": ", scalar.tag(), " ", scalar.simple_value()));
      }
    }
  }
  return points;
}

TEST_F(TrainingLogTest, CurvesForTensorBoardStandBesideTheLog) {
  const std::string folder = path_.substr(0, path_.rfind('/')) + "/tensorboard";
  {
    auto log = TrainingLog::Open(path_, 0, 0);
    ASSERT_TRUE(log.ok()) << log.status();
    LoggedStep step = {1, 0.5, 0.75, 0.25, 12.5, 0.125, 1.5, 4096, {}, {}, {}};
    ASSERT_TRUE((*log)->Append(step).ok());
    step = {2, 1, 0.5, 0.25, 12.5, 0.125, std::nullopt, 4096, {}, {}, {}};
    ASSERT_TRUE((*log)->Append(step).ok());
    ASSERT_TRUE((*log)->AppendValidation(2, 1, 0.25).ok());
    ASSERT_TRUE((*log)->Sync().ok());
  }
  ASSERT_TRUE(TrainingLog::Open(path_, 1, 0).ok());  // a sitting without a step
  EXPECT_THAT(Points(folder),
              ElementsAre("1: START", "1: train/loss 0.75", "1: train/learning_rate 0.25",
                          "1: train/clips_per_second 12.5", "1: train/data_wait_seconds 0.125",
                          "1: train/gradient_norm 1.5", "2: train/loss 0.5", "2: train/learning_rate 0.25",
                          "2: train/clips_per_second 12.5", "2: train/data_wait_seconds 0.125",
                          "2: validation/frame_mAP 0.25"));
  // A training that goes on from step 1 tells TensorBoard to forget step 2.
  Write(1, 2, 2, 0);
  EXPECT_EQ(tensorboard::EventFilesIn(folder).size(), 2);
  const std::vector<std::string> points = Points(folder);
  ASSERT_EQ(points.size(), 11 + 5);
  EXPECT_EQ(points[11], "2: START");
  EXPECT_EQ(points[12], "2: train/loss 0");
}

TEST_F(TrainingLogTest, AFolderThatCannotBeMadeIsNamed) {
  EXPECT_THAT(std::string(TrainingLog::Open("/proc/nowhere/train.jsonl", 0, 0).status().message()),
              HasSubstr("/proc/nowhere"));
}

}  // namespace
}  // namespace mrsn::experiments
