// Caffe2 pickles as Python 2 and 3 write them; the test writes them itself.
#include "mrsn/checkpoint/caffe2_file.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "ops/formats/pickle/pickle_writer.h"

namespace mrsn {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

using formats::PickleWriter;
using formats::Raw;

std::string ErrorOf(const std::string& pickle) {
  const auto file = Caffe2File::Parse(pickle, "m.pkl");
  return file.ok() ? "no error" : std::string(file.status().message());
}

std::vector<float> Elements(const Caffe2Blob& blob) {
  std::vector<float> elements(blob.array->size());
  CopyElements(*blob.array, elements.data());
  return elements;
}

TEST(Caffe2FileTest, BlobsOfEveryProtocol) {
  for (const int protocol : {2, 3, 4}) {
    PickleWriter out(protocol);
    out.Dict([&] {
      out.Text("blobs"), out.Dict([&] {
        out.Text("conv1_w"), out.Array("f4", {2, 2}, Raw<float>({1, -2.5, 3, 4}));
        out.Text("columns"), out.Array("f4", {2, 2}, Raw<float>({1, -2.5, 3, 4}), /*column_major=*/true);
        out.Text("lr"), out.Scalar("f4", Raw<float>({0.1f}));
        out.Text("swapped"), out.Array(">f4", {1}, std::string("\x3f\xc0\0\0", 4));
      });
      out.Text("cfg"), out.Text("MODEL: {}");
    });
    const auto file = Caffe2File::Parse(out.Finish(), "m.pkl");
    ASSERT_TRUE(file.ok()) << file.status();
    ASSERT_EQ(file->blobs().size(), 3u);
    EXPECT_EQ(file->blobs()[0].name, "conv1_w");
    EXPECT_EQ(file->blobs()[0].dtype, Dtype::kFloat32);
    EXPECT_THAT(file->blobs()[0].array->shape, ElementsAre(2, 2));
    EXPECT_THAT(Elements(file->blobs()[0]), ElementsAre(1, -2.5, 3, 4));
    EXPECT_THAT(Elements(file->blobs()[1]), ElementsAre(1, 3, -2.5, 4));
    EXPECT_THAT(Elements(file->blobs()[2]), ElementsAre(1.5));
  }
}

// A literal with its zero bytes.
template <size_t n>
std::string Bytes(const char (&literal)[n]) {
  return std::string(literal, n - 1);
}

// Python 2 writes an array's bytes as a str (SHORT_BINSTRING), which PySlowFast loads with encoding="latin1".
TEST(Caffe2FileTest, FilesOfPython2) {
  PickleWriter out;
  out.Op(
      Bytes("}(U\x05"
            "blobs}(U\x01"
            "wcnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(K\0tU\x01"
            "btR(K\x01(K\x01t"));
  out.Type("f4");
  out.Op(Bytes("\x89U\x04\0\0\x80\xbftbuu"));
  const auto file = Caffe2File::Parse(out.Finish(), "m.pkl");
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_THAT(Elements(file->blobs()[0]), ElementsAre(-1));
}

TEST(Caffe2FileTest, OtherPicklesAreErrorsThatSayWhatTheyAre) {
  PickleWriter list;
  list.List([&] { list.Int(1); });
  EXPECT_THAT(ErrorOf(list.Finish()), HasSubstr("m.pkl: a pickle of a list, not a checkpoint"));
  const auto blob = [](auto write) {
    PickleWriter out;
    out.Dict([&] { out.Text("blobs"), out.Dict([&] { out.Text("conv1_w"), write(out); }); });
    return ErrorOf(out.Finish());
  };
  EXPECT_THAT(blob([](PickleWriter& out) { out.Text("x"); }), HasSubstr("m.pkl: blob 'conv1_w' is a string"));
  EXPECT_THAT(blob([](PickleWriter& out) { out.Array("U1", {1}, Raw<uint32_t>({'x'})); }),
              HasSubstr("blob 'conv1_w' is a numpy array of text [1]"));
  EXPECT_THAT(blob([](PickleWriter& out) { out.Call("os", "system", [&] { out.Text("true"); }); }),
              HasSubstr("names 'os.system'"));
  EXPECT_THAT(blob([](PickleWriter& out) { out.Int(1); }), HasSubstr("\"blobs\" holds no arrays"));
}

}  // namespace
}  // namespace mrsn
