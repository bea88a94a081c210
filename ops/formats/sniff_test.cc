#include "ops/formats/sniff.h"

#include <zlib.h>

#include <filesystem>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "ops/base/file.h"
#include "ops/formats/pickle/pickle_writer.h"
#include "ops/test_data/test_data.h"

namespace mrsn::formats {
namespace {

using ::testing::HasSubstr;

// A literal with its zero bytes.
template <size_t n>
std::string Bytes(const char (&literal)[n]) {
  return std::string(literal, n - 1);
}

std::string Message(const std::string& bytes) {
  return std::string(NotThe("a checkpoint", "w.pyth", LookAtBytes(bytes)).message());
}

TEST(SniffTest, TheWayOutStandsInTheMessage) {
  EXPECT_EQ(Message(""), "w.pyth: is empty (0 bytes), not a checkpoint");
  for (const char* page :
       {"<!DOCTYPE html><html><head><title>Virus scan warning</title></head></html>", "\n  <HTML>",
        "<!-- login --><html>", "<?xml version=\"1.0\"?><html xmlns=\"x\">"}) {
    EXPECT_EQ(Message(page), "w.pyth: is a web page (HTML), not a checkpoint: download it again");
  }
  EXPECT_EQ(Message("version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 2\n"),
            "w.pyth: is a Git LFS pointer, not a checkpoint: fetch the file it stands for (git lfs pull)");
  EXPECT_EQ(Message(Bytes("PK\x03\x04\x14\0\0\0")),
            "w.pyth: ends early: a zip archive of 8 bytes whose end is missing, no complete checkpoint: "
            "download it again");
  EXPECT_EQ(Message("vidA,0902,0.1,0.2\nvidA"),
            "w.pyth: is a text file that begins with 'vidA,0902,0.1,0.2', not a checkpoint");
  EXPECT_EQ(Message("\x1f\x8b\x08"), "w.pyth: is a gzip file, not a checkpoint: unpack it first");
  EXPECT_EQ(Message("MATLAB 7.3 MAT-file"),
            "w.pyth: is a MATLAB 7.3 (HDF5) file, not a checkpoint: save it in MATLAB with -v7");
}

TEST(SniffTest, KindsByContent) {
  PickleWriter pickle;
  pickle.Dict([&] { pickle.Text("a"), pickle.Int(1); });
  const std::pair<std::string, FileKind> cases[] = {
      {"", FileKind::kEmpty},
      {pickle.Finish(), FileKind::kPickle},
      {"(dp0\nS'a'\np1\nI1\ns.", FileKind::kPickle},
      {"((lp0\n(dp1\nS'video'\n", FileKind::kPickle},  // ACAR-Net's (list, idx_to_class) by Python 2
      {Bytes("(]q\0}q\1"), FileKind::kPickle},
      {Bytes("PK\x05\x06") + std::string(18, '\0'), FileKind::kZip},
      {"\x1f\x8b\x08", FileKind::kGzip},
      {std::string(257, 'x') + "ustar", FileKind::kTar},
      {"MATLAB 5.0 MAT-file, Platform: GLNXA64", FileKind::kMatlab5},
      {"\x89HDF\r\n\x1a\n", FileKind::kHdf5},
      {Bytes("\x10\0\0\0\0\0\0\0{\"a\":1}"), FileKind::kSafetensors},
      {"\xff\xd8\xff\xe0", FileKind::kImage},
      {"\x89PNG\r\n\x1a\n", FileKind::kImage},
      {Bytes("RIFF\x10\0\0\0AVI LIST"), FileKind::kVideo},
      {Bytes("\0\0\0\x18"
             "ftypmp42"),
       FileKind::kVideo},
      {"\x1a\x45\xdf\xa3", FileKind::kVideo},
      {" {\"a\": 1}", FileKind::kJson},
      {"[]", FileKind::kJson},
      {"<?xml version=\"1.0\"?><annotation/>", FileKind::kXml},
      {"vidA,0902", FileKind::kText},
      {"Basketball/v_Basketball_g01_c01.avi 8\n", FileKind::kText},
      {Bytes("\0\x01\x02\x03"), FileKind::kBinary}};
  for (const auto& [bytes, kind] : cases) EXPECT_EQ(KindOf(bytes), kind) << bytes.substr(0, 20);
}

TEST(SniffTest, CutFiles) {
  PickleWriter pickle;
  pickle.List([&] { pickle.Text("abc"); });
  const std::string png = "\x89PNG\r\n\x1a\n" + std::string(50, 'x') + "IEND\xae\x42\x60\x82";
  for (const std::string& whole :
       {pickle.Finish(), png, std::string("\xff\xd8\xff....\xff\xd9"), std::string("[{\"a\": [1, 2]}]\n"),
        Bytes("\x07\0\0\0\0\0\0\0{\"a\":1}"), Bytes("PK\x03\x04....PK\x05\x06") + std::string(18, '\0')}) {
    EXPECT_FALSE(EndsEarly(LookAtBytes(whole))) << whole;
    EXPECT_TRUE(EndsEarly(LookAtBytes(whole.substr(0, whole.size() * 6 / 10)))) << whole;
  }
}

TEST(SniffTest, CutVideos) {
  const std::string mp4 = Bytes(
                              "\0\0\0\x10"
                              "ftypisom\0\0\0\0\0\0\0\x18mdat") +
                          std::string(16, 'x') + Bytes("\0\0\0\x08moov");
  const std::string avi = Bytes(
                              "RIFF\x1c\0\0\0"
                              "AVI ") +
                          std::string(24, 'x');
  for (const std::string& whole : {mp4, avi}) {
    EXPECT_EQ(KindOf(whole), FileKind::kVideo);
    EXPECT_FALSE(EndsEarly(LookAtBytes(whole)));
    EXPECT_TRUE(EndsEarly(LookAtBytes(whole.substr(0, 34))));
  }
  EXPECT_THAT(Described(LookAtBytes(mp4.substr(0, 34))),
              HasSubstr("ends early: an MP4 video of 34 bytes whose end is missing"));
}

TEST(SniffTest, FilesAndFolders) {
  const std::string folder = ::testing::TempDir();
  ASSERT_TRUE(WriteFileAtomically(folder + "/sniffed", std::string(100'000, 'a')).ok());
  const auto look = LookAt(folder + "/sniffed");
  ASSERT_TRUE(look.ok()) << look.status();
  EXPECT_EQ(look->size, 100'000u);
  EXPECT_EQ(KindOf(*look), FileKind::kText);
  EXPECT_EQ(Described(*LookAt(folder)), "is a folder");
  EXPECT_THAT(std::string(LookAt(folder + "/nothing").status().message()), HasSubstr("cannot open"));
}

TEST(SniffTest, ErrorsOfReadersOfText) {
  const absl::Status error = absl::InvalidArgumentError("a.csv:1: 13 columns, expected 8");
  EXPECT_EQ(TextError(error, "a box list", "a.csv", "v,1,2\n"), error);
  EXPECT_EQ(std::string(TextError(error, "a box list", "a.csv", "\x80\x02}.").message()),
            "a.csv: is a pickle, not a box list");
}

TEST(SniffTest, RealFiles) {
  MRSN_SKIP_WITHOUT_TEST_DATA();
  EXPECT_EQ(KindOf(*LookAt(TestData("ucf101-24/finalAnnots.mat"))), FileKind::kMatlab5);
  EXPECT_EQ(KindOf(*LookAt(TestData("ucf101-24/pyannot.pkl"))), FileKind::kPickle);
  EXPECT_FALSE(EndsEarly(*LookAt(TestData("ucf101-24/pyannot.pkl"))));
  EXPECT_EQ(KindOf(*LookAt(TestData("videos/demo.mp4"))), FileKind::kVideo);
  EXPECT_EQ(KindOf(*LookAt(TestData("videos/v_Fencing_g01_c06.mp4"))), FileKind::kVideo);
  EXPECT_EQ(KindOf(*LookAt(TestData("videos/v_SoccerJuggling_g23_c01.avi"))), FileKind::kVideo);
}

}  // namespace
}  // namespace mrsn::formats
