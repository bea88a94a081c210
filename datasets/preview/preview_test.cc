#include <filesystem>

#include "datasets/check/check_dataset.h"
#include "datasets/check/small_root.h"
#include "datasets/media/numbered_video.h"
#include "datasets/preview/preview_page.h"
#include "datasets/preview/read_clips.h"
#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "opencv2/imgcodecs.hpp"

namespace mrsn::datasets {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

DatasetLayout Layout(const std::string& text, const std::string& root) {
  DatasetConfig config;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &config));
  const auto layout = LayoutOf(config, root);
  EXPECT_TRUE(layout.ok()) << layout.status();
  return *layout;
}

int NumberIn(const std::string& jpeg) {
  const std::vector<uchar> bytes(jpeg.begin(), jpeg.end());
  return NumberOf(cv::imdecode(bytes, cv::IMREAD_COLOR));
}

TEST(ReadPreview, FramesOfAva) {
  const std::string root = ::testing::TempDir() + "/preview_ava";
  MakeSmallAva(root);
  std::filesystem::remove(root + "/frames/vidB/vidB_000091.jpg");  // second 903
  const DatasetLayout layout = Layout(kSmallAvaConfig, root);
  const auto page = ReadPreview(layout, {});
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_EQ(page->split, "train");
  EXPECT_EQ(page->keyframes, 4);
  ASSERT_EQ(page->clips.size(), 4u);
  const PreviewClip& clip = page->clips[1];
  EXPECT_EQ(clip.video, "vidA");
  EXPECT_EQ(clip.keyframe, "second 903");
  EXPECT_EQ(NumberIn(clip.jpeg), 91);  // (903 - 900) * 30, numbered from 1
  EXPECT_EQ(clip.width, 128);
  ASSERT_EQ(clip.around.size(), 4u);
  EXPECT_EQ(clip.around[0].first, "-1 s");
  EXPECT_EQ(NumberIn(clip.around[0].second), 61);
  EXPECT_EQ(NumberIn(clip.around[2].second), 106);
  ASSERT_EQ(clip.annotated.size(), 2u);
  EXPECT_THAT(clip.annotated[1].labels, ElementsAre("sit"));
  ASSERT_EQ(clip.detected.size(), 2u);
  EXPECT_NEAR(clip.detected[0].score, 0.973, 1e-9);
  EXPECT_TRUE(page->clips[3].jpeg.empty());
  EXPECT_THAT(page->clips[3].fault, HasSubstr("not this one"));
}

// Films that begin at second 901, with 25 frames a second.
TEST(ReadPreview, FramesOfFilms) {
  const std::string root = ::testing::TempDir() + "/preview_films";
  MakeSmallAva(root);
  std::filesystem::remove_all(root + "/frames");
  std::filesystem::create_directories(root + "/videos");
  for (const char* video : {"vidA", "vidB"}) WriteNumberedVideo(root + "/videos/" + video + ".avi", 75, 25);
  DatasetLayout layout = Layout(kSmallAvaConfig, root);
  layout.video_first_second = 901;
  const auto page = ReadPreview(layout, {});
  ASSERT_TRUE(page.ok()) << page.status();
  ASSERT_EQ(page->clips.size(), 4u);
  EXPECT_EQ(page->clips[1].keyframe, "second 903");
  EXPECT_EQ(page->clips[1].fault, "");
  EXPECT_EQ(NumberIn(page->clips[1].jpeg), 50);
  EXPECT_EQ(page->clips[1].around[0].first, "-1 s");
  EXPECT_EQ(NumberIn(page->clips[1].around[0].second), 25);
}

TEST(ReadPreview, ChoosesByClassVideoAndSeed) {
  const std::string root = ::testing::TempDir() + "/preview_ucf24";
  MakeSmallUcf24(root);
  const DatasetLayout layout = Layout(kSmallUcf24Config, root);
  PreviewOptions options;
  options.clips = 2;
  auto page = ReadPreview(layout, options);
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_EQ(page->keyframes, 24);
  ASSERT_EQ(page->clips.size(), 2u);
  EXPECT_NE(page->clips[0].video, page->clips[1].video);  // one of each before a second of any
  const int frame = std::stoi(page->clips[0].keyframe.substr(6));
  EXPECT_EQ(NumberIn(page->clips[0].jpeg), frame - 1);
  EXPECT_NEAR(page->clips[0].annotated[0].box.x1, 60 / 320.0, 1e-6);
  EXPECT_NEAR(page->clips[0].annotated[0].box.y2, 200 / 240.0, 1e-6);
  EXPECT_EQ(ReadPreview(layout, options)->clips[1].keyframe, page->clips[1].keyframe);

  options.video = "g02";
  options.class_name = "Diving";
  page = ReadPreview(layout, options);
  ASSERT_TRUE(page.ok());
  EXPECT_EQ(page->keyframes, 12);
  options.class_name = "5";
  EXPECT_EQ(ReadPreview(layout, options)->keyframes, 12);
  options.class_name = "Surfing";
  EXPECT_THAT(std::string(ReadPreview(layout, options).status().message()),
              HasSubstr("none of 24 key frames fits"));
}

TEST(PreviewHtml, EscapesAndLoadsNothing) {
  PreviewPage page;
  page.root = "/data/<b>";
  page.split = "val";
  page.keyframes = 7;
  page.has_boxes = true;
  PreviewClip clip;
  clip.video = "a\"><script>alert(1)</script>";
  clip.keyframe = "second 902";
  clip.jpeg = "bytes";
  clip.annotated = {{{0.25f, 0.5f, 0.75f, 1.5f}, {"talk to (e.g., self, 'a')", "<img src=x>"}, 1}};
  clip.detected = {{{0, 0, 0.5f, 0.5f}, {}, 0.5}};
  page.clips.push_back(clip);
  clip.jpeg.clear();
  clip.fault = "a<b.mp4: breaks off";
  page.clips.push_back(clip);
  const std::string html = PreviewHtml(page);
  EXPECT_THAT(html, HasSubstr("a&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;"));
  EXPECT_THAT(html, Not(HasSubstr("<script>alert")));
  EXPECT_THAT(html, Not(HasSubstr("<img src=x>")));
  EXPECT_THAT(html, HasSubstr("a&lt;b.mp4: breaks off"));
  EXPECT_THAT(html, HasSubstr("/data/&lt;b&gt;"));
  EXPECT_THAT(html, HasSubstr("data:image/jpeg;base64,Ynl0ZXM="));
  // Cut at the lower border.
  EXPECT_THAT(html, HasSubstr("style=\"left:25.00%;top:50.00%;width:50.00%;height:50.00%\""));
  EXPECT_THAT(html, HasSubstr("data-score=\"0.5000\""));
  EXPECT_THAT(html, HasSubstr("default-src 'none'"));
  EXPECT_THAT(html, HasSubstr("prefers-color-scheme: dark"));
  for (const char* outside : {"http://", "https://", "//cdn", "@import", "url("}) {
    EXPECT_THAT(html, Not(HasSubstr(outside)));
  }
}

}  // namespace
}  // namespace mrsn::datasets
