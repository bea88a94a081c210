// What OpenUcf24 gives for whole clips: generated ones always, three of UCF101-24's own where MRSN_TEST_DATA
// is set.
#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "datasets/clip_sampler.h"
#include "datasets/transforms.h"
#include "datasets/ucf24/acted_clips.h"
#include "datasets/ucf24/real_clips.h"
#include "datasets/ucf24/ucf24.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "ops/base/file.h"
#include "ops/formats/class_lists.h"
#include "ops/test_data/test_data.h"

namespace mrsn::datasets {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Tubes = std::map<int, std::pair<int, int>>;  // first and last frame, from 1, by number

struct ClipFacts {
  std::string video;
  int class_id;
  int frames;  // that decode
  int key_frames;
  FrameSize size;  // with short side 112, the longer one rounded down
  Tubes tubes;
};

struct RootFacts {
  std::string name;
  std::vector<ClipFacts> clips;
  int rows, frames_of_two;
  int key_frames_of_every_tenth;
};

// Three dancers on 34 + 35 frames two at a time (acted_clips.h); 128 x 96 scales to 149.33 x 112.
RootFacts Generated() {
  return {
      "Generated",
      {{"Basketball/v_Basketball_g01_c01", 0, 80, 60, {149, 112}, {{0, {13, 72}}}},
       {"SalsaSpin/v_SalsaSpin_g01_c01", 14, 80, 80, {149, 112}, {{0, {1, 80}}, {1, {1, 34}}, {2, {46, 80}}}},
       {"SoccerJuggling/v_SoccerJuggling_g01_c01", 18, 80, 80, {149, 112}, {{0, {1, 80}}}}},
      60 + 80 + 34 + 35 + 80,
      34 + 35,
      6 + 8 + 8};
}

// The tubes are those of pyannot.pkl, where they are counted from 0 and end one later: sf 63 of Basketball,
// and 0-142, 150-167, 0-33, 51-68, 92-167 of SalsaSpin. Two of these are there on 34 + 18 + 51 + 18 frames.
// The two clips of YOWOv2 are 340 x 256.
RootFacts Real() {
  return {"Real",
          {{"Basketball/v_Basketball_g01_c02", 0, 180, 48, {148, 112}, {{0, {64, 111}}}},
           {"SalsaSpin/v_SalsaSpin_g03_c01",
            14,
            168,
            168,
            {148, 112},
            {{0, {1, 143}}, {1, {151, 168}}, {2, {1, 34}}, {3, {52, 69}}, {4, {93, 168}}}},
           {"SoccerJuggling/v_SoccerJuggling_g23_c01", 18, 240, 240, {149, 112}, {{0, {1, 240}}}}},
          577,
          121,
          5 + 17 + 24};
}

class Ucf24ClipsTest : public ::testing::TestWithParam<RootFacts> {
 protected:
  void SetUp() override {
    root_ = ::testing::TempDir() + "ucf24_clips_test." + GetParam().name;
    static auto* const made = new std::set<std::string>();
    if (GetParam().name == "Real") {
      MRSN_SKIP_WITHOUT_TEST_DATA();
      if (!made->insert(root_).second) return;
      const absl::Status status = MakeRealClips(root_);
      ASSERT_TRUE(status.ok()) << status;
    } else if (made->insert(root_).second) {
      ActedClipsOptions options;
      options.groups = 1;
      ASSERT_TRUE(WriteActedClips(options, root_).ok());
    }
  }
  static Ucf24Options Clips(int keyframe_step = 1) {
    Ucf24Options options;
    options.split = "clips";
    options.keyframe_step = keyframe_step;
    return options;
  }
  // 8 slow frames 4 apart, 32 fast ones, short side 112: METHOD's UCF clip, but small.
  static ClipDatasetOptions Settings(Usage usage) {
    ClipDatasetOptions settings;
    settings.usage = usage;
    settings.clip = {8, 4, 4};
    settings.transform.short_side = 112;
    return settings;
  }
  std::unique_ptr<Dataset> Open(const Ucf24Options& options, const ClipDatasetOptions& settings) {
    auto dataset = OpenUcf24(options, settings, root_);
    EXPECT_TRUE(dataset.ok()) << dataset.status();
    return *std::move(dataset);
  }
  std::unique_ptr<Dataset> Open(Usage usage) { return Open(Clips(), Settings(usage)); }
  const ClipFacts& FactsOf(const std::string& video) const {
    for (const ClipFacts& clip : clips_) {
      if (clip.video == video) return clip;
    }
    ADD_FAILURE() << video;
    return clips_[0];
  }

  const std::vector<ClipFacts> clips_ = GetParam().clips;
  std::string root_;
};

TEST_P(Ucf24ClipsTest, SamplesOfEveryClip) {
  const auto dataset = Open(Usage::kTrain);
  ASSERT_EQ(dataset->size(), clips_[0].key_frames + clips_[1].key_frames + clips_[2].key_frames);
  EXPECT_EQ(dataset->annotation_frame_size().width, 320);
  EXPECT_EQ(dataset->annotation_frame_size().height, 240);
  int64_t first = 0;
  for (const ClipFacts& clip : clips_) {
    EXPECT_EQ(dataset->keyframe(first).video, clip.video);
    EXPECT_EQ(dataset->keyframe(first).timestamp, clip.tubes.at(0).first);
    const int64_t last = first + clip.key_frames - 1;
    EXPECT_EQ(dataset->keyframe(last).video, clip.video);
    for (const int64_t i : {first, first + 20, last}) {
      const auto sample = dataset->Load(i, 1);
      ASSERT_TRUE(sample.ok()) << sample.status();
      EXPECT_EQ(sample->slow.frames, 8);
      EXPECT_EQ(sample->fast.frames, 32);
      EXPECT_EQ(sample->slow.width, clip.size.width);
      EXPECT_EQ(sample->fast.height, clip.size.height);
      EXPECT_THAT(sample->actors[0].labels, ElementsAre(clip.class_id));
    }
    first = last + 1;
  }
  EXPECT_EQ(dataset->keyframe(clips_[0].key_frames - 1).timestamp, clips_[0].tubes.at(0).second);
}

TEST_P(Ucf24ClipsTest, GroundTruth) {
  const auto dataset = Open(Usage::kInference);
  const std::vector<AnnotatedBox> truth = dataset->GroundTruth();
  EXPECT_EQ(truth.size(), GetParam().rows);
  std::map<Keyframe, int> boxes;
  for (const AnnotatedBox& row : truth) {
    ++boxes[row.keyframe];
    EXPECT_TRUE(row.box.Valid());
    EXPECT_LE(row.box.x2, 1.0001f);
    EXPECT_GE(row.box.y1, 0);
  }
  std::map<int, int> frames_of;  // by number of boxes
  for (const auto& [keyframe, count] : boxes) ++frames_of[count];
  EXPECT_EQ(frames_of[2], GetParam().frames_of_two);
  EXPECT_EQ(frames_of[3], 0);
  // Ground-truth boxes serve as detections where there are none, without their labels.
  const auto sample = dataset->Load(clips_[0].key_frames, 0);
  ASSERT_TRUE(sample.ok());
  EXPECT_EQ(sample->actors.size(), 2);
  EXPECT_THAT(sample->actors[0].labels, IsEmpty());
}

// The clip is centred on the key frame: frame number n is decoded frame n - 1, and slow
// frame 0 and fast frame 0 are 16 frames before it.
TEST_P(Ucf24ClipsTest, ClipIsCentredOnTheKeyFrame) {
  const auto dataset = Open(Usage::kInference);
  const int64_t index = clips_[0].key_frames + clips_[1].key_frames + clips_[2].key_frames / 2;
  const Sample at = *dataset->Load(index, 0), later = *dataset->Load(index + 4, 0);
  EXPECT_EQ(at.keyframe.timestamp, clips_[2].key_frames / 2 + 1);
  const size_t plane = static_cast<size_t>(at.fast.width) * at.fast.height;
  const auto frame = [&](const FrameStack& stack, int t) {
    return std::vector<uint8_t>(stack.values.begin() + t * plane, stack.values.begin() + (t + 1) * plane);
  };
  EXPECT_EQ(frame(at.fast, 20), frame(later.fast, 16));
  EXPECT_NE(frame(at.fast, 19), frame(later.fast, 16));
  EXPECT_EQ(frame(at.slow, 0), frame(at.fast, 0));
  EXPECT_EQ(frame(at.slow, 1), frame(at.fast, 4));
  EXPECT_EQ(frame(at.slow, 7), frame(at.fast, 31));
}

TEST_P(Ucf24ClipsTest, KeyframeStepTakesEveryNthAnnotatedFrame) {
  const auto dataset = Open(Clips(10), Settings(Usage::kTrain));
  EXPECT_EQ(dataset->size(), GetParam().key_frames_of_every_tenth);
  EXPECT_EQ(dataset->keyframe(1).timestamp, clips_[0].tubes.at(0).first + 10);
  EXPECT_NE(dataset->Fingerprint(), Open(Usage::kTrain)->Fingerprint());
}

TEST_P(Ucf24ClipsTest, PersonsAreTubes) {
  std::map<std::string, Tubes> frames;
  for (const AnnotatedBox& row : Open(Usage::kTrain)->GroundTruth()) {
    const auto frame = static_cast<int>(row.keyframe.timestamp.Floor());
    auto [tube, fresh] = frames[row.keyframe.video].try_emplace(row.person_id, frame, 0);
    EXPECT_TRUE(fresh || frame == tube->second.second + 1);
    tube->second.second = frame;
  }
  EXPECT_EQ(frames.size(), 3);
  for (const ClipFacts& clip : clips_) EXPECT_EQ(frames[clip.video], clip.tubes) << clip.video;
}

// Each box of a tubelet against the row of its frame, or of the nearest frame of its tube.
TEST_P(Ucf24ClipsTest, TubeletsAreTheRowsOfTheClipsFrames) {
  std::map<std::pair<std::string, int>, std::map<int64_t, Box>> rows;  // by frame from 0
  for (const AnnotatedBox& row : Open(Usage::kTrain)->GroundTruth())
    rows[{row.keyframe.video, row.person_id}][row.keyframe.timestamp.Floor() - 1] = row.box;

  ClipDatasetOptions settings = Settings(Usage::kTrain);
  settings.tubelets = true;
  const Ucf24Options options = Clips(7);  // the frames between key frames are in tubelets all the same
  settings.transform.flip_probability = 0;
  const auto plain = Open(options, settings);
  settings.transform.flip_probability = 1;
  const auto flipped = Open(options, settings);
  int whole = 0, filled = 0;
  for (int64_t i = 0; i < plain->size(); i += 2) {
    const Sample sample = *plain->Load(i, 0), mirrored = *flipped->Load(i, 0);
    const std::vector<int64_t> slow = SampleClip(sample.keyframe.timestamp.Floor() - 1,
                                                 FactsOf(sample.keyframe.video).frames, settings.clip)
                                          .slow;
    for (size_t a = 0; a < sample.actors.size(); ++a) {
      const Actor& actor = sample.actors[a];
      const auto& tube = rows.at({sample.keyframe.video, actor.person_id});
      EXPECT_TRUE(tube.at(sample.keyframe.timestamp.Floor() - 1) == actor.box);
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
  EXPECT_THAT(Open(options, settings)->Load(0, 0)->actors[0].tubelet, IsEmpty());
  EXPECT_THAT(Open(options, Settings(Usage::kTrain))->Load(0, 0)->actors[0].tubelet, IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Roots, Ucf24ClipsTest, ::testing::Values(Generated(), Real()),
                         [](const auto& info) { return info.param.name; });

// The longer a real stream is cut, the fewer frames decode; a raw MPEG-4 stream does not say how many there
// were.
TEST(Ucf24RealStreamTest, AKeyFrameBeyondTheEndOfACutVideo) {
  MRSN_SKIP_WITHOUT_TEST_DATA();
  const std::string root = ::testing::TempDir() + "ucf24_clips_test.cut";
  const std::string whole = *ReadFile(TestData("videos/v_Basketball_g01_c02.mp4"));
  ASSERT_TRUE(WriteFileAtomically(root + "/clips.txt", "A/v_A\n").ok());
  ASSERT_TRUE(
      WriteFileAtomically(root + "/annotations.csv", "A/v_A,10,0,0,0,9,9\nA/v_A,170,0,0,0,9,9\n").ok());
  ASSERT_TRUE(WriteFileAtomically(root + "/videos/A/v_A.mp4", whole.substr(0, whole.size() / 2)).ok());
  Ucf24Options options;
  options.split = "clips";
  ClipDatasetOptions settings;
  settings.usage = Usage::kTrain;
  settings.clip = {8, 4, 4};
  const absl::Status refused = OpenUcf24(options, settings, root).status();
  EXPECT_THAT(
      std::string(refused.message()),
      ::testing::AllOf(::testing::HasSubstr("1 of 2 clips cannot be read, first that of key frame A/v_A,170"),
                       ::testing::HasSubstr("v_A.mp4: has ")));
  ASSERT_TRUE(WriteFileAtomically(root + "/annotations.csv", "A/v_A,10,0,0,0,9,9\n").ok());
  const auto dataset = OpenUcf24(options, settings, root);
  ASSERT_TRUE(dataset.ok()) << dataset.status();
  EXPECT_TRUE((*dataset)->Load(0, 0).ok());
}

TEST(Ucf24RealClassesTest, ClassesAreThoseOfTheAnnotations) {
  MRSN_SKIP_WITHOUT_TEST_DATA();
  const auto names = ReadFile(TestData("ucf101-24/classes.txt"));
  ASSERT_TRUE(names.ok());
  std::string ours;
  for (const ActionClass& action : formats::Ucf24Classes()) ours += action.name + "\n";
  EXPECT_EQ(ours, *names);
}

}  // namespace
}  // namespace mrsn::datasets
