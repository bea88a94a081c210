#include "experiments/config/text_proto.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "experiments/experiment.pb.h"

namespace mrsn::experiments {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string ErrorOf(const std::string& text) {
  Experiment experiment;
  return std::string(ParseTextProto(text, "a.textproto", &experiment).message());
}

TEST(ParseTextProto, UnknownFieldGivesPlaceAndNearNamesOfItsMessage) {
  EXPECT_EQ(ErrorOf("# comment\nmodel {\n  mrsn { widht: 64 }\n}\n"),
            "a.textproto:3:15: Message type \"mrsn.MrsnHeadConfig\" has no field named \"widht\"; did you "
            "mean width?");
}

TEST(ParseTextProto, FieldOfAnotherMessageIsPointedTo) {
  EXPECT_EQ(ErrorOf("train { short_side: 64 }"),
            "a.textproto:1:19: Message type \"mrsn.TrainConfig\" has no field named \"short_side\"; "
            "mrsn.TransformConfig has one");
}

TEST(ParseTextProto, NothingNearNoHelp) {
  EXPECT_EQ(ErrorOf("xyzzyxyzzy: 1"),
            "a.textproto:1:11: Message type \"mrsn.Experiment\" has no field named \"xyzzyxyzzy\"");
}

TEST(ParseTextProto, WrongTypes) {
  EXPECT_EQ(ErrorOf("train {\n  batch_size: many\n}"), "a.textproto:2:15: Expected integer, got: many");
  EXPECT_EQ(ErrorOf("train { batch_size: 1.5 }"), "a.textproto:1:21: Expected integer, got: 1.5");
  EXPECT_EQ(ErrorOf("train { batch_size: 3000000000 }"),
            "a.textproto:1:21: Integer out of range (3000000000)");
  EXPECT_EQ(ErrorOf("eval { protocol: 5 }"), "a.textproto:1:18: Expected string, got: 5");
  EXPECT_EQ(ErrorOf("train { epochs: 1 epochs: 2 }"),
            "a.textproto:1:25: Non-repeated field \"epochs\" is specified multiple times");
  EXPECT_EQ(ErrorOf("train {"), "a.textproto:1:8: Expected identifier, got: ");
}

TEST(ParseTextProto, UnknownEnumValueListsTheAllowedOnes) {
  EXPECT_EQ(ErrorOf("train { loss: SOFTMX }"),
            "a.textproto:1:22: Unknown enumeration value of \"SOFTMX\" for field \"loss\"; allowed: BCE, "
            "SOFTMAX");
}

TEST(ParseTextProto, TwoCasesOfAOneofAreAnError) {
  EXPECT_EQ(ErrorOf("model { linear {} mrsn {} }"),
            "a.textproto:1:24: Field \"mrsn\" is specified along with field \"linear\", another member of "
            "oneof \"head\"");
}

TEST(ParseTextProto, PlacesOfFieldsListsAndMessages) {
  Experiment experiment;
  FieldPlaces places;
  ASSERT_TRUE(ParseTextProto("train {\n  decay_epochs: 1\n  decay_epochs: 2\n}\n"
                             "model { slow_only { stages {\n blocks: 3 } } }",
                             "b.textproto", &experiment, &places)
                  .ok());
  EXPECT_EQ(places["train"], "b.textproto:1:1");
  EXPECT_EQ(places["train.decay_epochs[1]"], "b.textproto:3:3");
  EXPECT_EQ(places["model.slow_only.stages[0].blocks"], "b.textproto:6:2");
  EXPECT_EQ(PlaceOf(places, "model.slow_only.stages[0].channels", "x"), "b.textproto:5:21");
  EXPECT_EQ(PlaceOf(places, "train.epochs", "x"), "b.textproto:1:1");
  EXPECT_EQ(PlaceOf(places, "eval.iou", "x"), "x");
}

TEST(ReadTextProto, MissingFile) {
  Experiment experiment;
  const absl::Status status = ReadTextProto("/nowhere/at/all.textproto", &experiment);
  EXPECT_THAT(std::string(status.message()), ::testing::HasSubstr("/nowhere/at/all.textproto"));
}

TEST(PrintTextProto, FieldsByNumberWhateverTheOrderOfTheText) {
  Experiment a, b;
  ASSERT_TRUE(ParseTextProto("eval { iou: 0.5 } train { epochs: 5.6 batch_size: 2 }", "a", &a).ok());
  ASSERT_TRUE(ParseTextProto("train { batch_size: 2 epochs: 5.6 } eval { iou: 0.5 }", "b", &b).ok());
  EXPECT_EQ(PrintTextProto(a), "train {\n  batch_size: 2\n  epochs: 5.6\n}\neval {\n  iou: 0.5\n}\n");
  EXPECT_EQ(PrintTextProto(a), PrintTextProto(b));
}

TEST(NearestNames, BestFirstAtMostThree) {
  const std::vector<std::string> names = {"micro/aare", "micro/acre", "micro/acre_aare", "ucf24/real_clips"};
  EXPECT_THAT(NearestNames("micro/acer", names), ElementsAre("micro/acre", "micro/aare"));
  EXPECT_THAT(NearestNames("acre", names), ElementsAre("micro/acre", "micro/aare"));
  EXPECT_THAT(NearestNames("something/else", names), IsEmpty());
  EXPECT_EQ(DidYouMean("micro/acer", names), "; did you mean micro/acre or micro/aare?");
}

}  // namespace
}  // namespace mrsn::experiments
