// A whole run on key frames at fractions of a second, from a folder of images and from a video file.
#include <unistd.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
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
#include "opencv2/videoio.hpp"
#include "ops/base/file.h"

namespace mrsn::experiments {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kModel[] = R"(
model {
  num_classes: 2
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
constexpr char kData[] =
    "ava { first_second: 0 frames_per_second: 5 first_keyframe_second: 1 last_keyframe_second: 6 "
    "train_excluded: '' val_excluded: '' train_boxes: 'boxes.csv' val_boxes: 'boxes.csv' "
    "train_annotations: 'train.csv' val_annotations: 'val.csv' } "
    "clip { frames: 2 stride: 1 } transform { short_side: 0 flip_probability: 0 } ";

const std::string& Root() {
  static const std::string root = absl::StrCat(::testing::TempDir(), "fractions.", ::getpid());
  return root;
}

void Write(const std::string& name, const std::string& contents) {
  ASSERT_TRUE(WriteFileAtomically(absl::StrCat(Root(), "/", name), contents).ok());
}

void WriteConfig(const std::string& protocol) {
  Write(absl::StrCat("configs/", protocol, ".textproto"),
        absl::StrCat(kModel, "eval { protocol: '", protocol, "' iou: 0.5 }\ntrain_data { ", kData,
                     " }\neval_data { ", kData, " }\n"));
}

cv::Mat Frame(int number) { return cv::Mat(16, 16, CV_8UC3, cv::Scalar::all(151 + number)); }

// The second of each row.
std::vector<std::string> SecondsOf(const std::string& csv) {
  std::vector<std::string> seconds;
  for (const absl::string_view row : absl::StrSplit(csv, '\n', absl::SkipEmpty())) {
    const std::vector<std::string> fields = absl::StrSplit(row, ',');
    seconds.push_back(fields.at(1));
  }
  return seconds;
}

// Film a is a folder of images, film b a video file; both have 35 frames, 5 a second, and frame n from 0 is
// of the grey 151 + n. Second 1 is frame 5, second 1.5, between frames 7 and 8, is frame 8, and 2.25 is
// frame 11. A clip is the frame before and the key frame's own.
TEST(FractionsTest, TrainEvaluateAndWriteRows) {
  RunSettings settings;
  settings.configs_root = Root() + "/configs";
  settings.output_root = Root() + "/out";
  settings.data_root = Root() + "/data";
  settings.workers = 1;
  WriteConfig("official_2019");
  WriteConfig("official_2020");
  Write("data/classes.txt", "walk\nsit\n");
  ASSERT_TRUE(MakeFolders(settings.data_root + "/videos").ok());
  ASSERT_TRUE(MakeFolders(settings.data_root + "/frames/a").ok());
  cv::VideoWriter film(settings.data_root + "/videos/b.avi", cv::CAP_FFMPEG,
                       cv::VideoWriter::fourcc('F', 'F', 'V', '1'), 5, {16, 16});
  for (int i = 0; i < 35; ++i) {
    film.write(Frame(i));
    cv::imwrite(absl::StrFormat("%s/frames/a/a_%06d.jpg", settings.data_root, i + 1), Frame(i));
  }
  film.release();
  Write("data/train.csv",
        "a,1,0.25,0.125,0.75,0.875,1,0\na,1.5,0.25,0.125,0.75,0.875,2,0\na,2,0.25,0.125,0.75,0.875,1,0\n");
  Write("data/val.csv",
        "b,0001,0.25,0.125,0.75,0.875,1,0\nb,01.50,0.25,0.125,0.75,0.875,2,0\n"
        "b,2.25,0.25,0.125,0.75,0.875,1,0\n");
  Write("data/boxes.csv",
        "b,1,0.25,0.125,0.75,0.875,,1\nb,1.5,0.25,0.125,0.75,0.875,,1\n"
        "b,2.250000,0.25,0.125,0.75,0.875,,1\na,1.5,0.25,0.125,0.75,0.875,,1\n");
  EXPECT_THAT(
      std::string(RunExperiment({"official_2019", "", "", 0}, settings).status().message()),
      HasSubstr("eval_data: eval.protocol is official_2019, which cuts fractions of a second off; the "
                "data set has the key frame b,1.5; allowed: official_2020"));
  Experiment experiment;
  ASSERT_TRUE(ReadTextProto(settings.configs_root + "/official_2020.textproto", &experiment).ok());
  EXPECT_EQ(CheckData(experiment, settings.data_root).errors, 0);
  const auto finished = RunExperiment({"official_2020", "", "", 0}, settings);
  ASSERT_TRUE(finished.ok()) << finished.status();
  const std::string folder = finished->weights_path.substr(0, finished->weights_path.rfind('/'));
  EXPECT_EQ(*ReadFile(folder + "/groundtruth.csv"),
            "b,0001,0.25,0.125,0.75,0.875,1,0\nb,0001.5,0.25,0.125,0.75,0.875,2,0\n"
            "b,0002.25,0.25,0.125,0.75,0.875,1,0\n");
  EXPECT_THAT(SecondsOf(*ReadFile(folder + "/detections.csv")),
              ElementsAre("0001", "0001", "0001.5", "0001.5", "0002.25", "0002.25"));

  const auto dataset =
      datasets::OpenDataset(experiment.eval_data(), datasets::Usage::kInference, settings.data_root);
  ASSERT_TRUE(dataset.ok()) << dataset.status();
  FakeDetector detector;
  detector.classes = 2;
  EvaluationOptions options;
  options.config.set_protocol("official_2020");
  options.config.set_iou(0.5);
  options.detections_path = Root() + "/detections.csv";
  const auto result = Evaluate(options, **dataset, {}, detector);
  ASSERT_TRUE(result.ok()) << result.status();
  const std::vector<std::string> rows =
      absl::StrSplit(*ReadFile(options.detections_path), '\n', absl::SkipEmpty());
  ASSERT_EQ(rows.size(), 6);
  const double greys[] = {155.5, 158.5, 161.5};  // of frames 4 and 5, 7 and 8, 10 and 11
  for (int i = 0; i < 3; ++i) {
    const std::vector<std::string> fields = absl::StrSplit(rows[2 * i], ',');
    EXPECT_NEAR(std::stod(fields.at(7)), (greys[i] / 255 - 0.45) / 0.225, 0.02) << rows[2 * i];
  }
  // "walk" is found at all three key frames with rising scores and annotated at the first and the last:
  // precision 1 at recall 1/2, 2/3 at recall 1. "sit" is annotated at 1.5, which has the second best score:
  // precision 1/2.
  EXPECT_NEAR(result->per_class(0).ap(), (1 + 2. / 3) / 2, 1e-12);
  EXPECT_NEAR(result->per_class(1).ap(), 1. / 2, 1e-12);
}

}  // namespace
}  // namespace mrsn::experiments
