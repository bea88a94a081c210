#include "datasets/ucf24/ucf24.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "ops/base/file.h"

namespace mrsn::datasets {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Ucf24Options Clips() {
  Ucf24Options options;
  options.split = "clips";
  return options;
}

// 8 slow frames 4 apart, 32 fast ones, short side 112: Table 3's clip (Sec. 4.2), but small.
ClipDatasetOptions Settings(Usage usage) {
  ClipDatasetOptions settings;
  settings.usage = usage;
  settings.clip = {8, 4, 4};
  settings.transform.short_side = 112;
  return settings;
}

std::unique_ptr<Dataset> Open(const Ucf24Options& options, Usage usage, const std::string& root = "") {
  auto dataset = OpenUcf24(options, Settings(usage), root);
  EXPECT_TRUE(dataset.ok()) << dataset.status();
  return *std::move(dataset);
}

TEST(Ucf24Test, RealClips) {
  const auto dataset = Open(Clips(), Usage::kTrain);
  ASSERT_EQ(dataset->size(), 48 + 168 + 240);  // annotated frames of the three clips
  EXPECT_EQ(dataset->keyframe(0).video, "Basketball/v_Basketball_g01_c02");
  EXPECT_EQ(dataset->keyframe(0).timestamp, 64);  // sf = 63, counted from 0, in pyannot.pkl
  EXPECT_EQ(dataset->keyframe(47).timestamp, 111);
  EXPECT_EQ(dataset->keyframe(48).video, "SalsaSpin/v_SalsaSpin_g03_c01");
  EXPECT_EQ(dataset->annotation_frame_size().width, 320);
  EXPECT_EQ(dataset->annotation_frame_size().height, 240);

  std::map<std::string, std::pair<int, int>> expected_size = {
      {"Basketball/v_Basketball_g01_c02", {148, 112}},
      {"SalsaSpin/v_SalsaSpin_g03_c01", {148, 112}},
      {"SoccerJuggling/v_SoccerJuggling_g23_c01", {149, 112}}};
  for (int64_t i : {0, 48, 100, 216, 455}) {
    const auto sample = dataset->Load(i, 1);
    ASSERT_TRUE(sample.ok()) << sample.status();
    const auto [width, height] = expected_size.at(sample->keyframe.video);
    EXPECT_EQ(sample->slow.frames, 8);
    EXPECT_EQ(sample->fast.frames, 32);
    EXPECT_EQ(sample->slow.width, width);  // 340x256 or 320x240, rounded down
    EXPECT_EQ(sample->fast.height, height);
  }
  EXPECT_THAT(dataset->Load(0, 0)->actors[0].labels, ElementsAre(0));
  EXPECT_THAT(dataset->Load(60, 0)->actors[0].labels, ElementsAre(14));
  EXPECT_THAT(dataset->Load(455, 0)->actors[0].labels, ElementsAre(18));
}

// All three dancers of the first frames; the pixels are those of the annotation file.
TEST(Ucf24Test, GroundTruth) {
  const auto dataset = Open(Clips(), Usage::kInference);
  const std::vector<AnnotatedBox> truth = dataset->GroundTruth();
  EXPECT_EQ(truth.size(), 577);
  std::map<Keyframe, int> boxes;
  for (const AnnotatedBox& row : truth) {
    ++boxes[row.keyframe];
    EXPECT_TRUE(row.box.Valid());
    EXPECT_LE(row.box.x2, 1.0001f);
    EXPECT_GE(row.box.y1, 0);
  }
  const int frames_of_two =
      static_cast<int>(std::count_if(boxes.begin(), boxes.end(), [](auto& b) { return b.second == 2; }));
  const int frames_of_three =
      static_cast<int>(std::count_if(boxes.begin(), boxes.end(), [](auto& b) { return b.second == 3; }));
  // Tubes 0-142, 150-167, 0-33, 51-68, 92-167: two of them on 34 + 18 + 51 + 18 frames.
  EXPECT_EQ(frames_of_two, 121);
  EXPECT_EQ(frames_of_three, 0);
  // Ground-truth boxes serve as detections where there are none, without their labels.
  const auto sample = dataset->Load(48, 0);
  ASSERT_TRUE(sample.ok());
  EXPECT_EQ(sample->actors.size(), 2);
  EXPECT_THAT(sample->actors[0].labels, IsEmpty());
}

// The clip is centred on the key frame: frame number n is decoded frame n - 1, and slow
// frame 0 and fast frame 0 are 16 frames before it.
TEST(Ucf24Test, ClipIsCentredOnTheKeyFrame) {
  const auto dataset = Open(Clips(), Usage::kInference);
  const Sample at = *dataset->Load(300, 0),
               later = *dataset->Load(304, 0);  // SoccerJuggling frames 85 and 89
  EXPECT_EQ(at.keyframe.timestamp, 85);
  const size_t plane = static_cast<size_t>(at.fast.width) * at.fast.height;
  const auto frame = [&](const FrameStack& stack, int t) {
    return std::vector<float>(stack.values.begin() + t * plane, stack.values.begin() + (t + 1) * plane);
  };
  EXPECT_EQ(frame(at.fast, 20), frame(later.fast, 16));
  EXPECT_NE(frame(at.fast, 19), frame(later.fast, 16));
  EXPECT_EQ(frame(at.slow, 0), frame(at.fast, 0));
  EXPECT_EQ(frame(at.slow, 1), frame(at.fast, 4));
  EXPECT_EQ(frame(at.slow, 7), frame(at.fast, 31));
}

TEST(Ucf24Test, KeyframeStepTakesEveryNthAnnotatedFrame) {
  Ucf24Options options = Clips();
  options.keyframe_step = 10;
  const auto dataset = Open(options, Usage::kTrain);
  EXPECT_EQ(dataset->size(), 5 + 17 + 24);
  EXPECT_EQ(dataset->keyframe(1).timestamp, 74);
  EXPECT_NE(dataset->Fingerprint(), Open(Clips(), Usage::kTrain)->Fingerprint());
}

// The file's tubes are those of pyannot.pkl: five of the dancers, as in GroundTruth above.
TEST(Ucf24Test, PersonsAreTubes) {
  std::map<std::string, std::map<int, std::pair<int, int>>> frames;  // first and last, by video and tube
  for (const AnnotatedBox& row : Open(Clips(), Usage::kTrain)->GroundTruth()) {
    auto [tube, fresh] = frames[row.keyframe.video].try_emplace(row.person_id, row.keyframe.timestamp, 0);
    EXPECT_TRUE(fresh || row.keyframe.timestamp == tube->second.second + 1);
    tube->second.second = row.keyframe.timestamp;
  }
  using Tubes = std::map<int, std::pair<int, int>>;
  EXPECT_EQ(frames["Basketball/v_Basketball_g01_c02"], (Tubes{{0, {64, 111}}}));
  EXPECT_EQ(frames["SalsaSpin/v_SalsaSpin_g03_c01"],
            (Tubes{{0, {1, 143}}, {1, {151, 168}}, {2, {1, 34}}, {3, {52, 69}}, {4, {93, 168}}}));
  EXPECT_EQ(frames["SoccerJuggling/v_SoccerJuggling_g23_c01"], (Tubes{{0, {1, 240}}}));
}

// Each box of a tubelet against the row of its frame, or of the nearest frame of its tube.
TEST(Ucf24Test, TubeletsAreTheRowsOfTheClipsFrames) {
  ClipDatasetOptions settings = Settings(Usage::kTrain);
  settings.tubelets = true;
  Ucf24Options options = Clips();
  options.keyframe_step = 7;  // the frames between key frames are in tubelets all the same
  std::map<std::pair<std::string, int>, std::map<int64_t, Box>> rows;  // by 0-based frame
  for (const AnnotatedBox& row : Open(Clips(), Usage::kTrain)->GroundTruth())
    rows[{row.keyframe.video, row.person_id}][row.keyframe.timestamp - 1] = row.box;

  settings.flip_probability = 0;
  const auto plain = *OpenUcf24(options, settings, "");
  settings.flip_probability = 1;
  const auto flipped = *OpenUcf24(options, settings, "");
  int whole = 0, filled = 0;
  for (int64_t i = 0; i < plain->size(); i += 3) {
    const Sample sample = *plain->Load(i, 0), mirrored = *flipped->Load(i, 0);
    const int64_t frames = sample.keyframe.video[0] == 'B'   ? 180
                           : sample.keyframe.video[1] == 'a' ? 168
                                                             : 240;
    const std::vector<int64_t> slow = SampleClip(sample.keyframe.timestamp - 1, frames, settings.clip).slow;
    for (size_t a = 0; a < sample.actors.size(); ++a) {
      const Actor& actor = sample.actors[a];
      const auto& tube = rows.at({sample.keyframe.video, actor.person_id});
      EXPECT_TRUE(tube.at(sample.keyframe.timestamp - 1) == actor.box);
      ASSERT_EQ(actor.tubelet.size(), 8);
      for (int t = 0; t < 8; ++t) {
        const auto row = tube.find(slow[t]);
        // All tubes are without gaps, so the nearest annotated frame is the tube's first or last.
        const Box& expected = row != tube.end()               ? row->second
                              : slow[t] < tube.begin()->first ? tube.begin()->second
                                                              : tube.rbegin()->second;
        row != tube.end() ? ++whole : ++filled;
        EXPECT_TRUE(actor.tubelet[t] == expected) << sample.keyframe.timestamp << " " << t;
        EXPECT_TRUE(mirrored.actors[a].tubelet[t] == FlipBox(expected));
      }
    }
  }
  EXPECT_GT(whole, 100);
  EXPECT_GT(filled, 10);

  settings.usage = Usage::kInference;
  EXPECT_THAT((*OpenUcf24(options, settings, ""))->Load(0, 0)->actors[0].tubelet, IsEmpty());
  settings = Settings(Usage::kTrain);
  EXPECT_THAT((*OpenUcf24(options, settings, ""))->Load(0, 0)->actors[0].tubelet, IsEmpty());
}

// A data root of our own, with two videos that need not be decodable to be opened.
class Ucf24FilesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    root_ = ::testing::TempDir() + "ucf24_test." +
            ::testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(root_);
    Write("clips.txt", "A/v_A\nB/v_B\n");
    Write("annotations.csv", "A/v_A,1,3,32,24,160,120\nB/v_B,7,23,0,0,320,240\nC/v_C,1,0,0,0,1,1\n");
    Write("videos/A/v_A.avi", "no video");
    Write("videos/B/v_B.mp4", "no video");
  }
  void Write(const std::string& name, const std::string& contents) {
    ASSERT_TRUE(WriteFileAtomically(root_ + "/" + name, contents).ok());
  }
  std::string Error(const Ucf24Options& options = Clips()) {
    return std::string(OpenUcf24(options, Settings(Usage::kInference), root_).status().message());
  }
  std::string root_;
};

TEST_F(Ucf24FilesTest, BoxesAreNormalisedBy320x240) {
  const auto dataset = Open(Clips(), Usage::kTrain, root_);
  ASSERT_EQ(dataset->size(), 2);
  const Box box = dataset->GroundTruth()[0].box;
  EXPECT_FLOAT_EQ(box.x1, 0.1f);
  EXPECT_FLOAT_EQ(box.y1, 0.1f);
  EXPECT_FLOAT_EQ(box.x2, 0.5f);
  EXPECT_FLOAT_EQ(box.y2, 0.5f);
  EXPECT_THAT(std::string(dataset->Load(1, 0).status().message()), HasSubstr("videos/B/v_B.mp4"));
}

TEST_F(Ucf24FilesTest, DetectionsReplaceGroundTruthAtInference) {
  Write("videos/A/v_A.avi",
        *ReadFile("datasets/ucf24/testdata/videos/SoccerJuggling/v_SoccerJuggling_g23_c01.avi"));
  Write("detections.csv",
        "A/v_A,1,5,0.9,0,0,160,240\nA/v_A,1,5,0.5,0,0,320,240\nA/v_A,1,0,0.7,32,24,160,118\n");
  Ucf24Options options = Clips();
  options.detections = "detections.csv";
  const Sample inference = *Open(options, Usage::kInference, root_)->Load(0, 0);
  ASSERT_EQ(inference.actors.size(), 1);
  EXPECT_FLOAT_EQ(inference.actors[0].box.x2, 0.5f);
  EXPECT_FLOAT_EQ(inference.actors[0].score, 0.9f);
  const Sample training = *Open(options, Usage::kTrain, root_)->Load(0, 0);
  ASSERT_EQ(training.actors.size(), 2);  // ground truth and the box with IoU 94 / 96
  EXPECT_FLOAT_EQ(training.actors[1].score, 0.7f);
  EXPECT_THAT(training.actors[1].labels, ElementsAre(3));
}

// A raw MPEG-4 stream does not say how many frames it should have.
TEST_F(Ucf24FilesTest, AKeyFrameBeyondTheEndOfACutVideo) {
  const std::string whole = *ReadFile("datasets/ucf24/testdata/videos/Basketball/v_Basketball_g01_c02.mp4");
  Write("clips.txt", "A/v_A\n");
  Write("annotations.csv", "A/v_A,10,0,0,0,9,9\nA/v_A,170,0,0,0,9,9\n");
  std::filesystem::remove(root_ + "/videos/A/v_A.avi");
  Write("videos/A/v_A.mp4", whole.substr(0, whole.size() / 2));
  const auto dataset = Open(Clips(), Usage::kTrain, root_);
  EXPECT_TRUE(dataset->Load(0, 0).ok());
  EXPECT_THAT(std::string(dataset->Load(1, 0).status().message()), HasSubstr("v_A.mp4: has "));
}

// A proposal stands for the person whose labels it has.
TEST_F(Ucf24FilesTest, ProposalsCarryTheTubeletOfTheirPerson) {
  Write("clips.txt", "A/v_A\n");
  Write("videos/A/v_A.avi",
        *ReadFile("datasets/ucf24/testdata/videos/SoccerJuggling/v_SoccerJuggling_g23_c01.avi"));
  Write("annotations.csv",
        "A/v_A,5,3,32,24,160,120,4\nA/v_A,5,3,200,24,300,120,1\nA/v_A,7,3,40,24,160,120,4\n");
  Write("detections.csv", "A/v_A,5,0,0.7,32,24,160,118\n");
  Ucf24Options options = Clips();
  options.detections = "detections.csv";
  ClipDatasetOptions settings = Settings(Usage::kTrain);
  settings.tubelets = true;
  settings.flip_probability = 0;
  const Sample sample = *(*OpenUcf24(options, settings, root_))->Load(0, 0);
  ASSERT_EQ(sample.actors.size(), 3);
  EXPECT_EQ(sample.actors[2].person_id, 4);
  EXPECT_EQ(sample.actors[2].tubelet, sample.actors[0].tubelet);
  // Slow frames 0, 0, 0, 0, 4, 8, 13, 15 (of 32 fast ones from -12 on) with boxes in 4 and 6.
  EXPECT_FLOAT_EQ(sample.actors[0].tubelet[0].x1, 0.1f);
  EXPECT_FLOAT_EQ(sample.actors[0].tubelet[7].x1, 0.125f);
  EXPECT_FLOAT_EQ(sample.actors[1].tubelet[7].x1, 0.625f);
}

TEST_F(Ucf24FilesTest, TubeletsNeedTheColumnTube) {
  ClipDatasetOptions settings = Settings(Usage::kTrain);
  settings.tubelets = true;
  const absl::Status status = OpenUcf24(Clips(), settings, root_).status();
  EXPECT_TRUE(absl::IsInvalidArgument(status));
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("annotations.csv: no eighth column, tube, which dataset.clip.tubelets needs"));
}

TEST_F(Ucf24FilesTest, ErrorsNameFileLineAndValue) {
  Write("annotations.csv", "A/v_A,1,3,0,0,1,1,0\nA/v_A,2,3,0,0,1,1\n");
  EXPECT_THAT(Error(), HasSubstr("annotations.csv:2: 7 columns, the rows before have 8"));
  Write("annotations.csv", "A/v_A,1,3,0,0,1,1,-1\n");
  EXPECT_THAT(Error(),
              HasSubstr("annotations.csv:1: column 8 (tube) is '-1', expected a whole number from 0"));
  Write("annotations.csv", "A/v_A,1,3,0,0,1,1,2\nA/v_A,1,3,0,0,9,9,2\n");
  EXPECT_THAT(Error(), HasSubstr("annotations.csv:2: tube 2 has a second box in this frame"));
  Write("annotations.csv", "A/v_A,1,24,0,0,1,1\n");
  EXPECT_THAT(Error(), HasSubstr("annotations.csv:1: '24': class not in the list of classes"));
  Write("annotations.csv", "A/v_A,0,3,0,0,1,1\n");
  EXPECT_THAT(Error(), HasSubstr(":1: column 2 (frame) is '0', expected a frame number from 1"));
  Write("annotations.csv", "A/v_A,1,3,0,0,1\n");
  EXPECT_THAT(Error(), HasSubstr("6 columns, expected 7 or 8"));
  Write("annotations.csv", "A/v_A,1,3,5,5,5,9\n");
  EXPECT_THAT(Error(), HasSubstr("annotations.csv:1: 'A/v_A,1,3,5,5,5,9': ground truth box of no area"));
  Write("annotations.csv", "A/v_A,1,3,5,5,9,9\n");
  EXPECT_THAT(Error(), HasSubstr("no row of B/v_B"));
  Write("clips.txt", "../../etc/passwd\n");
  EXPECT_THAT(Error(), HasSubstr("clips.txt:1: '../../etc/passwd'"));
  Write("clips.txt", "D/v_D\n");
  EXPECT_THAT(Error(), HasSubstr("videos/D/v_D.avi: no such video, nor .mp4"));
  Ucf24Options options = Clips();
  options.split = "testlist01";
  EXPECT_THAT(Error(options), HasSubstr("testlist01.txt"));
  EXPECT_THAT(std::string(OpenUcf24(Clips(), Settings(Usage::kTrain), "/nowhere").status().message()),
              HasSubstr("/nowhere: no such data root"));
}

TEST(Ucf24Test, ClassesAreThoseOfTheAnnotations) {
  const auto names = ReadFile("datasets/ucf24/testdata/classes.txt");
  ASSERT_TRUE(names.ok());
  std::string ours;
  for (const ActionClass& action : Ucf24Classes()) ours += action.name + "\n";
  EXPECT_EQ(ours, *names);
}

}  // namespace
}  // namespace mrsn::datasets
