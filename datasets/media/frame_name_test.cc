#include "datasets/media/frame_name.h"

#include "gtest/gtest.h"

namespace mrsn::datasets {
namespace {

TEST(CheckFrameName, Patterns) {
  for (const char* good : {"{video}_%06d.jpg", "img_%05d.jpg", "%d.png", "{video}-%04d.jpeg"}) {
    EXPECT_TRUE(CheckFrameName(good).ok()) << good;
  }
  for (const char* bad :
       {"", "img.jpg", "%s.jpg", "%06d_%06d.jpg", "a/%06d.jpg", "%06d.bmp", "%6d.jpg", "%n.jpg", "%06d%"}) {
    EXPECT_FALSE(CheckFrameName(bad).ok()) << bad;
  }
  EXPECT_EQ(FrameFileName("{video}_%06d.jpg", "clip", 12), "clip_000012.jpg");
  EXPECT_EQ(FrameFileName("img_%05d.jpg", "clip", 123456), "img_123456.jpg");
  EXPECT_EQ(FrameFileName("%d.png", "clip", 7), "7.png");
}

}  // namespace
}  // namespace mrsn::datasets
