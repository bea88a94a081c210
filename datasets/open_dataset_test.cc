#include "datasets/open_dataset.h"

#include <filesystem>
#include <map>
#include <set>
#include <thread>

#include "datasets/ucf24/acted_clips.h"
#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "ops/base/file.h"

namespace mrsn::datasets {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

DatasetConfig Config(const std::string& text) {
  DatasetConfig config;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &config)) << text;
  return config;
}

DatasetConfig Micro() {
  return Config("micro_world { train_videos: 4 val_videos: 2 keyframes_per_video: 10 }");
}

// A folder that is there, to generate in.
std::string Root() {
  const std::string root = ::testing::TempDir() + "open_dataset_test";
  EXPECT_TRUE(MakeFolders(root).ok());
  return root;
}

std::unique_ptr<Dataset> Open(const DatasetConfig& config, Usage usage) {
  auto dataset = OpenDataset(config, usage, "", {Root()});
  EXPECT_TRUE(dataset.ok()) << dataset.status();
  return *std::move(dataset);
}

TEST(OpenDatasetTest, MicroWorldForTraining) {
  const auto dataset = Open(Micro(), Usage::kTrain);
  ASSERT_EQ(dataset->size(), 4 * 10);
  EXPECT_EQ(dataset->keyframe(0).video, "train_0000");
  EXPECT_EQ(dataset->keyframe(0).timestamp, 902);
  EXPECT_EQ(dataset->keyframe(39).timestamp, 911);
  ASSERT_EQ(dataset->classes().size(), 15);
  EXPECT_EQ(dataset->classes()[4].id, 5);
  EXPECT_EQ(dataset->classes()[4].name, "watch TV");
  EXPECT_EQ(dataset->classes()[8].kind, "actor-actor");
  EXPECT_EQ(dataset->annotation_frame_size().width, 0);

  // Load's labels agree with GroundTruth box by box; Load has proposals besides.
  std::map<Keyframe, std::set<int>> people;
  std::map<Keyframe, int> labels;
  for (const AnnotatedBox& row : dataset->GroundTruth()) {
    people[row.keyframe].insert(row.person_id);
    ++labels[row.keyframe];
  }
  int proposals = 0;
  for (int64_t i = 0; i < dataset->size(); ++i) {
    const auto sample = dataset->Load(i, 0);
    ASSERT_TRUE(sample.ok()) << sample.status();
    EXPECT_TRUE(sample->keyframe == dataset->keyframe(i));
    EXPECT_EQ(sample->slow.frames, 4);
    EXPECT_EQ(sample->slow.width, 64);
    EXPECT_EQ(sample->slow.values.size(), 3 * 4 * 64 * 64);
    EXPECT_TRUE(sample->fast.values.empty());
    const size_t truth = people[sample->keyframe].size();
    ASSERT_GE(sample->actors.size(), truth);
    proposals += sample->actors.size() - truth;
    int given = 0;
    for (size_t a = 0; a < sample->actors.size(); ++a) {
      EXPECT_FALSE(sample->actors[a].labels.empty());
      if (a < truth) given += sample->actors[a].labels.size();
    }
    EXPECT_EQ(given, labels[sample->keyframe]);
  }
  EXPECT_GT(proposals, 40);  // about 0.65 a person
}

TEST(OpenDatasetTest, MicroWorldForInference) {
  const auto dataset = Open(Micro(), Usage::kInference);
  ASSERT_EQ(dataset->size(), 2 * 10);
  EXPECT_EQ(dataset->keyframe(0).video, "val_0000");
  int actors = 0;
  for (int64_t i = 0; i < dataset->size(); ++i) {
    const auto sample = dataset->Load(i, i);
    ASSERT_TRUE(sample.ok());
    for (const Actor& actor : sample->actors) {
      ++actors;
      EXPECT_GT(actor.score, 0.85);
      EXPECT_TRUE(actor.labels.empty());
    }
    EXPECT_EQ(sample->slow.values, dataset->Load(i, i + 1000)->slow.values);  // never flipped
  }
  EXPECT_GT(actors, 20);
}

// Writing a relation bank: the training videos with the detector's boxes.
TEST(OpenDatasetTest, TrainingVideosForInference) {
  DatasetConfig config = Micro();
  config.set_inference_split("train");
  const auto dataset = Open(config, Usage::kInference);
  EXPECT_EQ(dataset->size(), 40);
  EXPECT_TRUE(dataset->Load(0, 0)->actors.empty() || dataset->Load(0, 0)->actors[0].labels.empty());
}

TEST(OpenDatasetTest, FlipsAreDecidedByTheSeed) {
  const auto dataset = Open(Micro(), Usage::kTrain);
  int flipped = 0;
  const Sample plain = *dataset->Load(3, 1);
  std::set<float> first_boxes;
  for (uint64_t seed = 0; seed < 100; ++seed) {
    const Sample sample = *dataset->Load(3, seed);
    EXPECT_EQ(sample.slow.values, dataset->Load(3, seed)->slow.values);
    const bool same = sample.slow.values == plain.slow.values;
    const Box& a = plain.actors[0].box;
    const Box& b = sample.actors[0].box;
    EXPECT_FLOAT_EQ(b.x1, same ? a.x1 : 1 - a.x2);
    EXPECT_EQ(b.y1, a.y1);
    if (!same) {
      for (int x = 0; x < 64; ++x) EXPECT_EQ(sample.slow.values[x], plain.slow.values[63 - x]);
    }
    flipped += !same;
  }
  EXPECT_NEAR(flipped, 50, 20);  // 4 standard deviations

  DatasetConfig config = Micro();
  config.mutable_transform()->set_flip_probability(0);
  const auto never = Open(config, Usage::kTrain);
  for (uint64_t seed = 0; seed < 20; ++seed) {
    EXPECT_EQ(never->Load(3, seed)->slow.values, never->Load(3, 0)->slow.values);
  }
}

TEST(OpenDatasetTest, AugmentationIsDecidedByTheSeedAndForTrainingOnly) {
  for (const auto augmentation :
       {TransformConfig::PYSLOWFAST, TransformConfig::ACAR, TransformConfig::ALPHACTION}) {
    SCOPED_TRACE(augmentation);
    DatasetConfig config = Micro();
    TransformConfig& transform = *config.mutable_transform();
    transform.set_augmentation(augmentation);
    const bool cut = augmentation == TransformConfig::PYSLOWFAST;
    if (cut) {
      transform.mutable_pyslowfast()->set_min_short_side(64);
      transform.mutable_pyslowfast()->set_max_short_side(80);
      transform.mutable_pyslowfast()->set_crop(48);
    }
    const auto training = Open(config, Usage::kTrain), again = Open(config, Usage::kTrain);
    std::set<decltype(FrameStack::values)> frames;
    std::set<float> edges;
    for (uint64_t seed = 0; seed < 20; ++seed) {
      const Sample sample = *training->Load(3, seed), same = *again->Load(3, seed);
      EXPECT_EQ(sample.slow.width, cut ? 48 : 64);
      EXPECT_EQ(sample.slow.height, cut ? 48 : 64);
      EXPECT_EQ(sample.slow.values, same.slow.values);
      ASSERT_EQ(sample.actors.size(), same.actors.size());
      EXPECT_EQ(sample.actors[0].box, same.actors[0].box);
      frames.insert(sample.slow.values);
      edges.insert(sample.actors[0].box.x1);
    }
    EXPECT_GE(frames.size(), augmentation == TransformConfig::ACAR ? 2 : 15);
    EXPECT_GE(edges.size(), 10);

    const auto inference = Open(config, Usage::kInference), plain = Open(Micro(), Usage::kInference);
    const Sample sample = *inference->Load(3, 1), other = *inference->Load(3, 2), whole = *plain->Load(3, 0);
    EXPECT_EQ(sample.slow.values, whole.slow.values);
    EXPECT_EQ(sample.slow.values, other.slow.values);
    ASSERT_EQ(sample.actors.size(), whole.actors.size());
    for (size_t a = 0; a < whole.actors.size(); ++a) {
      EXPECT_EQ(sample.actors[a].reported.value_or(sample.actors[a].box), whole.actors[a].box);
    }
  }
}

TEST(OpenDatasetTest, FingerprintFollowsTheDataAndNotTheClip) {
  const std::string fingerprint = Open(Micro(), Usage::kTrain)->Fingerprint();
  EXPECT_EQ(fingerprint.size(), 64);
  DatasetConfig config = Micro();
  config.mutable_clip()->set_frames(2);
  EXPECT_EQ(Open(config, Usage::kTrain)->Fingerprint(), fingerprint);
  EXPECT_NE(Open(config, Usage::kInference)->Fingerprint(), fingerprint);
  config.mutable_micro_world()->set_seed(2);
  EXPECT_NE(Open(config, Usage::kTrain)->Fingerprint(), fingerprint);
}

TEST(OpenDatasetTest, ManyThreadsLoadTheSame) {
  DatasetConfig config = Micro();
  config.set_cache_megabytes(1);  // less than two videos: they are dropped all the time
  const auto dataset = Open(config, Usage::kTrain), reference = Open(Micro(), Usage::kTrain);
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&, t] {
      for (int64_t i = 0; i < 20; ++i) {
        const int64_t index = (7 * i + 13 * t) % dataset->size();
        EXPECT_EQ(dataset->Load(index, i)->slow.values, reference->Load(index, i)->slow.values);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(OpenDatasetTest, SingleActor) {
  DatasetConfig config = Micro();
  config.mutable_micro_world()->set_single_actor(true);
  const auto train = Open(config, Usage::kTrain), val = Open(config, Usage::kInference);
  EXPECT_EQ(train->classes().size(), 8);
  for (int64_t i = 0; i < train->size(); ++i) {
    const Sample sample = *train->Load(i, i);
    ASSERT_EQ(sample.actors.size(), 1);
    EXPECT_EQ(sample.actors[0].labels.size(), 1);
    EXPECT_TRUE((sample.actors[0].box == Box{0, 0, 1, 1}));
  }
  for (int64_t i = 0; i < val->size(); ++i) EXPECT_EQ(val->Load(i, 0)->actors.size(), 1);
}

TEST(OpenDatasetTest, Ucf24WithTubelets) {
  const std::string root = ::testing::TempDir() + "open_dataset_test_ucf24";
  ActedClipsOptions clips;
  clips.groups = 1;
  ASSERT_TRUE(WriteActedClips(clips, root).ok());
  const DatasetConfig config =
      Config("ucf24 { train_keyframe_step: 100 } train_split: \"clips\" clip { tubelets: true }");
  EXPECT_THAT(std::string(OpenDataset(config, Usage::kTrain, "").status().message()),
              HasSubstr("ucf24 needs a data root"));
  const auto dataset = OpenDataset(config, Usage::kTrain, root);
  ASSERT_TRUE(dataset.ok()) << dataset.status();
  EXPECT_EQ((*dataset)->Load(0, 0)->actors[0].tubelet.size(), 8);
}

TEST(OpenDatasetTest, AVanishedVideoIsNamed) {
  const std::string root = ::testing::TempDir() + "open_dataset_test_vanished";
  ASSERT_TRUE(MakeFolders(root).ok());
  const auto dataset = OpenDataset(Micro(), Usage::kTrain, "", {root});
  ASSERT_TRUE(dataset.ok());
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    if (entry.path().filename() == "train_0001.avi") std::filesystem::remove(entry.path());
  }
  EXPECT_TRUE((*dataset)->Load(0, 0).ok());
  EXPECT_THAT(std::string((*dataset)->Load(10, 0).status().message()), HasSubstr("train_0001.avi"));
  EXPECT_THAT(std::string(OpenDataset(Micro(), Usage::kTrain, "", {root}).status().message()),
              AllOf(HasSubstr("train_0001.avi"), HasSubstr("to have it generated again")));
}

// A user's data root gets nothing; the fingerprint is that of the data wherever they are.
TEST(OpenDatasetTest, GeneratedVideosGoToTheirOwnFolder) {
  const std::string root = ::testing::TempDir() + "open_dataset_test_root";
  const std::string cache = ::testing::TempDir() + "open_dataset_test_cache";
  ASSERT_TRUE(MakeFolders(root).ok());
  const auto dataset = OpenDataset(Micro(), Usage::kTrain, root, {cache});
  ASSERT_TRUE(dataset.ok()) << dataset.status();
  EXPECT_TRUE(std::filesystem::is_empty(root));
  EXPECT_TRUE(FileExists(cache + "/micro_world"));
  EXPECT_EQ((*dataset)->Fingerprint(), Open(Micro(), Usage::kTrain)->Fingerprint());
}

// Load's persons, objects and decision to mirror, also of data whose videos are not there.
TEST(OpenDatasetTest, PersonsComeWithoutTheirClip) {
  const std::string nowhere = ::testing::TempDir() + "open_dataset_test_persons";
  for (const Usage usage : {Usage::kTrain, Usage::kInference}) {
    const auto made = Open(Micro(), usage);
    const auto described = OpenDataset(Micro(), usage, "", {nowhere, /*make=*/false});
    ASSERT_TRUE(described.ok()) << described.status();
    int mirrored = 0;
    for (int64_t i = 0; i < made->size(); ++i) {
      const auto clip = made->Load(i, i), persons = (*described)->LoadPersons(i, i);
      ASSERT_TRUE(persons.ok()) << persons.status();
      mirrored += persons->mirrored;
      EXPECT_EQ(persons->mirrored, clip->mirrored);
      EXPECT_TRUE(persons->slow.values.empty());
      ASSERT_EQ(persons->actors.size(), clip->actors.size());
      for (size_t n = 0; n < clip->actors.size(); ++n) {
        EXPECT_TRUE(persons->actors[n].box == clip->actors[n].box);
        EXPECT_EQ(persons->actors[n].labels, clip->actors[n].labels);
      }
    }
    EXPECT_EQ(mirrored > 0, usage == Usage::kTrain);
    EXPECT_LT(mirrored, made->size());
  }
  const auto jittered = Open(Config("micro_world { train_videos: 1 val_videos: 1 keyframes_per_video: 2 } "
                                    "transform { augmentation: ACAR }"),
                             Usage::kTrain);
  EXPECT_TRUE(absl::IsUnimplemented(jittered->LoadPersons(0, 0).status()));
}

TEST(OpenDatasetTest, DataThatIsOnlyDescribedIsNotMade) {
  const std::string cache = ::testing::TempDir() + "open_dataset_test_described";
  for (const Usage usage : {Usage::kTrain, Usage::kInference}) {
    const auto described = OpenDataset(Micro(), usage, "", {cache, /*make=*/false});
    ASSERT_TRUE(described.ok()) << described.status();
    EXPECT_FALSE(FileExists(cache));
    const auto made = Open(Micro(), usage);
    ASSERT_EQ((*described)->size(), made->size());
    EXPECT_TRUE((*described)->keyframe(7) == made->keyframe(7));
    EXPECT_EQ((*described)->GroundTruth().size(), made->GroundTruth().size());
    EXPECT_EQ((*described)->classes().size(), 15);
    EXPECT_THAT(std::string((*described)->Load(0, 0).status().message()), HasSubstr(cache));
  }
  // What is there is read as ever.
  const auto there = OpenDataset(Micro(), Usage::kTrain, "", {Root(), /*make=*/false});
  ASSERT_TRUE(there.ok()) << there.status();
  EXPECT_TRUE((*there)->Load(0, 0).ok());
}

TEST(OpenDatasetTest, AMissingRootIsNamedAndNotMade) {
  const std::string root = ::testing::TempDir() + "misspelt";
  for (const char* config :
       {"micro_world { train_videos: 1 val_videos: 1 keyframes_per_video: 1 }", "ucf24 {}"}) {
    EXPECT_THAT(std::string(OpenDataset(Config(config), Usage::kTrain, root).status().message()),
                HasSubstr("data root " + root + ": there is no such folder"));
  }
  EXPECT_FALSE(FileExists(root));
}

TEST(ValidateDatasetConfigTest, NamesFieldValueAndRange) {
  const struct {
    const char* config;
    const char* message;
  } cases[] = {
      {"", "dataset is not set"},
      {"micro_world { train_videos: 0 }", "dataset.micro_world.train_videos is 0; allowed: 1 to 100000"},
      {"micro_world { keyframes_per_video: 898 }",
       "dataset.micro_world.keyframes_per_video is 898; allowed: 1 to 897"},
      {"micro_world {} train_split: \"test\"",
       "dataset.train_split is \"test\"; allowed: train and val with micro_world"},
      {"micro_world_2 {} inference_split: \"exam\"",
       "dataset.inference_split is \"exam\"; allowed: train, val and test with micro_world_2"},
      {"micro_world_2 { test_videos: 0 }", "dataset.micro_world_2.test_videos is 0; allowed: 1 to 100000"},
      {"micro_world {} clip { frames: -1 }", "dataset.clip.frames is -1; allowed: 1 to 128"},
      {"micro_world {} clip { stride: 65 }", "dataset.clip.stride is 65; allowed: 1 to 64"},
      {"micro_world {} clip { stride: 6 fast_ratio: 4 }",
       "dataset.clip.fast_ratio is 4; allowed: the divisors of clip.stride, 6"},
      {"micro_world {} transform { short_side: 8 }",
       "dataset.transform.short_side is 8; allowed: 0, 16 to 2048"},
      {"micro_world {} transform { std: 0 }", "dataset.transform.std is 0; allowed: "},
      {"micro_world {} transform { flip_probability: nan }", "dataset.transform.flip_probability is nan"},
      {"micro_world {} proposals { training_iou: 1.5 }",
       "dataset.proposals.training_iou is 1.5; allowed: 0 to 1"},
      {"micro_world {} cache_megabytes: -1", "dataset.cache_megabytes is -1; allowed: 0 to 65536"},
      {"ava {} train_split: \"../x\"", "dataset.train_split is \"../x\"; allowed: a name without a folder"},
      {"ava { frame_name: \"frame.jpg\" }",
       "dataset.ava.frame_name is \"frame.jpg\"; allowed: a file name with one printf number"},
      {"ava { frames_per_second: 0 }", "dataset.ava.frames_per_second is 0; allowed: 0.1 to 1000"},
      {"ava { first_keyframe_second: 9 last_keyframe_second: 8 }",
       "dataset.ava.last_keyframe_second is 8; allowed: first_keyframe_second, 9, and more"},
      {"ucf24 { annotation_width: 0 }", "dataset.ucf24.annotation_width is 0; allowed: 1 to 65536"},
      {"ava { version: \"2.2\" }", "dataset.ava.version is \"2.2\"; allowed: v2.1, v2.2"},
      {"ava { val_annotations: \"\" }", "dataset.ava.val_annotations is empty; allowed: a path"},
      {"ava { frames: \"\" }", "dataset.ava.frames is empty; allowed: a path"},
      {"ava {} clip { tubelets: true }",
       "dataset.clip.tubelets is true; allowed: false with ava, which annotates key frames only"},
      {"micro_world {} flow { method: 3 }", "dataset.flow.method is 3; allowed: DIS, TVL1"},
      {"micro_world {} clip { tubelets: true }",
       "dataset.clip.tubelets is true; allowed: false with micro_world, which annotates key frames only and "
       "has no column tube"},
      {"ucf24 { train_keyframe_step: 0 }", "dataset.ucf24.train_keyframe_step is 0; allowed: 1 to 1000"},
  };
  for (const auto& bad : cases) {
    EXPECT_THAT(std::string(ValidateDatasetConfig(Config(bad.config)).message()), HasSubstr(bad.message))
        << bad.config;
    EXPECT_FALSE(OpenDataset(Config(bad.config), Usage::kTrain, "/nowhere").ok());
  }
  EXPECT_TRUE(ValidateDatasetConfig(Config("micro_world {}")).ok());
  EXPECT_TRUE(ValidateDatasetConfig(Config("ucf24 {} clip { fast_ratio: 4 }")).ok());
  EXPECT_TRUE(ValidateDatasetConfig(Config("ava { train_excluded: \"\" val_boxes: \"\" }")).ok());
  EXPECT_TRUE(ValidateDatasetConfig(Config("ava {} train_split: \"test\"")).ok());
}

}  // namespace
}  // namespace mrsn::datasets
