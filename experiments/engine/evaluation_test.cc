#include "experiments/engine/evaluation.h"

#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "experiments/engine/every_nth.h"
#include "experiments/testing/fake_dataset.h"
#include "experiments/testing/fake_detector.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "ops/base/file.h"
#include "ops/base/stop_signal.h"
#include "ops/base/testing/full_disk.h"
#include "ops/distributed/thread_group.h"

namespace mrsn::experiments {
namespace {

using ::testing::HasSubstr;

// Two clips with a person each: the first one stands, the second one runs. The fake detector gives the
// first person 0.125 and the second one 0.25, for every class.
class EvaluationTest : public ::testing::Test {
 protected:
  EvaluationTest() : clips_({{8, 8}, {8, 8}}) {
    clips_.action_classes = {
        {1, "stand", "pose"}, {2, "wave", "gesture", /*evaluated=*/false}, {5, "run", "pose"}};
    clips_.ground_truth = {{{"video0", 902}, FakeDataset::kPersonBox, 1, 0},
                           {{"video0", 902}, FakeDataset::kPersonBox, 2, 0},
                           {{"video1", 902}, FakeDataset::kPersonBox, 5, 0}};
    model_.classes = 3;
    options_.config.set_protocol("official_2019");
    options_.config.set_iou(0.5);
    options_.detections_path =
        absl::StrCat(::testing::TempDir(), "evaluation.", ::getpid(), "/",
                     ::testing::UnitTest::GetInstance()->current_test_info()->name(), ".csv");
  }

  absl::StatusOr<Result> Run() { return Evaluate(options_, clips_, {}, model_); }
  std::string Csv() const { return *ReadFile(options_.detections_path); }

  FakeDataset clips_;
  FakeDetector model_;
  EvaluationOptions options_;
};

// "stand": the wrong person is first, so precision is 1/2 where recall is 1: AP 0.5. "run": the right
// person is first: AP 1.
TEST_F(EvaluationTest, ScoresOfEvaluatedClasses) {
  const auto result = Run();
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->protocol(), "official_2019");
  EXPECT_EQ(result->iou_threshold(), 0.5);
  EXPECT_NEAR(result->frame_map(), 0.75, 1e-12);
  EXPECT_THAT(result->counts(),
              ::testing::ElementsAre("2 of 2 boxes are found by 4 scored detections on 2 keyframes"));
  ASSERT_EQ(result->per_class_size(), 2);
  EXPECT_EQ(result->per_class(0).name(), "stand");
  EXPECT_NEAR(result->per_class(0).ap(), 0.5, 1e-12);
  EXPECT_EQ(result->per_class(0).num_gt(), 1);
  EXPECT_EQ(result->per_class(1).id(), 5);
  EXPECT_NEAR(result->per_class(1).ap(), 1, 1e-12);
  ASSERT_EQ(result->by_kind_size(), 1);
  EXPECT_EQ(result->by_kind(0).kind(), "pose");
  EXPECT_NEAR(result->by_kind(0).mean_ap(), 0.75, 1e-12);
  EXPECT_EQ(result->by_kind(0).num_classes(), 2);
  EXPECT_FALSE(result->has_experiment()) << "evaluation knows nothing about the run";
}

TEST_F(EvaluationTest, RankZeroOfSeveralEvaluatesWhatAllFound) {
  ASSERT_TRUE(Run().ok());
  const std::string expected = Csv();
  options_.detections_path += ".ranks";
  std::vector<Result> results(2);
  RunAsRanks(2, [&](ProcessGroup& group) {
    EvaluationOptions options = options_;
    options.group = &group;
    FakeDetector model;
    model.classes = 3;
    const auto result = Evaluate(options, clips_, {}, model);
    ASSERT_TRUE(result.ok()) << result.status();
    results[group.rank()] = *result;
  });
  EXPECT_NEAR(results[0].frame_map(), 0.75, 1e-12);
  EXPECT_FALSE(results[1].has_frame_map());
  EXPECT_EQ(Csv(), expected);
}

TEST_F(EvaluationTest, DetectionsInAvasLayout) {
  ASSERT_TRUE(Run().ok());
  EXPECT_EQ(Csv(),
            "video0,0902,0.25,0.5,0.75,1,1,0.125\n"
            "video0,0902,0.25,0.5,0.75,1,5,0.125\n"
            "video1,0902,0.25,0.5,0.75,1,1,0.25\n"
            "video1,0902,0.25,0.5,0.75,1,5,0.25\n");
}

TEST_F(EvaluationTest, TheGroundTruthThatCountsInTheLayoutOfTheDetections) {
  options_.ground_truth_path = options_.detections_path + ".truth";
  ASSERT_TRUE(Run().ok());
  EXPECT_EQ(*ReadFile(options_.ground_truth_path),
            "video0,0902,0.25,0.5,0.75,1,1,0\n"
            "video1,0902,0.25,0.5,0.75,1,5,0\n");
  clips_.annotation_size = {320, 240};
  options_.config.set_protocol("voc");
  ASSERT_TRUE(Run().ok());
  EXPECT_EQ(*ReadFile(options_.ground_truth_path),
            "video0,902,1,80,120,240,240\n"
            "video1,902,5,80,120,240,240\n");
}

TEST_F(EvaluationTest, DetectionsInPixelsWhereTheAnnotationsAre) {
  clips_.annotation_size = {320, 240};
  options_.config.set_protocol("voc");
  const auto result = Run();
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_NEAR(result->frame_map(), 0.75, 1e-12) << "ground truth is in pixels, too";
  EXPECT_EQ(Csv(),
            "video0,902,1,0.125,80,120,240,240\n"
            "video0,902,5,0.125,80,120,240,240\n"
            "video1,902,1,0.25,80,120,240,240\n"
            "video1,902,5,0.25,80,120,240,240\n");
}

TEST_F(EvaluationTest, AClassThatIsNotDetectedInABoxHasNoRow) {
  model_.blind_class = 2;
  const auto result = Run();
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_NEAR(result->frame_map(), 0.25, 1e-12) << "0.5 for \"stand\", 0 for \"run\"";
  EXPECT_EQ(Csv(),
            "video0,0902,0.25,0.5,0.75,1,1,0.125\n"
            "video1,0902,0.25,0.5,0.75,1,1,0.25\n");
}

// The person who stands is missed: AP 0 instead of 0.5. "run" is right.
TEST_F(EvaluationTest, NobodyIsFoundInAClipThatCannotBeRead) {
  clips_.broken_clips = 1;
  EXPECT_THAT(std::string(Run().status().message()), HasSubstr("video0,902: cut off"));
  options_.unreadable = {datasets::UnreadablePolicy::kSkipAndCount, 0.5};
  const auto result = Run();
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->unread_evaluation_clips(), 1);
  EXPECT_NEAR(result->frame_map(), 0.5, 1e-12);
  EXPECT_EQ(result->per_class(0).num_gt(), 1);
  EXPECT_EQ(Csv(),
            "video1,0902,0.25,0.5,0.75,1,1,0.25\n"
            "video1,0902,0.25,0.5,0.75,1,5,0.25\n");
  options_.unreadable.most = 0.01;
  EXPECT_THAT(std::string(Run().status().message()), HasSubstr("more than 1 %"));
}

TEST_F(EvaluationTest, AProtocolInTheWrongUnitIsRefusedBeforeTheFirstClip) {
  options_.config.set_protocol("yowo");
  EXPECT_THAT(std::string(Run().status().message()), HasSubstr("yowo, which takes boxes in pixels"));
  EXPECT_TRUE(model_.batches.empty());
  EXPECT_FALSE(FileExists(options_.detections_path));
}

// Gets SIGTERM while it looks at the batch of this number.
class StoppedDetector : public FakeDetector {
 public:
  Detections Detect(const DetectorInput& input, ClassLoss loss) override {
    if (static_cast<int>(batches.size()) == stop_at) std::raise(SIGTERM);
    return FakeDetector::Detect(input, loss);
  }
  int stop_at = -1;
};

// 70 clips are five batches.
class ResumedEvaluationTest : public EvaluationTest {
 protected:
  ResumedEvaluationTest() : many_(std::vector<datasets::FrameSize>(70, {8, 8})) {
    for (int i = 0; i < 70; ++i) {
      many_.ground_truth.push_back({{absl::StrCat("video", i), 902}, FakeDataset::kPersonBox, 1, i % 3});
    }
    options_.identity = "these weights";
    options_.keep_every = absl::ZeroDuration();
  }
  ~ResumedEvaluationTest() override { ForgetStopSignal(); }

  // Stops behind the third batch; what is then on the disk belongs to the first two.
  void Stop() {
    StoppedDetector model;
    model.stop_at = 2;
    const auto stopped = Evaluate(options_, many_, {}, model);
    EXPECT_EQ(StoppedExitCode(stopped.status()), 143) << stopped.status();
    EXPECT_THAT(std::string(stopped.status().message()), HasSubstr("48 of 70 clips are done"));
    EXPECT_EQ(model.batches.size(), 3);
    EXPECT_FALSE(FileExists(options_.detections_path));
    ForgetStopSignal();
  }
  // Evaluates with a detector that sees `batches` batches; the result's text and the detections.
  std::string Evaluated(size_t batches) {
    StoppedDetector model;
    const auto result = Evaluate(options_, many_, {}, model);
    EXPECT_TRUE(result.ok()) << result.status();
    EXPECT_EQ(model.batches.size(), batches);
    EXPECT_FALSE(FileExists(parts_)) << "done";
    return result.ok() ? result->ShortDebugString() + Csv() : "";
  }

  FakeDataset many_;
  const std::string parts_ = options_.detections_path + ".parts";
};

TEST_F(ResumedEvaluationTest, GoesOnWhereItWasAndGivesTheSame) {
  const std::string undisturbed = Evaluated(5);
  std::filesystem::remove(options_.detections_path);
  Stop();
  EXPECT_EQ(Evaluated(3), undisturbed);
}

TEST_F(ResumedEvaluationTest, OtherWeightsBeginAnew) {
  Stop();
  options_.identity = "other weights";
  EXPECT_NE(Evaluated(5), "");
}

TEST_F(ResumedEvaluationTest, ADamagedPartIsEvaluatedAgain) {
  const std::string undisturbed = Evaluated(5);
  std::filesystem::remove(options_.detections_path);
  Stop();
  const std::string second = parts_ + "/part-000000001.safetensors";
  ASSERT_TRUE(FileExists(second));
  std::string bytes = *ReadFile(second);
  bytes[bytes.size() - 1] ^= 1;
  ASSERT_TRUE(WriteFileAtomically(second, bytes).ok());
  EXPECT_EQ(Evaluated(4), undisturbed);
}

TEST_F(ResumedEvaluationTest, UnreadableClipsCountOnce) {
  many_.broken_clips = 3;
  options_.unreadable.policy = datasets::UnreadablePolicy::kSkipAndCount;
  options_.unreadable.most = 0.5;
  StoppedDetector model;
  model.stop_at = 2;
  EXPECT_FALSE(Evaluate(options_, many_, {}, model).ok());
  ForgetStopSignal();
  StoppedDetector resumed;
  const auto result = Evaluate(options_, many_, {}, resumed);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(resumed.batches.size(), 3);
  EXPECT_EQ(result->unread_evaluation_clips(), 3);
}

TEST_F(ResumedEvaluationTest, AResultThatCannotBeWrittenLosesNothing) {
  const std::string undisturbed = Evaluated(5);
  options_.write_result = [](Result*) { return absl::ResourceExhaustedError("result: no space"); };
  StoppedDetector first;
  EXPECT_EQ(Evaluate(options_, many_, {}, first).status(), absl::ResourceExhaustedError("result: no space"));
  EXPECT_EQ(first.batches.size(), 5);
  std::string written;
  options_.write_result = [&](Result* result) {
    EXPECT_TRUE(FileExists(parts_)) << "they go when the result is written";
    written = result->ShortDebugString();
    result->set_experiment("its name");
    return absl::OkStatus();
  };
  StoppedDetector second;
  const auto result = Evaluate(options_, many_, {}, second);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_TRUE(second.batches.empty()) << "all scores were there";
  EXPECT_EQ(written + Csv(), undisturbed);
  EXPECT_EQ(result->experiment(), "its name");
  EXPECT_FALSE(FileExists(parts_));
}

TEST_F(ResumedEvaluationTest, AFullDiskLosesNothing) {
  const std::string undisturbed = Evaluated(5), csv = Csv();
  ASSERT_TRUE(WriteFileAtomically(options_.detections_path, "earlier").ok());
  absl::Status full;
  {
    StoppedDetector model;
    const testing::FullDisk disk(csv.size() - 1);  // each part of the scores fits
    full = Evaluate(options_, many_, {}, model).status();
  }
  EXPECT_THAT(std::string(full.message()), HasSubstr(options_.detections_path));
  EXPECT_THAT(std::string(full.message()), HasSubstr("cannot write "));
  EXPECT_EQ(Csv(), "earlier");
  EXPECT_EQ(Evaluated(0), undisturbed);
}

// The first part fits, the second one does not.
TEST_F(ResumedEvaluationTest, AFullDiskDuringTheEvaluationLeavesTheScoresThatWereThere) {
  const std::string undisturbed = Evaluated(5);
  std::filesystem::remove(options_.detections_path);
  Stop();
  {
    StoppedDetector model;
    const testing::FullDisk disk(100);
    EXPECT_THAT(std::string(Evaluate(options_, many_, {}, model).status().message()),
                HasSubstr(parts_ + "/part-000000002.safetensors: cannot write "));
  }
  EXPECT_EQ(Evaluated(3), undisturbed);
}

TEST_F(ResumedEvaluationTest, EveryNthKeyFrame) {
  const EveryNth some(many_, 30);
  EXPECT_EQ(some.size(), 3);
  EXPECT_EQ(some.keyframe(2).video, "video60");
  EXPECT_EQ(some.GroundTruth().size(), 3);
  EXPECT_EQ(some.Load(1, 0)->keyframe.video, "video30");
  EXPECT_EQ(EveryNth(many_, 1).GroundTruth().size(), 70);
  EXPECT_EQ(EveryNth(many_, 100).size(), 1);
}

}  // namespace
}  // namespace mrsn::experiments
