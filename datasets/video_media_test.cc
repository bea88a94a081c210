#include "datasets/video_media.h"

#include <filesystem>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "ops/base/file.h"

namespace mrsn::datasets {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::string Folder() {
  const std::string folder = ::testing::TempDir() + "video_media_test." +
                             ::testing::UnitTest::GetInstance()->current_test_info()->name();
  std::filesystem::remove_all(folder);
  EXPECT_TRUE(MakeFolders(folder).ok());
  return folder;
}

void Write(const std::string& path) { ASSERT_TRUE(WriteFileAtomically(path, "").ok()); }

TEST(FramePatternTest, NamesOfAllLayouts) {
  const struct {
    const char* pattern;
    int64_t first;
    const char* fifth;
  } cases[] = {{"{video}_%06d.jpg", 1, "f/v_000005.jpg"},
               {"img_%05d.jpg", 0, "f/img_00004.jpg"},
               {"image_%06d.jpg", 1, "f/image_000005.jpg"},
               {"%d.png", 1, "f/5.png"},
               {"%02d-of-{video}.webp", 98, "f/102-of-v.webp"}};
  for (const auto& c : cases) {
    const auto pattern = FramePattern::Parse(c.pattern);
    ASSERT_TRUE(pattern.ok()) << pattern.status();
    EXPECT_EQ(pattern->In("f", "v", c.first).PathOf(4), c.fifth);
  }
}

TEST(FramePatternTest, ErrorsSayWhatIsWrongAndAllowed) {
  for (const auto& [pattern, wrong] : {std::pair("frame.jpg", "has no number"),
                                       {"a/%06d.jpg", "has a slash"},
                                       {"%06d_%d.jpg", "something else than one number"},
                                       {"%s.jpg", "something else than one number"},
                                       {"%6d.jpg", "neither %d nor %0<digits>d"},
                                       {"%099d.jpg", "neither %d nor %0<digits>d"},
                                       {"img_%05d", "has no extension"}}) {
    EXPECT_THAT(std::string(FramePattern::Parse(pattern).status().message()),
                AllOf(HasSubstr(wrong), HasSubstr("allowed: a file name with one number")))
        << pattern;
  }
}

TEST(ListFolderTest, FindsHolesAndStrangers) {
  const std::string folder = Folder();
  const FrameFolder images = FramePattern::Parse("img_%05d.jpg")->In(folder, "v", 1);
  EXPECT_EQ(ListFolder(images)->frames, 0);
  for (int frame : {0, 1, 2, 5, 7}) Write(images.PathOf(frame));
  Write(folder + "/img_00000.jpg");
  Write(folder + "/img_0009.jpg");    // too few digits
  Write(folder + "/img_000010.jpg");  // too many
  Write(folder + "/.hidden");
  const auto listing = ListFolder(images);
  ASSERT_TRUE(listing.ok()) << listing.status();
  EXPECT_EQ(listing->frames, 8);
  ASSERT_EQ(listing->missing.size(), 2);
  EXPECT_EQ(listing->missing[0].first, 3);
  EXPECT_EQ(listing->missing[0].last, 4);
  EXPECT_EQ(listing->missing[1].first, 6);
  EXPECT_EQ(listing->missing[1].last, 6);
  EXPECT_EQ(CountFrames(listing->missing), 3);
  for (int frame = 0; frame < 10; ++frame) {
    EXPECT_EQ(HasFrame(listing->missing, frame), frame == 3 || frame == 4 || frame == 6) << frame;
  }
  EXPECT_EQ(listing->before_first, 1);
  EXPECT_EQ(listing->lowest, 0);
  EXPECT_EQ(listing->others, 3);
  EXPECT_EQ(listing->an_other, "img_000010.jpg") << "an image, though others come before by name";
  EXPECT_TRUE(listing->other_is_image);
  EXPECT_THAT(std::string(ListFolder({folder + "/none/", ".jpg"}).status().message()),
              HasSubstr(folder + "/none: "));
}

// A bisection that asks for single files finds 4 frames here.
TEST(ListFolderTest, AHoleIsNotTheEnd) {
  const FrameFolder images = {Folder() + "/", ".png"};
  for (int frame = 0; frame < 40; ++frame) {
    if (frame != 4 && frame != 7) Write(images.PathOf(frame));
  }
  const auto listing = ListFolder(images);
  EXPECT_EQ(listing->frames, 40);
  EXPECT_EQ(CountFrames(listing->missing), 2);
  EXPECT_TRUE(HasFrame(listing->missing, 4));
  EXPECT_TRUE(HasFrame(listing->missing, 7));
}

TEST(MediaAtTest, FilesAndFolders) {
  const std::string folder = Folder();
  Write(folder + "/a.avi");
  Write(folder + "/a.mkv");
  EXPECT_FALSE(MediaAt(folder + "/a.avi").images.has_value());
  EXPECT_EQ(FindVideoFile(folder + "/a"), folder + "/a.mkv");
  EXPECT_EQ(FindVideoFile(folder + "/b"), "");
  Write(folder + "/b.MP4");
  EXPECT_EQ(FindVideoFile(folder + "/b"), folder + "/b.MP4");
  Write(folder + "/v/v_000001.jpg");
  Write(folder + "/v/v_000002.jpg");
  EXPECT_EQ(MediaAt(folder + "/v").count, 2);
}

}  // namespace
}  // namespace mrsn::datasets
