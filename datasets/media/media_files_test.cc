#include "datasets/media/media_files.h"

#include <filesystem>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "ops/base/file.h"

namespace mrsn::datasets {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string FreshFolder() {
  const std::string root = ::testing::TempDir() + "/media_files";
  std::filesystem::remove_all(root);
  return root;
}

void Touch(const std::string& path) { ASSERT_TRUE(WriteFileAtomically(path, "x").ok()); }

TEST(ListVideos, FilesAndFoldersOfImages) {
  const std::string root = FreshFolder();
  for (const char* path : {"/Diving/v_Diving_g01_c01.avi", "/b.MP4", "/notes.txt", "/clip/clip_000001.jpg",
                           "/.hidden.avi", "/b.MP4.flow_dis/b_000001.png", "/deep/er/x.webm"}) {
    Touch(root + path);
  }
  const auto found = ListVideos(root);
  ASSERT_TRUE(found.ok()) << found.status();
  ASSERT_EQ(found->size(), 4u);
  EXPECT_EQ((*found)[0].name, "Diving/v_Diving_g01_c01");
  EXPECT_EQ((*found)[0].path, root + "/Diving/v_Diving_g01_c01.avi");
  EXPECT_EQ((*found)[1].name, "b");
  EXPECT_EQ((*found)[2].name, "clip");
  EXPECT_TRUE((*found)[2].folder);
  EXPECT_EQ((*found)[3].name, "deep/er/x");
  EXPECT_FALSE((*found)[3].folder);
}

TEST(ListVideos, OneNameTwiceIsAnError) {
  const std::string root = FreshFolder();
  Touch(root + "/a.avi");
  Touch(root + "/a.mp4");
  EXPECT_THAT(std::string(ListVideos(root).status().message()), HasSubstr("a.mp4: has the same name as"));
  EXPECT_THAT(std::string(ListVideos(root + "/none").status().message()),
              HasSubstr("cannot list this folder"));
}

TEST(ListFrames, SortsByNumberAndKeepsTheRestApart) {
  const std::string folder = FreshFolder();
  for (const char* name : {"/v_000010.jpg", "/v_000002.jpg", "/v_000001.jpg", "/img_00001.jpg",
                           "/v_000003.png", "/readme.txt", "/thumbnail.jpg"}) {
    Touch(folder + name);
  }
  const auto listing = ListFrames(folder);
  ASSERT_TRUE(listing.ok()) << listing.status();
  EXPECT_EQ(listing->prefix, "v_");
  EXPECT_EQ(listing->extension, ".jpg");
  ASSERT_EQ(listing->frames.size(), 3u);
  EXPECT_EQ(listing->frames[0].number, 1);
  EXPECT_EQ(listing->frames[2].number, 10);
  EXPECT_EQ(listing->frames[2].name, "v_000010.jpg");
  EXPECT_THAT(listing->others, ElementsAre("img_00001.jpg", "readme.txt", "thumbnail.jpg", "v_000003.png"));
}

}  // namespace
}  // namespace mrsn::datasets
