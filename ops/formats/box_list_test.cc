// The layouts of box lists; the test writes every file itself.
#include "ops/formats/box_list.h"

#include <algorithm>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "ops/base/file.h"
#include "ops/formats/pickle/pickle_writer.h"
#include "ops/test_data/test_data.h"

namespace mrsn::formats {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string Write(const std::string& name, const std::string& contents) {
  const std::string path = ::testing::TempDir() + "/box_list_test/" + name;
  EXPECT_TRUE(WriteFileAtomically(path, contents).ok());
  return path;
}

// "video,time x1 y1 x2 y2 score label" of each row.
std::vector<std::string> Rows(const CsvContents& contents) {
  std::vector<std::string> rows;
  for (const RowBlock& block : contents.blocks) {
    for (const Row& row : block.rows) {
      const KeyframeTable::Entry& entry = block.keyframes.keyframes()[row.keyframe];
      rows.push_back(absl::StrCat(block.keyframes.videos()[entry.video], ",", entry.timestamp.Text(), " ",
                                  row.box.x1, " ", row.box.y1, " ", row.box.x2, " ", row.box.y2, " ",
                                  row.score, " ", row.class_id));
    }
  }
  return rows;
}

BoxListOptions Seconds() {
  BoxListOptions options;
  options.csv.strict = true;
  return options;
}

BoxListOptions Frames() {
  BoxListOptions options = Seconds();
  options.csv.timestamps = Timestamps::kFrames;
  options.frame_width = 320;
  options.frame_height = 240;
  return options;
}

BoxList Read(const std::string& bytes, const BoxListOptions& options) {
  const auto list = ParseBoxList(bytes, "b", options);
  EXPECT_TRUE(list.ok()) << list.status();
  return list.ok() ? *list : BoxList();
}

std::string Error(const std::string& bytes, const BoxListOptions& options) {
  return std::string(ParseBoxList(bytes, "b", options).status().message());
}

std::vector<std::string> Warnings(const BoxList& list) {
  std::vector<std::string> texts;
  for (const Warning& warning : list.contents.warnings) texts.push_back(ToString(warning));
  return texts;
}

TEST(BoxListTest, PySlowFastsColumns) {
  // Labels as in files for training: a row for each, -1 for a box that is nobody.
  const BoxList list = Read(
      "v,0902,0.1,0.2,0.3,0.4,12,0.9\nv,0902,0.1,0.2,0.3,0.4,17,0.9\nv,902,0.5,0.2,0.75,1.01,-1,0.5\n"
      "w,1798,0,0,1,1,,1\n",
      Seconds());
  EXPECT_THAT(Rows(list.contents), ElementsAre("v,902 0.1 0.2 0.3 0.4 0.9 12", "v,902 0.1 0.2 0.3 0.4 0.9 17",
                                               "v,902 0.5 0.2 0.75 1.01 0.5 0", "w,1798 0 0 1 1 1 0"));
  EXPECT_FALSE(list.in_pixels);
  EXPECT_THAT(Warnings(list), IsEmpty());
}

TEST(BoxListTest, SevenAndSixColumns) {
  // Six columns: neither label nor score.
  const BoxList six = Read("v,0902,0.1,0.2,0.3,0.4\nv,0903,0,0,0.5,1\n", Seconds());
  EXPECT_THAT(Rows(six.contents), ElementsAre("v,902 0.1 0.2 0.3 0.4 1 0", "v,903 0 0 0.5 1 1 0"));
  EXPECT_THAT(Warnings(six), ElementsAre(HasSubstr("without a score column, score 1.0 is taken (2 times)")));
  // Whole numbers in column 7 are labels, others scores.
  EXPECT_THAT(Rows(Read("v,0902,0.1,0.2,0.3,0.4,12\n", Seconds()).contents),
              ElementsAre("v,902 0.1 0.2 0.3 0.4 1 12"));
  EXPECT_THAT(Rows(Read("v,0902,0,0,1,1,1\nv,0902,0.1,0.2,0.3,0.4,0.75\n", Seconds()).contents),
              ElementsAre("v,902 0 0 1 1 1 0", "v,902 0.1 0.2 0.3 0.4 0.75 0"));
}

TEST(BoxListTest, OddRowsOfCsvNameLineAndValue) {
  EXPECT_THAT(Error("v,0902,0,0,1,1,12,3\n", Seconds()), HasSubstr("b:1: '3': score outside 0..1"));
  EXPECT_THAT(Error("v,0902,0.5,0,0.4,1,,0.5\n", Seconds()), HasSubstr("x1 >= x2"));
  EXPECT_THAT(Error("v,0901,0,0,1,1,,0.5\n", Seconds()), HasSubstr("outside 902..1798"));
  EXPECT_THAT(Error("v,0902,0,0\n", Seconds()),
              HasSubstr("b:1: 4 columns, expected 6, 7 or 8: 'v,0902,0,0'"));
  EXPECT_EQ(
      Error("v,0902,10,20,100,200,,0.5\n", Seconds()),
      "b: boxes in pixels (the largest coordinate is 200), expected boxes within [0,1]: the size of their "
      "frames is not known");
}

// What a file is, where it is no box list.
TEST(BoxListTest, OtherFilesSayWhatTheyAre) {
  EXPECT_EQ(Error("", Seconds()), "b: is empty (0 bytes), not a box list");
  EXPECT_EQ(Error("<!DOCTYPE html><html></html>", Seconds()),
            "b: is a web page (HTML), not a box list: download it again");
  EXPECT_EQ(Error("\x89PNG\r\n\x1a\n....IEND", Seconds()), "b: is a PNG image, not a box list");
  PickleWriter weights;
  weights.Dict([&] { weights.Text("blobs"), weights.Dict([] {}); });
  EXPECT_THAT(Error(weights.Finish(), Seconds()),
              HasSubstr("b: a pickle of a dict with Caffe2 weights, not a box list"));
  EXPECT_THAT(Error("cos\nsystem\n(S'true'\ntR.", Seconds()), HasSubstr("b:1: 1 columns"));
  EXPECT_THAT(Error("\x80\x02"
                    "cos\nsystem\n(U\x04truetR.",
                    Seconds()),
              HasSubstr("names 'os.system'"));
}

TEST(BoxListTest, Mmaction2) {
  for (const int protocol : {2, 4}) {
    PickleWriter out(protocol, protocol == 2 ? "numpy.core" : "numpy._core");
    out.Dict([&] {
      out.Text("vidA,0902");
      out.Array("f8", {2, 5}, Raw<double>({0.25, 0.5, 0.75, 1, 0.9375, 0, 0, 1, 1, 0.5}));
      out.Text("vidA,0903");
      out.Array("f4", {0, 5}, "");
      out.Text("a,b,0904");  // a video's name may have commas
      out.Array("f4", {1, 4}, Raw<float>({0.25, 0.5, 0.75, 1}));
    });
    const BoxList list = Read(out.Finish(), Seconds());
    EXPECT_EQ(list.layout, "mmaction2 pickle");
    EXPECT_THAT(Rows(list.contents), ElementsAre("vidA,902 0.25 0.5 0.75 1 0.9375 0",
                                                 "vidA,902 0 0 1 1 0.5 0", "a,b,904 0.25 0.5 0.75 1 1 0"));
    // A key frame without boxes is one all the same.
    EXPECT_EQ(list.contents.blocks[0].keyframes.size(), 3);
    EXPECT_THAT(Warnings(list), ElementsAre(HasSubstr("'a,b,0904' row 0: detection without a score")));
  }
}

TEST(BoxListTest, OddPickles) {
  const auto one = [](const std::string& key, const std::string& type, const std::vector<int64_t>& shape,
                      const std::string& raw) {
    PickleWriter out;
    out.Dict([&] { out.Text(key), out.Array(type, shape, raw); });
    return Error(out.Finish(), Seconds());
  };
  EXPECT_THAT(one("vidA", "f4", {1, 4}, Raw<float>({0, 0, 1, 1})), HasSubstr("expected \"video,0902\""));
  EXPECT_THAT(one("v,0902", "f4", {4}, Raw<float>({0, 0, 1, 1})),
              HasSubstr("'v,0902': a numpy array of float32 [4]"));
  EXPECT_THAT(one("v,0902", "f4", {1, 6}, Raw<float>({0, 0, 1, 1, 1, 1})),
              HasSubstr("float32 [1,6], expected"));
  EXPECT_THAT(one("v,0902", "f4", {1, 4}, Raw<float>({1, 0, 0, 1})),
              HasSubstr("'v,0902' row 0: box 1,0,0,1: detection box"));
  EXPECT_THAT(one("v,0902", "f4", {1, 5}, Raw<float>({0, 0, 1, 1, 7})), HasSubstr("score outside 0..1"));
  EXPECT_THAT(one("v,0902", "f4", {1, 4}, Raw<uint32_t>({0, 0, 0x7fc00000, 0})), HasSubstr("not finite"));
  EXPECT_THAT(one("v,0001", "f4", {1, 4}, Raw<float>({0, 0, 1, 1})), HasSubstr("outside 902..1798"));
}

TEST(BoxListTest, AcarNet) {
  PickleWriter out(4);
  out.Tuple([&] {
    out.List([&] {
      for (const char* time : {"0902", "0903"}) {
        out.Dict([&] {
          out.Text("video"), out.Text("vidA");
          out.Text("format_str"), out.Text("image_%06d.jpg");
          out.Text("start_frame"), out.Int(29);
          out.Text("n_frames"), out.Int(64);
          out.Text("time"), out.Text(time);
          out.Text("labels"), out.List([&] {
            out.Dict([&] {
              out.Text("bounding_box"),
                  out.List([&] { out.Float(0.25), out.Float(0.5), out.Float(0.75), out.Float(1); });
              out.Text("label"), out.List([&] { out.Int(0), out.Int(1); });
              out.Text("person_idx"), out.Int(3);
            });
          });
        });
      }
    });
    out.List([&] {
      for (const int id : {12, 80})
        out.Dict([&] { out.Text("id"), out.Int(id), out.Text("name"), out.Text("x"); });
    });
  });
  BoxList list = Read(out.Finish(), Seconds());
  EXPECT_EQ(list.layout, "ACAR-Net pickle");
  EXPECT_THAT(Rows(list.contents),
              ElementsAre("vidA,902 0.25 0.5 0.75 1 1 12", "vidA,902 0.25 0.5 0.75 1 1 80",
                          "vidA,903 0.25 0.5 0.75 1 1 12", "vidA,903 0.25 0.5 0.75 1 1 80"));
  EXPECT_EQ(MergeEqualBoxes(&list.contents), 2);
  EXPECT_THAT(Rows(list.contents),
              ElementsAre("vidA,902 0.25 0.5 0.75 1 1 0", "vidA,903 0.25 0.5 0.75 1 1 0"));
}

constexpr char kImages[] =
    R"({"categories": [{"id": 1, "name": "person"}],
        "annotations": [{"id": 1, "image_id": 20902, "bbox": [10, 20, 30.0, 40], "action_ids": [12, 80], "iscrowd": 0}],
        "images": [{"id": 20902, "movie": "1j20qq1JyX4", "timestamp": 902, "width": 100, "height": 200},
                   {"id": 20903, "movie": "1j20qq1JyX4", "timestamp": 903, "width": 100, "height": 200}]})";

TEST(BoxListTest, AlphAction) {
  BoxListOptions options = Seconds();
  // The ground truth's file by itself: pixels, left, top, width, height.
  EXPECT_THAT(Rows(Read(kImages, options).contents),
              ElementsAre("1j20qq1JyX4,902 0.1 0.1 0.4 0.3 1 12", "1j20qq1JyX4,902 0.1 0.1 0.4 0.3 1 80"));

  const std::string detections =
      R"([{"image_id": 20903, "bbox": [0, 0, 50, 100], "score": 0.5, "category_id": 1},
          {"image_id": 20902, "bbox": [10, 20, 30, 40], "score": 0.75, "category_id": 1, "keypoints": [{"id": 7}]}])";
  EXPECT_THAT(Error(detections, options),
              HasSubstr("b: [0]: image_id 20903 is a number, whose video and time stand in"));
  options.images = Write("images.json", kImages);
  EXPECT_THAT(Rows(Read(detections, options).contents),
              ElementsAre("1j20qq1JyX4,903 0 0 0.5 0.5 0.5 1", "1j20qq1JyX4,902 0.1 0.1 0.4 0.3 0.75 1"));

  const BoxList some = Read(R"([{"image_id": 20903, "bbox": [0, 0, 50, 100], "score": 1},
                                {"image_id": 7, "bbox": [0, 0, 50, 100], "score": 1}])",
                            options);
  EXPECT_THAT(Warnings(some),
              ElementsAre(HasSubstr("[1], image_id 7: box of a picture that the list of images lacks")));
  EXPECT_THAT(Error(R"([{"image_id": 7, "bbox": [0, 0, 50, 100], "score": 1}])", options),
              HasSubstr("none of its 1 boxes belongs to a picture"));
}

TEST(BoxListTest, HitsBoxesOfUcf101) {
  // The CSV of YOWO's boxes, with its header; pixels of 320 x 240, the second column is a frame.
  const BoxList csv = Read(
      "video_name,timestamp,x1,y1,x2,y2,class_id,score\nv_Biking_g01_c01,7,32,24,160,120,3,0.5\n", Frames());
  EXPECT_THAT(Rows(csv.contents), ElementsAre("v_Biking_g01_c01,7 0.1 0.1 0.5 0.5 0.5 3"));
  EXPECT_TRUE(csv.in_pixels);
  // JSON whose pictures are named by path, in another file.
  BoxListOptions options = Frames();
  options.images =
      Write("ucf.json", R"({"images": [{"id": "a", "file_name": "Biking/v_Biking_g01_c01/00007.jpg"}]})");
  const BoxList json = Read(R"([{"image_id": "a", "bbox": [32, 24, 128, 96], "score": 0.5}])", options);
  EXPECT_THAT(Rows(json.contents), ElementsAre("Biking/v_Biking_g01_c01,7 0.1 0.1 0.5 0.5 0.5 0"));
}

TEST(BoxListTest, OurDetectionsOfUcf101AndYowosFolder) {
  const BoxList csv = Read("Biking/v_Biking_g01_c01,7,3,0.5,32,24,160,120\n", Frames());
  EXPECT_THAT(Rows(csv.contents), ElementsAre("Biking/v_Biking_g01_c01,7 0.1 0.1 0.5 0.5 0.5 3"));
  const std::string file = Write("detections/Biking_v_Biking_g01_c01_00007.txt", "3 0.5 32 24 160 120\n");
  const auto folder = ReadBoxList(std::filesystem::path(file).parent_path(), Frames());
  ASSERT_TRUE(folder.ok()) << folder.status();
  EXPECT_THAT(Rows(folder->contents), ElementsAre("Biking/v_Biking_g01_c01,7 0.1 0.1 0.5 0.5 0.5 2"));
}

TEST(BoxListTest, OddJson) {
  EXPECT_THAT(Error("[{\"image_id\": \"v,0902\", \"bbox\": [0, 0, 1", Seconds()),
              HasSubstr("not JSON, or it ends early"));
  EXPECT_THAT(Error("{}", Seconds()), HasSubstr("JSON without boxes"));
  EXPECT_THAT(Error(std::string(100, '[') + std::string(100, ']'), Seconds()),
              HasSubstr("nested more than 64 deep"));
  BoxListOptions options = Seconds();
  options.frame_width = options.frame_height = 100;
  EXPECT_THAT(Error(R"([{"image_id": "v,0902", "bbox": [0, 0, 1], "score": 1}])", options),
              HasSubstr("\"bbox\" has 3 numbers, expected 4"));
  EXPECT_THAT(Error(R"([{"image_id": "v,0902", "bbox": [0, 0, 1, 1], "score": 1}])", Seconds()),
              HasSubstr("width and height the file does not say"));
}

// A detector of all kinds of objects: its boxes are not persons only.
TEST(BoxListTest, BoxesOfSeveralCategories) {
  BoxListOptions options = Seconds();
  options.frame_width = options.frame_height = 100;
  const std::string person =
      R"({"image_id": "v,0902", "bbox": [0, 0, 10, 10], "score": 1, "category_id": 1})";
  const std::string dog = R"({"image_id": "v,0902", "bbox": [5, 5, 10, 10], "score": 1, "category_id": 18})";
  const auto mixed = ParseBoxList(absl::StrCat("[", person, ", ", dog, ", ", dog, "]"), "f", options);
  ASSERT_TRUE(mixed.ok()) << mixed.status();
  EXPECT_EQ(mixed->contents.num_rows, 3);
  ASSERT_EQ(mixed->contents.warnings.size(), 1);
  EXPECT_EQ(mixed->contents.warnings[0].count, 2);
  EXPECT_THAT(mixed->contents.warnings[0].what, HasSubstr("of another \"category_id\" than the first"));
  const auto dogs = ParseBoxList(absl::StrCat("[", dog, ", ", dog, "]"), "f", options);
  EXPECT_TRUE(dogs->contents.warnings.empty()) << "some detectors number persons otherwise";
}

TEST(BoxListTest, EqualBoxesAreOneWithTheHighestScore) {
  BoxList list = Read("v,0902,0,0,1,1,12,0.5\nv,0903,0,0,1,1,12,0.5\nv,0902,0,0,1,1,17,0.75\n", Seconds());
  EXPECT_EQ(MergeEqualBoxes(&list.contents), 1);
  EXPECT_THAT(Rows(list.contents), ElementsAre("v,902 0 0 1 1 0.75 0", "v,903 0 0 1 1 0.5 0"));
  EXPECT_EQ(list.contents.num_rows, 2);
}

TEST(BoxListTest, RealFiles) {
  MRSN_SKIP_WITHOUT_TEST_DATA();
  const std::string folder = TestData("ava/mmaction2_samples/tests/data") + "/";
  const auto list = ReadBoxList(folder + "ava_dataset/ava_proposals_sample.pkl", Seconds());
  ASSERT_TRUE(list.ok()) << list.status();
  EXPECT_EQ(list->contents.num_rows, 5);
  EXPECT_EQ(Rows(list->contents)[0].substr(0, 15), "0f39OWEqJ24,902");
  const auto evaluated = ReadBoxList(folder + "eval_detection/proposal.pkl", Seconds());
  ASSERT_TRUE(evaluated.ok()) << evaluated.status();
  EXPECT_EQ(evaluated->contents.num_rows, 30);
}

}  // namespace
}  // namespace mrsn::formats
