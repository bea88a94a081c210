#include "experiments/engine/check_protocol.h"

#include "eval/protocol.h"
#include "experiments/testing/fake_dataset.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mrsn::experiments {
namespace {

using datasets::BoxUnit;
using ::testing::HasSubstr;

// Second 902 of two videos.
FakeDataset KeyframesIn(BoxUnit unit) {
  FakeDataset dataset({{8, 8}, {8, 8}});
  if (unit == BoxUnit::kPixels) dataset.annotation_size = {320, 240};
  return dataset;
}

TEST(CheckProtocolTest, EachProtocolTakesTheUnitOfItsDataSetOnly) {
  for (const auto dataset : {eval::Dataset::kAva, eval::Dataset::kUcf24}) {
    const bool pixels = dataset == eval::Dataset::kUcf24;
    for (const eval::Protocol protocol : eval::ProtocolsOf(dataset)) {
      const std::string name = eval::ProtocolName(protocol);
      EXPECT_EQ(CheckProtocol(name, KeyframesIn(BoxUnit::kPixels)).ok(), pixels) << name;
      EXPECT_EQ(CheckProtocol(name, KeyframesIn(BoxUnit::kFrame)).ok(), !pixels) << name;
    }
  }
}

// AVA's boxes under YOWO's rule would be one pixel, that is one frame, wider.
TEST(CheckProtocolTest, TheErrorSaysWhatFits) {
  const absl::Status status = CheckProtocol("yowo", KeyframesIn(BoxUnit::kFrame));
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("eval.protocol is yowo, which takes boxes in pixels; the data set's boxes are in "
                        "[0,1] of the frame; allowed: official_2019, official_2018"));
  EXPECT_THAT(std::string(CheckProtocol("official_2019", KeyframesIn(BoxUnit::kPixels)).message()),
              HasSubstr("allowed: yowo, act, voc, voc11"));
}

// official_2019 would add the persons of second 902.5 to those of second 902.
TEST(CheckProtocolTest, FractionsOfASecondNeedAProtocolThatKeepsThem) {
  FakeDataset dataset = KeyframesIn(BoxUnit::kFrame);
  dataset.keyframes[1] = {"street", Timestamp::Nearest(902.5)};
  for (const eval::Protocol protocol : eval::ProtocolsOf(eval::Dataset::kAva)) {
    const absl::Status status = CheckProtocol(eval::ProtocolName(protocol), dataset);
    EXPECT_EQ(status.ok(), protocol == eval::Protocol::kOfficial2020) << status;
  }
  EXPECT_EQ(CheckProtocol("official_2019", dataset).message(),
            "eval.protocol is official_2019, which cuts fractions of a second off; the data set has the key "
            "frame street,902.5; allowed: official_2020");
}

}  // namespace
}  // namespace mrsn::experiments
