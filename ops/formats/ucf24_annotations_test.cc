// Annotations of UCF101-24 as pickles, split lists; the test writes every file itself.
#include <algorithm>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "ops/base/file.h"
#include "ops/formats/pickle/pickle_writer.h"
#include "ops/formats/ucf24_files.h"
#include "ops/test_data/test_data.h"

namespace mrsn::formats {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

std::string Write(const std::string& name, const std::string& contents) {
  const std::string path = ::testing::TempDir() + "/ucf24_annotations_test/" + name;
  EXPECT_TRUE(WriteFileAtomically(path, contents).ok());
  return path;
}

// "video,frame,class,tube: x1 y1 x2 y2" of each row, sorted.
std::vector<std::string> Rows(const CsvContents& contents) {
  std::vector<std::string> rows;
  for (const RowBlock& block : contents.blocks) {
    for (const Row& row : block.rows) {
      const KeyframeTable::Entry& entry = block.keyframes.keyframes()[row.keyframe];
      rows.push_back(absl::StrCat(block.keyframes.videos()[entry.video], ",", entry.timestamp.Text(), ",",
                                  row.class_id, ",", row.person_id, ": ", row.box.x1, " ", row.box.y1, " ",
                                  row.box.x2, " ", row.box.y2));
    }
  }
  std::sort(rows.begin(), rows.end());
  return rows;
}

CsvOptions Strict() {
  CsvOptions options;
  options.strict = true;
  options.allow_tubes = true;
  return options;
}

// Two tubes of one video in frames 4..5 and 5: the first reaches beyond 255 in uint8.
std::string Pyannot(int64_t end = 5) {
  PickleWriter out(3);
  out.Dict([&] {
    out.Scalar("U23", Raw<uint32_t>([] {
                 std::vector<uint32_t> text(23);
                 const std::string name = "Biking/v_Biking_g01_c01";
                 std::copy(name.begin(), name.end(), text.begin());
                 return text;
               }()));
    out.Dict([&] {
      out.Text("numf"), out.Scalar("u1", "\x28");
      out.Text("label"), out.Int(3);
      out.Text("annotations"), out.List([&] {
        out.Dict([&] {
          out.Text("label"), out.Int(2);
          out.Text("sf"), out.Int(3);
          out.Text("ef"), out.Int(end);
          out.Text("boxes"), out.Array("u1", {4, 2}, Raw<uint8_t>({200, 100, 120, 50, 201, 101, 119, 49}));
        });
        out.Dict([&] {
          out.Text("label"), out.Int(2);
          out.Text("sf"), out.Int(4);
          out.Text("ef"), out.Int(5);
          out.Text("boxes"), out.Array("u2", {1, 4}, Raw<uint16_t>({300, 1, 20, 2}));
        });
      });
    });
  });
  std::string pickle = out.Finish();
  // The writer's shape above is {4,2} so that the test below can break it; here it is {2,4}.
  const std::string wrong("(K\x04K\x02t"), right("(K\x02K\x04t");
  pickle.replace(pickle.find(wrong), wrong.size(), right);
  return pickle;
}

std::string GroundTruth() {
  PickleWriter out(2, "numpy._core");
  const auto videos = [&] { out.List([&] { out.List([&] { out.Text("Biking/v_Biking_g01_c01"); }); }); };
  out.Dict([&] {
    out.Text("labels"), out.List([&] { out.Text("Basketball"), out.Text("Biking"); });
    out.Text("gttubes"), out.Dict([&] {
      out.Text("Biking/v_Biking_g01_c01"), out.Dict([&] {
        out.Int(1), out.List([&] {
          out.Array("f4", {2, 5}, Raw<float>({4, 200, 100, 320, 150, 5, 201, 101, 320, 150}));
          out.Array("f4", {1, 5}, Raw<float>({5, 300, 1, 320, 3}));
        });
      });
    });
    out.Text("train_videos"), videos();
    out.Text("test_videos"), out.List([&] { out.List([] {}); });
  });
  return out.Finish();
}

constexpr char kCsv[] =
    "Biking/v_Biking_g01_c01,4,2,200,100,320,150,0\nBiking/v_Biking_g01_c01,5,2,201,101,320,150,0\n"
    "Biking/v_Biking_g01_c01,5,2,300,1,320,3,1\n";

TEST(Ucf24AnnotationsTest, ThePicklesAndTheCsvGiveEqualBoxes) {
  const auto csv = ReadUcf24Annotations(Write("a.csv", kCsv), Strict());
  ASSERT_TRUE(csv.ok()) << csv.status();
  const std::vector<std::string> expected = Rows(csv->contents);
  EXPECT_THAT(expected, ElementsAre("Biking/v_Biking_g01_c01,4,2,0: 200 100 320 150",
                                    "Biking/v_Biking_g01_c01,5,2,0: 201 101 320 150",
                                    "Biking/v_Biking_g01_c01,5,2,1: 300 1 320 3"));
  const auto pyannot = ReadUcf24Annotations(Write("b", Pyannot()), Strict());
  ASSERT_TRUE(pyannot.ok()) << pyannot.status();
  EXPECT_EQ(pyannot->layout, "pyannot.pkl");
  EXPECT_EQ(Rows(pyannot->contents), expected);
  EXPECT_TRUE(pyannot->contents.has_tubes);
  const auto truth = ReadUcf24Annotations(Write("c", GroundTruth()), Strict());
  ASSERT_TRUE(truth.ok()) << truth.status();
  EXPECT_EQ(truth->layout, "UCF101v2-GT.pkl");
  // "labels" of this file has two names only: its class 1 is Biking, UCF101-24's class 2.
  EXPECT_EQ(Rows(truth->contents), expected);
  EXPECT_THAT(truth->train_videos, ElementsAre(ElementsAre("Biking/v_Biking_g01_c01")));
  EXPECT_THAT(truth->test_videos, ElementsAre(IsEmpty()));
  // The entrance of data sets and evaluation reads them, too.
  EXPECT_EQ(Rows(*ReadUcf24(Write("b", Pyannot()), RowKind::kGroundTruth, Strict())), expected);
}

// A data set of one's own has some of the classes, or in another order.
TEST(Ucf24AnnotationsTest, ClassesByName) {
  const auto class_of = [](const std::string& pickle, const std::vector<ActionClass>& classes) {
    CsvOptions options = Strict();
    options.named_classes = &classes;
    const auto read = ReadUcf24Annotations(Write("named", pickle), options);
    EXPECT_TRUE(read.ok()) << read.status();
    return read->contents.blocks[0].rows[0].class_id;
  };
  EXPECT_EQ(class_of(GroundTruth(), {{0, "Surfing", ""}, {7, "Biking", ""}}), 7);
  EXPECT_EQ(class_of(Pyannot(), {{0, "Surfing", ""}, {7, "Biking", ""}}), 7);
  EXPECT_EQ(class_of(GroundTruth(), {{0, "Surfing", ""}}), kNoClass);
  EXPECT_EQ(class_of(Pyannot(), {{0, "Surfing", ""}}), kNoClass);
  // Another data set in the layout of UCF101v2-GT.pkl: its number 1 is not UCF101-24's.
  std::string other = GroundTruth();
  other.replace(other.find("Biking", other.find("Basketball")), 6, "Golfin");
  const auto read = ReadUcf24Annotations(Write("other", other));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->contents.blocks[0].rows[0].class_id, kNoClass);
}

// "resolution" of ACT's and MOC's pickles says which frames the boxes refer to: height first.
TEST(Ucf24AnnotationsTest, SizesOfFrames) {
  PickleWriter out(2);
  out.Dict([&] {
    out.Text("labels"), out.List([&] { out.Text("Biking"); });
    out.Text("gttubes"), out.Dict([&] {
      out.Text("v"), out.Dict([&] {
        out.Int(0), out.List([&] { out.Array("f4", {1, 5}, Raw<float>({1, 0, 0, 900, 600})); });
      });
    });
    out.Text("resolution"), out.Dict([&] {
      out.Text("u"), out.Tuple([&] { out.Int(240), out.Int(320); });
      out.Text("v"), out.Tuple([&] { out.Int(720), out.Int(1280); });
      out.Text("w"), out.Text("unknown");
    });
  });
  const auto read = ReadUcf24Annotations(Write("sizes.pkl", out.Finish()), Strict());
  ASSERT_TRUE(read.ok()) << read.status();
  ASSERT_EQ(read->frame_sizes.size(), 2u);
  EXPECT_EQ(read->frame_sizes.at("v"), std::make_pair(1280, 720));
  EXPECT_EQ(ExpectFrameSize("gt.pkl", *read, 320, 240).message(),
            "gt.pkl: the boxes of 1 of 2 videos are in pixels of 1280x720 (first 'v'), expected 320x240: "
            "annotation_width and annotation_height of the data set");
  EXPECT_THAT(std::string(ExpectFrameSize("gt.pkl", *read, 1280, 720).message()), HasSubstr("of 320x240"));
  EXPECT_TRUE(ExpectFrameSize("a.csv", {}, 320, 240).ok()) << "a file that does not say";
}

TEST(Ucf24AnnotationsTest, OddFilesAreErrors) {
  const auto error = [](const std::string& bytes) {
    return std::string(ReadUcf24Annotations(Write("odd", bytes), Strict()).status().message());
  };
  EXPECT_THAT(error(Pyannot(6)),
              HasSubstr("'Biking/v_Biking_g01_c01' tube 0: 2 boxes: expected ef - sf = 3"));
  EXPECT_THAT(error("<html>"),
              HasSubstr("odd: is a web page (HTML), not annotations of UCF101-24: download it again"));
  EXPECT_THAT(error("\x89PNG\r\n\x1a\nIEND"), HasSubstr("odd: is a PNG image, not annotations"));
  PickleWriter boxes;
  boxes.Dict([&] { boxes.Text("v,0902"), boxes.Array("f4", {1, 4}, Raw<float>({0, 0, 1, 1})); });
  EXPECT_THAT(error(boxes.Finish()), HasSubstr("a pickle of a dict of arrays, not annotations of UCF101-24"));
  PickleWriter narrow;
  narrow.Dict([&] {
    narrow.Text("gttubes"), narrow.Dict([&] {
      narrow.Text("v"), narrow.Dict([&] {
        narrow.Int(0), narrow.List([&] { narrow.Array("f4", {1, 4}, Raw<float>({5, 0, 0, 1})); });
      });
    });
  });
  EXPECT_THAT(error(narrow.Finish()), HasSubstr("gttubes, 'v' tube 0: expected an array [N,5]"));
}

TEST(SplitListTest, ListsOfUcf101) {
  const std::vector<std::string> classes = {"Basketball", "Biking"};
  const auto list = ReadSplitList(Write("trainlist01.txt",
                                        "ApplyEyeMakeup/v_ApplyEyeMakeup_g08_c01.avi 1\r\n"
                                        "Basketball/v_Basketball_g08_c01.avi 8\r\n\r\n"
                                        "ApplyEyeMakeup/v_ApplyEyeMakeup_g08_c02.avi 1\r\n"
                                        "Biking/v_Biking_g08_c01.avi 11"),
                                  classes);
  ASSERT_TRUE(list.ok()) << list.status();
  EXPECT_THAT(list->videos, ElementsAre("Basketball/v_Basketball_g08_c01", "Biking/v_Biking_g08_c01"));
  EXPECT_EQ(list->left_out.size(), 2u);
  EXPECT_THAT(list->left_out_classes, ElementsAre("ApplyEyeMakeup"));
}

TEST(SplitListTest, OtherWaysToNameAVideo) {
  for (const char* line :
       {"Biking/v_Biking_g08_c01", "v_Biking_g08_c01", "v_Biking_g08_c01.avi", "Biking/v_Biking_g08_c01.mp4",
        "labels/Biking/v_Biking_g08_c01/00012.txt\nlabels/Biking/v_Biking_g08_c01/00013.txt",
        "./Biking/v_Biking_g08_c01.webm 3", "Biking/v_Biking_g08_c01.AVI 3",
        "\"Biking/v_Biking_g08_c01.avi\" 3", "Biking\\v_Biking_g08_c01.avi 3",
        "UCF-101/Biking/v_Biking_g08_c01.avi 3", "/data/ucf/Biking/v_Biking_g08_c01.avi",
        "# trainlist01\nBiking/v_Biking_g08_c01.avi,11"}) {
    const auto list = ReadSplitList(Write("list.txt", line), {"Biking"});
    ASSERT_TRUE(list.ok()) << list.status();
    EXPECT_THAT(list->videos, ElementsAre("Biking/v_Biking_g08_c01")) << line;
  }
  // One's own videos, without classes.
  EXPECT_THAT(ReadSplitList(Write("list.txt", "one\ntwo.mp4\n"))->videos, ElementsAre("one", "two"));
}

// The entrance of data sets and evaluation: UCF101's own list gives the videos of the 24 classes.
TEST(SplitListTest, TheVideosOfADataSet) {
  const auto videos = [](const std::string& text) { return *ReadVideoList(Write("list.txt", text)); };
  EXPECT_THAT(
      videos("ApplyEyeMakeup/v_ApplyEyeMakeup_g08_c01.avi 1\nBasketball/v_Basketball_g08_c01.avi 8\n"),
      ElementsAre("Basketball/v_Basketball_g08_c01"));
  // One's own classes: nothing is known of them.
  EXPECT_THAT(videos("A/v_A\nB/v_B.avi\n"), UnorderedElementsAre("A/v_A", "B/v_B"));
}

TEST(SplitListTest, OddListsAreErrors) {
  const auto error = [](const std::string& text) {
    return std::string(ReadSplitList(Write("list.txt", text), {"Biking"}).status().message());
  };
  EXPECT_THAT(error("\n"), HasSubstr("list.txt: lists no video"));
  EXPECT_THAT(
      error("Archery/v_Archery_g01_c01.avi 3\n"),
      HasSubstr("lists no video of the data set's classes; 1 are of others, as Archery/v_Archery_g01_c01"));
  EXPECT_THAT(error("Biking/../../x\n"), HasSubstr("list.txt:1: 'Biking/../../x', expected Class/v_Class"));
  EXPECT_THAT(error("/data/one.avi\n"), HasSubstr("list.txt:1: '/data/one.avi', expected Class/v_Class"));
  EXPECT_THAT(error("[\"Biking/v_Biking_g08_c01\"]"), HasSubstr("is a JSON file, not a list of videos"));
  EXPECT_THAT(error("<html></html>"), HasSubstr("is a web page (HTML), not a list of videos"));
}

TEST(Ucf24AnnotationsTest, RealFilesHoldTheSameBoxes) {
  MRSN_SKIP_WITHOUT_TEST_DATA();
  const auto mat = ReadUcf24Annotations(TestData("ucf101-24/finalAnnots.mat"), Strict());
  ASSERT_TRUE(mat.ok()) << mat.status();
  const auto pickle = ReadUcf24Annotations(TestData("ucf101-24/pyannot.pkl"), Strict());
  ASSERT_TRUE(pickle.ok()) << pickle.status();
  EXPECT_EQ(mat->contents.num_rows, 573'862);
  EXPECT_EQ(pickle->contents.num_rows, 573'862);
  EXPECT_EQ(pickle->contents.blocks[0].keyframes.videos().size(), 3194u);
  EXPECT_TRUE(Rows(mat->contents) == Rows(pickle->contents));
}

}  // namespace
}  // namespace mrsn::formats
