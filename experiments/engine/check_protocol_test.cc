#include "experiments/engine/check_protocol.h"

#include "eval/protocol.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mrsn::experiments {
namespace {

using datasets::BoxUnit;
using ::testing::HasSubstr;

TEST(CheckProtocolTest, EachProtocolTakesTheUnitOfItsDataSetOnly) {
  for (const auto dataset : {eval::Dataset::kAva, eval::Dataset::kUcf24}) {
    const bool pixels = dataset == eval::Dataset::kUcf24;
    for (const eval::Protocol protocol : eval::ProtocolsOf(dataset)) {
      const std::string name = eval::ProtocolName(protocol);
      EXPECT_EQ(CheckProtocol(name, BoxUnit::kPixels).ok(), pixels) << name;
      EXPECT_EQ(CheckProtocol(name, BoxUnit::kFrame).ok(), !pixels) << name;
    }
  }
}

// AVA's boxes under YOWO's rule would be one pixel, that is one frame, wider.
TEST(CheckProtocolTest, TheErrorSaysWhatFits) {
  const absl::Status status = CheckProtocol("yowo", BoxUnit::kFrame);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("eval.protocol is yowo, which takes boxes in pixels; the data set's boxes are in "
                        "[0,1] of the frame; allowed: official_2019, official_2018"));
  EXPECT_THAT(std::string(CheckProtocol("official_2019", BoxUnit::kPixels).message()),
              HasSubstr("allowed: yowo, act, voc, voc11"));
}

}  // namespace
}  // namespace mrsn::experiments
