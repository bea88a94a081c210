// Whole runs on small data sets of one's own, as users bring them: other seconds and rates, missing frames,
// box lists of other projects, persons where nobody is annotated, files that are something else.
#include <unistd.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "datasets/open_dataset.h"
#include "experiments/config/text_proto.h"
#include "experiments/engine/evaluation.h"
#include "experiments/run/data_check.h"
#include "experiments/run/run_experiment.h"
#include "experiments/testing/fake_detector.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "opencv2/core.hpp"
#include "opencv2/imgcodecs.hpp"
#include "ops/base/file.h"
#include "ops/base/fingerprint.h"
#include "ops/formats/pickle/pickle_writer.h"

namespace mrsn::experiments {
namespace {

using formats::PickleWriter;
using formats::Raw;
using ::testing::AllOf;
using ::testing::HasSubstr;

// A model and a training of a second, behind the number of classes.
const char kTraining[] = R"(
  slow_only {
    block: BASIC
    stem_channels: 4
    stem_kernel: 3
    stem_stride: 2
    stem_pool: false
    stages { blocks: 1 channels: 8 stride: 2 temporal_kernel: 3 }
  }
  linear {}
}
train { batch_size: 2 epochs: 2 learning_rate: 0.1 batch_norm: TRAINED }
)";
// Films of 7 seconds and 5 frames a second, which begin at second 0 and are annotated at seconds 1 to 6.
const char kSeconds[] =
    "ava { first_second: 0 frames_per_second: 5 first_keyframe_second: 1 last_keyframe_second: 6 "
    "frame_name: 'img_%05d.jpg' train_excluded: '' val_excluded: '' train_boxes: 'boxes' val_boxes: 'boxes' "
    "train_annotations: 'train.csv' val_annotations: 'val.csv' } "
    "clip { frames: 2 stride: 1 } transform { short_side: 0 flip_probability: 0 } ";
// The same films by frames.
const char kFrames[] =
    "ucf24 { annotations: 'annotations' frame_name: 'img_%05d.jpg' } clip { frames: 2 stride: 1 } "
    "transform { short_side: 0 } train_split: 'trainlist01' inference_split: 'trainlist01' ";

constexpr int kFilmFrames = 35;
const std::vector<float> kPerson = {0.25f, 0.125f, 0.75f, 0.875f};

class OwnDataTest : public ::testing::Test {
 protected:
  OwnDataTest()
      : root_(absl::StrCat(::testing::TempDir(), "own_data.", ::getpid(), "/",
                           ::testing::UnitTest::GetInstance()->current_test_info()->name())) {
    settings_.configs_root = root_ + "/configs";
    settings_.output_root = root_ + "/out";
    settings_.data_root = root_ + "/data";
    settings_.workers = 1;
    WriteConfig("seconds", kSeconds, "official_2019");
    WriteConfig("frames", kFrames, "voc", 24);
  }

  void Write(const std::string& name, const std::string& contents) {
    ASSERT_TRUE(WriteFileAtomically(absl::StrCat(root_, "/", name), contents).ok());
  }
  void WriteData(const std::string& name, const std::string& contents) { Write("data/" + name, contents); }
  void WriteConfig(const std::string& name, const std::string& data, const std::string& protocol,
                   int classes = 2) {
    Write(absl::StrCat("configs/", name, ".textproto"),
          absl::StrCat("model {\n  num_classes: ", classes, kTraining, "eval { protocol: '", protocol,
                       "' iou: 0.5 }\ntrain_data { ", data, " }\neval_data { ", data, " }\n"));
  }
  // Frame number n of a film has the grey `grey` + n.
  void WriteFilm(const std::string& film, int grey) {
    for (int number = 1; number <= kFilmFrames; ++number) {
      std::vector<uchar> bytes;
      cv::imencode(".jpg", cv::Mat(16, 16, CV_8UC3, cv::Scalar::all(grey + number)), bytes);
      WriteData(absl::StrFormat("frames/%s/img_%05d.jpg", film, number),
                std::string(bytes.begin(), bytes.end()));
    }
  }
  // Films a (training) and b (evaluation) with a person who walks at odd seconds and sits at even ones.
  void WriteSeconds() {
    WriteData("classes.txt", "walk\nsit\n");
    for (const char* split : {"train", "val"}) {
      const std::string film = split == std::string("train") ? "a" : "b";
      WriteFilm(film, 100);
      std::string rows;
      for (int second = 1; second <= 6; ++second) {
        absl::StrAppend(&rows, film, ",", second, ",0.25,0.125,0.75,0.875,", 2 - second % 2, ",0\n");
      }
      WriteData(absl::StrCat(split, ".csv"), rows);
    }
    WriteData("boxes", BoxesCsv(1));
  }
  static std::string BoxesCsv(double score) {
    std::string boxes;
    for (const char* film : {"a", "b"}) {
      for (int second = 1; second <= 6; ++second) {
        absl::StrAppend(&boxes, film, ",", second, ",0.25,0.125,0.75,0.875,,", score, "\n");
      }
    }
    return boxes;
  }
  // The same boxes as mmaction2 has them, with or without a column of scores.
  static std::string BoxesPickle(bool scores) {
    PickleWriter out(4);
    out.Dict([&] {
      for (const char* film : {"a", "b"}) {
        for (int second = 1; second <= 6; ++second) {
          std::vector<float> row = kPerson;
          if (scores) row.push_back(1);
          out.Text(absl::StrFormat("%s,%04d", film, second));
          out.Array("f4", {1, static_cast<int64_t>(row.size())}, Raw<float>(row));
        }
      }
    });
    return out.Finish();
  }

  absl::StatusOr<FinishedRun> Run(const std::string& experiment, const std::string& change = "") {
    return RunExperiment({experiment, change, "", 0}, settings_);
  }
  std::string Refusal(const std::string& experiment, const std::string& change = "") {
    return std::string(Run(experiment, change).status().message());
  }
  // Frame-mAP of a run in a folder of its own: runs that are found on disk prove nothing.
  double FrameMap(const std::string& experiment) {
    settings_.output_root = absl::StrCat(root_, "/out", ++runs_);
    const auto finished = Run(experiment);
    EXPECT_TRUE(finished.ok()) << finished.status();
    return finished.ok() && finished->result.has_frame_map() ? finished->result.frame_map() : -1;
  }

  const std::string root_;
  RunSettings settings_;
  int runs_ = 0;
};

TEST_F(OwnDataTest, SecondsAndRateOfOnesOwn) {
  WriteSeconds();
  Experiment experiment;
  ASSERT_TRUE(ReadTextProto(settings_.configs_root + "/seconds.textproto", &experiment).ok());
  EXPECT_EQ(CheckData(experiment, settings_.data_root).errors, 0);
  const auto finished = Run("seconds");
  ASSERT_TRUE(finished.ok()) << finished.status();
  EXPECT_TRUE(finished->result.official()) << "the data root is no part of the experiment";
  ASSERT_EQ(finished->result.per_class_size(), 2);
  EXPECT_EQ(finished->result.per_class(0).name(), "walk");
  EXPECT_EQ(finished->result.per_class(0).num_gt(), 3);
  EXPECT_FALSE(finished->result.has_skipped_clips());
  EXPECT_THAT(Refusal("seconds", "train_data { ava { frames_per_second: 25 } }"),
              AllOf(HasSubstr("train_data: "), HasSubstr("5 of 6 key frames lie outside their videos"),
                    HasSubstr("second 2 is frame number 50 from 0 of 35")));
}

// Film a has 6 clips, of the frames 5 s - 1 and 5 s. Number 15 is frame 14, in the clip of second 3.
TEST_F(OwnDataTest, MissingFramesStopTheRunOrAreCounted) {
  WriteSeconds();
  for (const char* film : {"a", "b"}) {
    ASSERT_EQ(::unlink(absl::StrCat(root_, "/data/frames/", film, "/img_00015.jpg").c_str()), 0);
  }
  EXPECT_THAT(Refusal("seconds"), AllOf(HasSubstr("train_data: 1 of 1 folders of frames have holes, first "),
                                        HasSubstr("frames/a/img_00015.jpg"), HasSubstr("eval_data: "),
                                        HasSubstr("frames/b/img_00015.jpg")));
  const std::string skip = "train { unreadable_clips: SKIP_AND_COUNT";
  EXPECT_THAT(Refusal("seconds", skip + " }"),
              AllOf(HasSubstr("1 of 6 clips cannot be read, first that of key frame a,3: "),
                    HasSubstr("more than 1 %")));
  const auto finished = Run("seconds", skip + " most_unreadable: 0.2 }");
  ASSERT_TRUE(finished.ok()) << finished.status();
  EXPECT_EQ(finished->result.skipped_clips(), 2) << "one in each epoch";
  EXPECT_EQ(finished->result.unread_evaluation_clips(), 1);
  EXPECT_EQ(finished->result.per_class(0).num_gt(), 3) << "the person of second 3 counts as missed";
  EXPECT_LE(finished->result.per_class(0).ap(), 2. / 3);
  const std::string folder = finished->weights_path.substr(0, finished->weights_path.rfind('/'));
  EXPECT_THAT(*ReadFile(folder + "/train.jsonl"), HasSubstr("a second 3: "));
  EXPECT_THAT(*ReadFile(folder + "/detections.csv"), ::testing::Not(HasSubstr("b,0003")));
}

TEST_F(OwnDataTest, ProposalsOfThreeKindsGiveOneNumber) {
  WriteSeconds();
  const double of_csv = FrameMap("seconds");
  EXPECT_GT(of_csv, 0);
  WriteData("boxes", BoxesPickle(/*scores=*/true));
  EXPECT_EQ(FrameMap("seconds"), of_csv);
  WriteData("boxes", BoxesPickle(/*scores=*/false));
  EXPECT_EQ(FrameMap("seconds"), of_csv);
  WriteData("boxes", "");
  EXPECT_THAT(Refusal("seconds"), HasSubstr("boxes: is empty (0 bytes), not a box list"));
}

TEST_F(OwnDataTest, NoBoxAboveTheThreshold) {
  WriteSeconds();
  WriteData("boxes", BoxesCsv(0.5));
  EXPECT_THAT(Refusal("seconds"), AllOf(HasSubstr("0 of 6 boxes have a score above"),
                                        HasSubstr("inference_score"), HasSubstr("0.5")));
  EXPECT_TRUE(Run("seconds", "eval_data { proposals { inference_score: 0.4 } }").ok());
}

// Split lists of UCF101 name other classes, too; annotations are a CSV file or UCF101v2-GT.pkl.
TEST_F(OwnDataTest, FilesOfUcf101) {
  WriteFilm("Biking/v_Biking_g01_c01", 100);
  WriteData("trainlist01.txt",
            "ApplyLipstick/v_ApplyLipstick_g08_c01.avi 1\nBiking/v_Biking_g01_c01.avi 8\n");
  std::string csv;
  std::vector<float> tube;
  for (int frame = 3; frame <= 12; ++frame) {
    absl::StrAppend(&csv, "Biking/v_Biking_g01_c01,", frame, ",2,80,30,240,210,0\n");
    tube.insert(tube.end(), {static_cast<float>(frame), 80, 30, 240, 210});
  }
  WriteData("annotations", csv);
  const double of_csv = FrameMap("frames");
  EXPECT_GT(of_csv, 0);
  PickleWriter out(2);
  const auto videos = [&] { out.List([&] { out.List([&] { out.Text("Biking/v_Biking_g01_c01"); }); }); };
  out.Dict([&] {
    out.Text("labels"), out.List([&] { out.Text("Basketball"), out.Text("Biking"); });
    out.Text("gttubes"), out.Dict([&] {
      out.Text("Biking/v_Biking_g01_c01"), out.Dict([&] {
        out.Int(1), out.List([&] { out.Array("f4", {10, 5}, Raw<float>(tube)); });
      });
    });
    out.Text("train_videos"), videos();
    out.Text("test_videos"), videos();
  });
  WriteData("annotations", out.Finish());
  EXPECT_EQ(FrameMap("frames"), of_csv);
}

TEST_F(OwnDataTest, PretrainedWeightsThatAreSomethingElse) {
  WriteSeconds();
  const std::string change = "inputs { pretrained_backbone: 'k400.pyth' pretraining: 'K400' }";
  WriteData("k400.pyth", "");
  EXPECT_THAT(Refusal("seconds", change), AllOf(HasSubstr("k400.pyth"), HasSubstr("is empty")));
  WriteData("k400.pyth", "<!DOCTYPE html><html><title>404</title></html>");
  EXPECT_THAT(Refusal("seconds", change), AllOf(HasSubstr("k400.pyth"), HasSubstr("a web page (HTML)")));
}

// The bottleneck backbone of "caffe2", and a classifier of 400 classes, as PySlowFast's zoo offers them.
std::string Caffe2Pickle(float value, bool complete) {
  PickleWriter out(2);
  const auto blob = [&](const std::string& name, const std::vector<int64_t>& shape) {
    int64_t size = 1;
    for (const int64_t extent : shape) size *= extent;
    out.Text(name), out.Array("f4", shape, Raw<float>(std::vector<float>(size, value)));
  };
  const auto layer = [&](const std::string& conv, const std::string& norm,
                         const std::vector<int64_t>& shape) {
    blob(conv + "_w", shape);
    for (const char* leaf : {"_s", "_b", "_rm", "_riv"}) blob(norm + leaf, {shape[0]});
  };
  out.Dict([&] {
    out.Text("blobs"), out.Dict([&] {
      layer("conv1", "res_conv1_bn", {2, 3, 1, 3, 3});
      layer("res2_0_branch1", "res2_0_branch1_bn", {4, 2, 1, 1, 1});
      layer("res2_0_branch2a", "res2_0_branch2a_bn", {1, 2, 3, 1, 1});
      if (complete) layer("res2_0_branch2b", "res2_0_branch2b_bn", {1, 1, 1, 3, 3});
      layer("res2_0_branch2c", "res2_0_branch2c_bn", {4, 1, 1, 1, 1});
      blob("conv1_w_momentum", {2, 3, 1, 3, 3});
      blob("pred_w", {400, 4}), blob("pred_b", {400});
    });
  });
  return out.Finish();
}

TEST_F(OwnDataTest, PretrainedWeightsOfCaffe2) {
  WriteSeconds();
  Write("configs/caffe2.textproto", R"(
base: "seconds"
clear: "model"
model {
  num_classes: 2
  slow_only { stem_channels: 2 stem_kernel: 3
              stages { blocks: 1 channels: 4 inner_channels: 1 temporal_kernel: 3 } }
  linear {}
}
train { batch_norm: FROZEN }
inputs { pretrained_backbone: "k400.pkl" pretraining: "K400" }
)");
  const auto trained = [&](float value) {
    const std::string pickle = Caffe2Pickle(value, /*complete=*/true);
    WriteData("k400.pkl", pickle);
    settings_.output_root = absl::StrCat(root_, "/out", ++runs_);
    const auto finished = Run("caffe2");
    EXPECT_TRUE(finished.ok()) << finished.status();
    if (!finished.ok()) return std::string();
    EXPECT_EQ(finished->result.pretraining(), "K400");
    EXPECT_EQ(finished->result.pretrained_sha256(), Fingerprint(pickle));
    return finished->result.weights_hash();
  };
  EXPECT_NE(trained(0.5f), trained(0.25f)) << "the file's values do not reach the weights";
  WriteData("k400.pkl", Caffe2Pickle(0.5f, /*complete=*/false));
  settings_.output_root = root_ + "/cut";
  EXPECT_THAT(Refusal("caffe2"), AllOf(HasSubstr("k400.pkl"), HasSubstr("backbone.resnet.res2_0.conv_b")));
}

// A person is annotated at seconds 1 and 3, and somebody is found at second 2, too, who is brighter, so that
// the detector's scores are in the order 2, 3, 1. With second 2 as a false positive, precision is 1/2 at
// recall 1/2 and 2/3 at recall 1; its envelope is 2/3 everywhere: AP 2/3. mmaction2 leaves out key frames
// without annotation: AP 1.
TEST_F(OwnDataTest, PersonsWhereNobodyIsAnnotated) {
  for (int number = 1; number <= kFilmFrames; ++number) {
    const int grey = number <= 8 ? 120 : number <= 13 ? 160 : 140;
    std::vector<uchar> bytes;
    cv::imencode(".jpg", cv::Mat(16, 16, CV_8UC3, cv::Scalar::all(grey)), bytes);
    WriteData(absl::StrFormat("frames/b/img_%05d.jpg", number), std::string(bytes.begin(), bytes.end()));
  }
  WriteData("classes.txt", "walk\nsit\n");
  WriteData("val.csv", "b,1,0.25,0.125,0.75,0.875,1,0\nb,3,0.25,0.125,0.75,0.875,1,0\n");
  WriteData("boxes",
            "b,1,0.25,0.125,0.75,0.875,,1\nb,2,0.25,0.125,0.75,0.875,,1\nb,3,0.25,0.125,0.75,0.875,,1\n");
  DatasetConfig data;
  Write("data.textproto", kSeconds);
  ASSERT_TRUE(ReadTextProto(root_ + "/data.textproto", &data).ok());
  const auto dataset = datasets::OpenDataset(data, datasets::Usage::kInference, settings_.data_root);
  ASSERT_TRUE(dataset.ok()) << dataset.status();
  const auto measured = [&](const std::string& protocol) {
    FakeDetector detector;
    detector.classes = 2;
    EvaluationOptions options;
    options.config.set_protocol(protocol);
    options.config.set_iou(0.5);
    options.detections_path = root_ + "/detections.csv";
    const auto result = Evaluate(options, **dataset, {}, detector);
    EXPECT_TRUE(result.ok()) << result.status();
    return result.ok() ? result->per_class(0).ap() : -1;
  };
  EXPECT_NEAR(measured("official_2019"), 2. / 3, 1e-12);
  EXPECT_NEAR(measured("pyslowfast"), 2. / 3, 1e-12);
  EXPECT_NEAR(measured("mmaction2"), 1, 1e-12);
}

}  // namespace
}  // namespace mrsn::experiments
