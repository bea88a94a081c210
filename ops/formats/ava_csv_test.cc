#include "ops/formats/ava_csv.h"

#include <unistd.h>
#include <zlib.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <random>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "ops/base/file.h"
#include "ops/formats/row_checks.h"

namespace mrsn::formats {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string Path(const std::string& name) {
  const std::string folder = ::testing::TempDir() + "ava_csv_test." + std::to_string(::getpid());
  std::filesystem::create_directories(folder);
  return folder + "/" + name;
}

std::string Write(const std::string& name, const std::string& contents) {
  EXPECT_TRUE(WriteFileAtomically(Path(name), contents).ok());
  return Path(name);
}

std::string Gzip(const std::string& text) {
  z_stream stream = {};
  deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, text.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = text.size();
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = out.size();
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

RowKind Kind(bool ground_truth) { return ground_truth ? RowKind::kGroundTruth : RowKind::kDetections; }

std::string Error(const std::string& text, bool ground_truth, CsvOptions options = {}) {
  const TextFile file = *TextFile::FromBytes(text, "f.csv");
  return std::string(ParseAvaCsv(file, Kind(ground_truth), options).status().message());
}

std::vector<std::string> Warnings(const std::string& text, bool ground_truth, CsvOptions options = {}) {
  const TextFile file = *TextFile::FromBytes(text, "f.csv");
  const absl::StatusOr<CsvContents> contents = ParseAvaCsv(file, Kind(ground_truth), options);
  EXPECT_TRUE(contents.ok()) << contents.status();
  std::vector<std::string> texts;
  for (const Warning& warning : contents->warnings) texts.push_back(ToString(warning));
  return texts;
}

TEST(AvaCsvTest, ReadsRowsPlainGzipAndCrlfAlike) {
  const std::string text =
      "vid,0902,0.1,0.25,1.000,0.5,12,0.75\nvid,903.0, 0.1 ,.25,1e0,0.5,80,1\nw,0902,0,0,1,1,3,0.5";
  std::string crlf;
  for (char c : text) crlf += c == '\n' ? std::string("\r\n") : std::string(1, c);
  for (const std::string& path :
       {Write("a.csv", text), Write("a.csv.gz", Gzip(text)), Write("crlf.csv", crlf),
        Write("two_members.gz", Gzip(text.substr(0, 20)) + Gzip(text.substr(20)))}) {
    const absl::StatusOr<CsvContents> contents = ReadAvaDetections(path);
    ASSERT_TRUE(contents.ok()) << contents.status();
    EXPECT_THAT(contents->warnings, IsEmpty()) << path;
    ASSERT_EQ(contents->blocks.size(), 1);
    const RowBlock& block = contents->blocks[0];
    ASSERT_EQ(block.rows.size(), 3);
    EXPECT_EQ(block.rows[0].box, (BoxD{0.1, 0.25, 1, 0.5}));
    EXPECT_EQ(block.rows[1].box, (BoxD{0.1, 0.25, 1, 0.5}));
    EXPECT_EQ(block.rows[0].score, 0.75);
    EXPECT_EQ(block.rows[1].class_id, 80);
    EXPECT_EQ(block.keyframes.videos(), (std::vector<std::string>{"vid", "w"}));
    EXPECT_EQ(block.keyframes.keyframes()[1].timestamp, 903);
    EXPECT_EQ(block.rows[2].keyframe, 2);
  }
}

TEST(AvaCsvTest, TimestampsOfOneSecondAreOneKeyframeUnlessFractional) {
  const std::string text = "v,0904,0,0,1,1,1\nv,904,0,0,1,1,2\nv,904.0,0,0,1,1,3\nv,904.5,0,0,1,1,4\n";
  const TextFile file = *TextFile::FromBytes(text, "f.csv");
  EXPECT_EQ(ParseAvaCsv(file, RowKind::kDetections, {})->blocks[0].keyframes.size(), 1);
  EXPECT_THAT(Warnings(text, false),
              testing::Contains("f.csv:4: '904.5': keyframe that is no whole second; its "
                                "fraction is left out (--protocol=official_2020 keeps it)"));
  CsvOptions fractional;
  fractional.fractional_timestamps = true;
  const RowBlock block = std::move(ParseAvaCsv(file, RowKind::kDetections, fractional)->blocks[0]);
  EXPECT_EQ(block.keyframes.size(), 2);
  EXPECT_EQ(block.keyframes.keyframes()[1].timestamp, Timestamp::Nearest(904.5));
}

// As the data sets read: a fraction is read as it is written, in any spelling, to six decimals.
TEST(AvaCsvTest, FractionsOfASecondReadStrictly) {
  CsvOptions options;
  options.strict = options.fractional_timestamps = true;
  const auto read = [&](const std::string& text) {
    return ParseAvaCsv(*TextFile::FromBytes(text, "f.csv"), RowKind::kGroundTruth, options);
  };
  const auto rows = read(
      "v,903.5,0,0,1,1,1,0\nv,0903.500000,0,0,1,1,2,0\nv,903,0,0,1,1,1,0\nv, 903.50 ,0,0,1,1,3,0\n"
      "v,903.04,0,0,1,1,1,0\nv,903.3333333,0,0,1,1,1,0\nv,9.035e2,0,0,1,1,4,0\n");
  ASSERT_TRUE(rows.ok()) << rows.status();
  std::vector<std::string> seconds;
  for (const Row& row : rows->blocks[0].rows) {
    seconds.push_back(rows->blocks[0].keyframes.keyframes()[row.keyframe].timestamp.Text());
  }
  EXPECT_THAT(seconds, ElementsAre("903.5", "903.5", "903", "903.5", "903.04", "903.333333", "903.5"));
  EXPECT_EQ(rows->blocks[0].keyframes.size(), 4);
  // The ends of the range are whole.
  EXPECT_TRUE(read("v,902,0,0,1,1,1,0\nv,1798.0,0,0,1,1,1,0\n").ok());
  EXPECT_EQ(read("v,901.999999,0,0,1,1,1,0\n").status().message(),
            absl::StrCat("f.csv:1: '901.999999': ", kOutsideRange));
  EXPECT_EQ(read("v,1798.000001,0,0,1,1,1,0\n").status().message(),
            absl::StrCat("f.csv:1: '1798.000001': ", kOutsideRange));
}

TEST(AvaCsvTest, ErrorsNameLineColumnAndValue) {
  const std::string good = "v,0902,0,0,1,1,1,0.5\n";
  EXPECT_EQ(Error(good + "v,0902,0,0,1,1\n", false), "f.csv:2: 6 columns, expected 7 or 8: 'v,0902,0,0,1,1'");
  EXPECT_EQ(Error("v,0902,0,0,1,1,1,0.5,9\n", false),
            "f.csv:1: more than 8 columns, expected 7 or 8: 'v,0902,0,0,1,1,1,0.5,9'");
  EXPECT_EQ(Error(good + good + "v,0902,0,nan,1,1,1,0.5\n", false),
            "f.csv:3: column 4 (y1) is 'nan', expected a finite number");
  EXPECT_EQ(Error("v,0902,0,0,1,1,1,inf\n", false),
            "f.csv:1: column 8 (score) is 'inf', expected a finite number");
  EXPECT_EQ(Error("v,0902,0,0,1,1,1.5,1\n", false),
            "f.csv:1: column 7 (class) is '1.5', expected a whole number");
  EXPECT_EQ(Error("v,late,0,0,1,1,1,1\n", false),
            "f.csv:1: column 2 (timestamp) is 'late', expected a number of seconds");
  EXPECT_EQ(Error("v,0902,0,0,1,1,1,bob\n", true),
            "f.csv:1: column 8 (person id) is 'bob', expected a finite number");
  EXPECT_EQ(Error(",0902,0,0,1,1,1,1\n", false), "f.csv:1: column 1 (video) is '', expected a video id");
  EXPECT_EQ(Error(good + "v,0902,0.5,0,0.4,1,1,1\n", true),
            "f.csv:2: ground truth box '0.5,0,0.4,1' has x2 < x1 or y2 < y1");
  EXPECT_EQ(Error("v,0902\n", true), "f.csv:1: 2 columns, expected 7 or 8: 'v,0902'");
  EXPECT_EQ(Error(std::string("v,0902,0,0,1,\0,1,1\n", 19), false),
            "f.csv:1: column 6 (y2) is '\\x00', expected a finite number");
}

TEST(AvaCsvTest, GoesOnWhereTheScriptsDoWithACount) {
  const absl::flat_hash_set<int> classes = {1};
  CsvOptions options;
  options.classes = &classes;
  EXPECT_THAT(
      Warnings("v,0902,0,0,1,1,1,0.5\n\nv,0902,0.5,0,0.4,1,1,0.5\nv,0902,0.5,0,0.5,1,1,0.5\n", false),
      testing::ElementsAre("f.csv:2: '': blank line, skipped",
                           "f.csv:3: '0.5,0,0.4,1': detection box with x1 >= x2 or y1 >= y2 (2 times)"));
  EXPECT_THAT(Warnings("v,0901,0,0,1,1,1,1\nv,1799,0,0,1,1,5,1\n", false, options),
              testing::ElementsAre("f.csv:1: '0901': keyframe outside 902..1798 (a data set's "
                                   "first_keyframe_second and last_keyframe_second) (2 times)",
                                   "f.csv:2: '5': class not in the list of classes, row not evaluated"));
  EXPECT_THAT(Warnings("v,0902,0,0,1,1,1,3\nv,902,0,0,1,1,1,4\nv,902,0,0,1.0,1,1,3\n", true),
              testing::ElementsAre(
                  "f.csv:3: 'v,902,..,1': ground truth row occurs twice; counted twice, as the scripts do"));
  EXPECT_THAT(Warnings("v,0902,0,0,0,1,1\n", true),
              testing::ElementsAre("f.csv:1: '0,0,0,1': ground truth box of no area, cannot be matched"));
  EXPECT_THAT(Warnings("\xef\xbb\xbfv,0902,0,0,1,1,1,1\n", false),
              testing::ElementsAre("f.csv:1: UTF-8 byte order mark, skipped"));
  EXPECT_THAT(Warnings("v,0902,0,0,1,1,1\n", false),
              testing::ElementsAre(HasSubstr("without a score column")));
}

// What spreadsheets and scripts add.
TEST(AvaCsvTest, HeadersCommasAndSeparators) {
  const std::string row = "v,0902,0,0,1,1,1,0.5\n";
  for (const bool truth : {true, false}) {
    EXPECT_THAT(Warnings("video_id,timestamp,x1,y1,x2,y2,action_id,person_id\n" + row, truth),
                testing::ElementsAre(HasSubstr("f.csv:1: ")));
    EXPECT_EQ(Error(row + "video,timestamp,x1,y1,x2,y2,label,score\n", truth),
              "f.csv:2: column 2 (timestamp) is 'timestamp', expected a number of seconds");
    EXPECT_THAT(
        Warnings("v,0902,0,0,1,1,1,0.5,\nv,0903,0,0,1,1,1,0.5,\n", truth),
        testing::ElementsAre("f.csv:1: 'v,0902,0,0,1,1,1,0.5,': comma at the end of the line, skipped (2 "
                             "times)"));
    EXPECT_THAT(Error("v,0902,0,0,1,1,1,0.5,,\n", truth), HasSubstr("more than 8 columns"));
    EXPECT_EQ(Error("v\t0902\t0\t0\t1\t1\n", truth),
              "f.csv:1: 1 columns, expected 7 or 8 with commas between them, not tabs: "
              "'v\\t0902\\t0\\t0\\t1\\t1'");
    EXPECT_THAT(Error("v;0902;0;0;1;1\n", truth), HasSubstr("with commas between them, not semicolons"));
  }
  const auto excluded = ReadAvaExclusions(Write("e.csv", "video,timestamp\nv,0902,\n"));
  ASSERT_TRUE(excluded.ok()) << excluded.status();
  EXPECT_EQ(excluded->keyframes.size(), 1);
}

// A later piece of a file that several threads read does not begin with a header.
TEST(AvaCsvTest, OnlyTheFirstLineIsAHeader) {
  CsvOptions options;
  options.num_threads = 2;
  std::string text;
  while (text.size() < (1 << 19) + 100) text += "v,0902,0,0,1,1,1,0.5\n";
  const std::vector<absl::string_view> pieces = CutIntoPieces(text, 2);
  const std::string name = "v,timestamp,x,y,x,y,l,s\n";
  text.insert(pieces[0].size(), name);
  const std::string error = Error(text, false, options);
  EXPECT_THAT(error, HasSubstr("column 2 (timestamp) is 'timestamp'"));
}

TEST(AvaCsvTest, ByteOrderMarkIsNotPartOfTheVideo) {
  const TextFile file = *TextFile::FromBytes("\xef\xbb\xbfv,0902,0,0,1,1,1,1\n", "f.csv");
  EXPECT_EQ(ParseAvaCsv(file, RowKind::kDetections, {})->blocks[0].keyframes.videos()[0], "v");
}

TEST(AvaCsvTest, EmptyFileHasNoRows) {
  const absl::StatusOr<CsvContents> contents = ReadAvaDetections(Write("empty.csv", ""));
  ASSERT_TRUE(contents.ok());
  EXPECT_EQ(contents->num_rows, 0);
}

TEST(AvaCsvTest, BrokenFiles) {
  EXPECT_THAT(std::string(ReadAvaDetections(Path("absent.csv")).status().message()), HasSubstr("absent.csv"));
  const std::string zipped = Gzip(std::string(100000, 'x') + "\n" + "v,0902,0,0,1,1,1,1\n");
  EXPECT_THAT(
      std::string(ReadAvaDetections(Write("cut.gz", zipped.substr(0, zipped.size() / 2))).status().message()),
      HasSubstr("cut.gz: truncated gzip file"));
  std::string corrupt = zipped;
  corrupt[corrupt.size() - 6] ^= 1;  // the check sum
  EXPECT_THAT(std::string(ReadAvaDetections(Write("bad.gz", corrupt)).status().message()),
              HasSubstr("bad.gz: corrupt gzip data"));
  EXPECT_THAT(std::string(ReadAvaDetections(Path("")).status().message()), HasSubstr("is a folder"));
}

TEST(AvaCsvTest, AnEndlessLineIsRefusedEarly) {
  const std::string path = Path("endless.csv");
  WriteFileAtomically(path, "v,0902,0,0,1,1,1,1\nvideo").IgnoreError();
  ASSERT_EQ(::truncate(path.c_str(), int64_t{1} << 30), 0);  // sparse: zeros to 1 GB
  const std::string error(ReadAvaDetections(path).status().message());
  EXPECT_THAT(error, HasSubstr("endless.csv:2: line of more than 1048576 bytes, begins 'video"));
  // The same from a gzip file, whose text never comes to stand in memory.
  EXPECT_THAT(
      std::string(
          ReadAvaDetections(Write("endless.gz", Gzip(std::string(64 << 20, 'x')))).status().message()),
      HasSubstr("endless.gz:1: line of more than"));
}

TEST(AvaCsvTest, SeveralThreadsReadTheSameRowsAndNameTheSameLine) {
  std::string text;
  std::mt19937 random(5);
  for (int i = 0; i < 60000; ++i) {
    text += FormatAvaRow({{"video" + std::to_string(i / 1000), 902 + i / 10 % 100},
                          {random() / 5e9, 0.1, 0.9 + random() / 5e10, 1},
                          static_cast<int>(random() % 80),
                          random() / 4294967296.0});
  }
  const TextFile file = *TextFile::FromBytes(text, "f.csv");
  CsvOptions one, many;
  one.num_threads = 1;
  many.num_threads = 7;
  const absl::StatusOr<CsvContents> a = ParseAvaCsv(file, RowKind::kDetections, one),
                                    b = ParseAvaCsv(file, RowKind::kDetections, many);
  ASSERT_TRUE(a.ok() && b.ok());
  EXPECT_GT(b->blocks.size(), 5);
  EXPECT_EQ(b->num_rows, 60000);
  size_t at = 0;
  for (const RowBlock& block : b->blocks) {
    for (const Row& row : block.rows) {
      const Row& expected = a->blocks[0].rows[at++];
      ASSERT_EQ(row.box, expected.box);
      ASSERT_EQ(row.score, expected.score);
    }
  }
  const std::string bad = text + "v,0902,x,0,1,1,1,1\n";
  EXPECT_EQ(ParseAvaCsv(*TextFile::FromBytes(bad, "f.csv"), RowKind::kDetections, many).status().message(),
            "f.csv:60001: column 3 (x1) is 'x', expected a finite number");
}

TEST(AvaCsvTest, WrittenRowsReadBackExactly) {
  std::mt19937_64 random(11);
  std::vector<Detection> written;
  for (int i = 0; i < 2000; ++i) {
    const auto real = [&] { return static_cast<double>(static_cast<float>(random() / 1.9e19)); };
    const double x = real() / 2, y = real() / 2;
    written.push_back(
        {{"v", 902 + i % 800}, {x, y, x + 0.5, y + random() / 4e19}, 1 + i % 80, real() * 1e-6});
  }
  ASSERT_TRUE(WriteAvaDetections(Path("out.csv"), written).ok());
  const absl::StatusOr<CsvContents> read = ReadAvaDetections(Path("out.csv"));
  ASSERT_TRUE(read.ok());
  ASSERT_EQ(read->num_rows, 2000);
  size_t at = 0;
  for (const RowBlock& block : read->blocks) {
    for (const Row& row : block.rows) {
      ASSERT_EQ(row.box, written[at].box);
      ASSERT_EQ(row.score, written[at].score);
      ASSERT_EQ(row.class_id, written[at].class_id);
      ++at;
    }
  }
  EXPECT_EQ(FormatAvaRow({{"1j20qq1JyX4", 904}, {0.015, 0.052, 1, 0.979}, 12, 0.93}),
            "1j20qq1JyX4,0904,0.015,0.052,1,0.979,12,0.93\n");
}

TEST(AvaCsvTest, KeyFramesBetweenSecondsAreReadBack) {
  const auto row = [](int64_t micros) {
    return FormatAvaRow({{"v", Timestamp::OfMicros(micros)}, {0.25, 0.5, 1, 1}, 12, 0.5});
  };
  EXPECT_EQ(row(904500000), "v,0904.5,0.25,0.5,1,1,12,0.5\n");
  EXPECT_EQ(row(66667), "v,0000.066667,0.25,0.5,1,1,12,0.5\n");
  EXPECT_EQ(row(10050000), "v,0010.05,0.25,0.5,1,1,12,0.5\n");
  EXPECT_EQ(row(7000000), "v,0007,0.25,0.5,1,1,12,0.5\n");
  CsvOptions options;
  options.fractional_timestamps = true;
  const TextFile file = *TextFile::FromBytes(row(904050000), "f.csv");
  const absl::StatusOr<CsvContents> read = ParseAvaCsv(file, RowKind::kDetections, options);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->blocks.at(0).keyframes.keyframes().at(0).timestamp, Timestamp::Nearest(904.05));
}

TEST(AvaCsvTest, Exclusions) {
  const absl::StatusOr<KeyframeList> list = ReadAvaExclusions(Write("e.csv", "v,0902\nv,1038\n\n"));
  ASSERT_TRUE(list.ok());
  EXPECT_EQ(list->keyframes.size(), 2);
  const auto odd = ReadAvaExclusions(Write("e.csv", "v,0902\nv,0901\nv,903.5\n"));
  ASSERT_TRUE(odd.ok()) << odd.status();
  ASSERT_EQ(odd->warnings.size(), 2);
  EXPECT_THAT(ToString(odd->warnings[0]), HasSubstr("e.csv:2: '0901'"));
  EXPECT_THAT(ToString(odd->warnings[1]), HasSubstr("its fraction is left out"));
  EXPECT_THAT(std::string(ReadAvaExclusions(Write("e.csv", "v,0902\nv\n")).status().message()),
              HasSubstr("e.csv:2: expected 2 columns"));
  EXPECT_THAT(std::string(ReadAvaExclusions(Write("e.csv", "v,0902,3\n")).status().message()),
              HasSubstr("e.csv:1: expected 2 columns"));
}

// Training stops where an evaluator goes on with a warning.
TEST(AvaCsvTest, StrictMakesOddRowsErrors) {
  CsvOptions strict;
  strict.strict = true;
  const auto truth = [&](const std::string& text) { return Error(text, true, strict); };
  const auto detections = [&](const std::string& text) { return Error(text, false, strict); };
  EXPECT_EQ(truth("v,0902,0,0,1,1,12,3\n\nv,904.0,0,0,1,1,12,3\n"), "");
  EXPECT_EQ(truth("v,0901,0,0,1,1,12,3\n"),
            "f.csv:1: '0901': keyframe outside 902..1798 (a data set's first_keyframe_second and "
            "last_keyframe_second)");
  EXPECT_EQ(truth("v,904.5,0,0,1,1,12,3\n"), "f.csv:1: '904.5': keyframe that is no whole second");
  EXPECT_EQ(truth("v,0902,0,0,0,1,12,3\n"),
            "f.csv:1: '0,0,0,1': ground truth box of no area, cannot be matched");
  EXPECT_EQ(truth("v,0902,0,0,1,1,12\n"), "");  // AVA v1.0 has no person ids
  EXPECT_EQ(detections("v,0902,0,0,1,1,12,1\n"), "");
  EXPECT_THAT(detections("v,0902,0,0,1,1,12,7\n"), HasSubstr("f.csv:1: '7': score outside 0..1"));
  EXPECT_THAT(detections("v,0902,0,0,1,1,12\n"), HasSubstr("without a score column"));
  EXPECT_THAT(detections("v,0902,1,0,0,1,12,1\n"), HasSubstr("'1,0,0,1': detection box with x1 >= x2"));
  const absl::flat_hash_set<int> classes = {12};
  strict.classes = &classes;
  EXPECT_THAT(detections("v,0902,0,0,1,1,13,1\n"), HasSubstr("'13': class not in the list"));
}

TEST(AvaCsvTest, BoxListsOfPersonsAndObjects) {
  CsvOptions options;
  options.strict = true;
  const TextFile file = *TextFile::FromBytes("v,0902,0.1,0,1,1,,0.5\nv,0902,0,0,1,1,person,1\n", "b.csv");
  const auto list = ParseAvaCsv(file, RowKind::kBoxList, options);
  ASSERT_TRUE(list.ok()) << list.status();
  EXPECT_EQ(list->num_rows, 2);
  EXPECT_EQ(list->blocks[0].rows[0].score, 0.5);
  options.timestamps = Timestamps::kFrames;
  const TextFile frames = *TextFile::FromBytes("v,1,0,0,1,1,,0.5\nv,0,0,0,1,1,,0.5\n", "b.csv");
  EXPECT_EQ(ParseAvaCsv(frames, RowKind::kBoxList, options).status().message(),
            "b.csv:2: '0': frame before 1");
  const TextFile half = *TextFile::FromBytes("v,1.0,0,0,1,1,,0.5\nv,1.5,0,0,1,1,,0.5\n", "b.csv");
  EXPECT_EQ(ParseAvaCsv(half, RowKind::kBoxList, options).status().message(),
            "b.csv:2: '1.5': frame number that is not whole");
}

}  // namespace
}  // namespace mrsn::formats
