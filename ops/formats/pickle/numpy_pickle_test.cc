#include "ops/formats/pickle/numpy_pickle.h"

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "ops/formats/pickle/pickle_writer.h"
#include "ops/test_data/test_data.h"

namespace mrsn::formats {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

using Kind = PickleValue::Kind;

// A literal with its zero bytes.
template <size_t n>
std::string Bytes(const char (&literal)[n]) {
  return std::string(literal, n - 1);
}

std::string ErrorOf(const std::string& pickle) {
  const auto tree = ParseNumpyPickle(pickle, "a.pkl");
  return tree.ok() ? "no error" : std::string(tree.status().message());
}

TEST(NumpyPickleTest, ArraysOfEveryProtocolAndModuleName) {
  for (const int protocol : {2, 3, 4, 5}) {
    for (const char* core : {"numpy.core", "numpy._core"}) {
      PickleWriter out(protocol, core);
      out.Dict([&] {
        out.Text("vidA,0902");
        out.Array("f8", {2, 3}, Raw<double>({0.25, -1, 300, 4, 5, 6.5}));
        out.Text("number");
        out.Scalar("u2", Raw<uint16_t>({65535}));
        out.Text("name");
        out.Scalar("U3", Raw<uint32_t>({'a', 0xe9, 0}));
      });
      const auto tree = ParseNumpyPickle(out.Finish(), "a.pkl");
      ASSERT_TRUE(tree.ok()) << protocol << core << tree.status();
      const NumpyArray* array = ArrayOf(*tree->root->Get("vidA,0902"));
      ASSERT_NE(array, nullptr);
      EXPECT_THAT(array->shape, ElementsAre(2, 3));
      EXPECT_EQ(array->Described(), "a numpy array of float64 [2,3]");
      EXPECT_EQ(*array->Number(0), 0.25);
      EXPECT_EQ(*array->Number(2), 300);
      EXPECT_EQ(*array->Number(5), 6.5);
      EXPECT_FALSE(array->Number(6).has_value());
      EXPECT_EQ(tree->root->Get("number")->integer, 65535);
      EXPECT_EQ(tree->root->Get("name")->text, "a\xc3\xa9");
    }
  }
}

TEST(NumpyPickleTest, ElementTypesAndOrders) {
  PickleWriter out;
  out.List([&] {
    out.Array("u1", {2}, "\x01\xff");
    out.Array("i1", {2}, "\x01\xff");
    out.Array(">i2", {1}, Bytes("\x01\x02"));
    out.Array("f2", {2}, Raw<uint16_t>({0x3c00, 0xc100}));
    out.Array("i4", {2, 2}, Raw<int32_t>({1, 2, 3, 4}), /*column_major=*/true);
    out.Array("S3", {2}, Bytes("ab\0cde"));
  });
  const auto tree = ParseNumpyPickle(out.Finish(), "a.pkl");
  ASSERT_TRUE(tree.ok()) << tree.status();
  const auto number = [&](int array, int i) { return *ArrayOf(*tree->root->items[array])->Number(i); };
  EXPECT_EQ(number(0, 1), 255);
  EXPECT_EQ(number(1, 1), -1);
  EXPECT_EQ(number(2, 0), 258);
  EXPECT_EQ(number(3, 0), 1);
  EXPECT_EQ(number(3, 1), -2.5);
  // Columns {1,2} and {3,4}: the first row is 1, 3.
  EXPECT_EQ(number(4, 1), 3);
  EXPECT_EQ(number(4, 2), 2);
  EXPECT_EQ(*ArrayOf(*tree->root->items[5])->Text(0), "ab");
  EXPECT_EQ(*ArrayOf(*tree->root->items[5])->Text(1), "cde");
}

// numpy._core.numeric._frombuffer(bytearray, dtype, shape, order) is what numpy writes with protocol 5.
TEST(NumpyPickleTest, ArraysFromBuffers) {
  PickleWriter out(5);
  out.Call("numpy._core.numeric", "_frombuffer", [&] {
    out.Op(Bytes("\x96\x08\0\0\0\0\0\0\0") + Raw<float>({1.5, 2.5}));
    out.Type("f4");
    out.Tuple([&] { out.Int(2); });
    out.Text("C");
  });
  const auto tree = ParseNumpyPickle(out.Finish(), "a.pkl");
  ASSERT_TRUE(tree.ok()) << tree.status();
  EXPECT_EQ(*ArrayOf(*tree->root)->Number(1), 2.5);
}

TEST(NumpyPickleTest, PlainDataAndProtocolZero) {
  // {'a': (1, 2L, True, 1.5, u'\u00e9'), 'b': 'it\'s \x41'} with text opcodes.
  const auto text = ParseNumpyPickle(
      "(dp0\nS'a'\np1\n(I1\nL2L\nI01\nF1.5\nV\\u00e9\ntp2\nsS'b'\nS'it\\'s \\x41'\nsg0\n0.", "a.pkl");
  ASSERT_TRUE(text.ok()) << text.status();
  const auto& items = text->root->Get("a")->items;
  ASSERT_EQ(items.size(), 5u);
  EXPECT_EQ(items[0]->integer, 1);
  EXPECT_EQ(items[1]->integer, 2);
  EXPECT_EQ(items[2]->kind, Kind::kBool);
  EXPECT_EQ(items[3]->real, 1.5);
  EXPECT_EQ(items[4]->text, "\xc3\xa9");
  EXPECT_EQ(text->root->Get("b")->text, "it's A");

  PickleWriter out;
  out.List([&] {
    out.Call("collections", "OrderedDict",
             [&] { out.List([&] { out.List([&] { out.Text("k"), out.Int(7); }); }); });
    out.Call("collections", "defaultdict", [&] { out.Global("__builtin__", "list"); });
    out.Call("__builtin__", "set", [&] { out.List([&] { out.Int(3); }); });
    out.Call("__builtin__", "bytearray", [&] { out.Text("\xc3\xa9"), out.Text("latin-1"); });
  });
  const auto tree = ParseNumpyPickle(out.Finish(), "a.pkl");
  ASSERT_TRUE(tree.ok()) << tree.status();
  EXPECT_EQ(tree->root->items[0]->Get("k")->integer, 7);
  EXPECT_EQ(tree->root->items[1]->kind, Kind::kDict);
  EXPECT_EQ(tree->root->items[2]->kind, Kind::kSet);
  EXPECT_EQ(tree->root->items[3]->text, "\xe9");
}

TEST(NumpyPickleTest, OtherNamesAreRefusedByName) {
  for (const char* name : {"os\nsystem", "posix\nsystem", "builtins\neval", "__builtin__\ngetattr",
                           "numpy\nload", "numpy.core.multiarray\nfromfile", "torch\nFloatStorage"}) {
    PickleWriter out;
    out.Op(absl::StrCat("c", name, "\n(X\x04", Bytes("\0\0\0"), "ls /tR"));
    std::string shown = name;
    shown[shown.find('\n')] = '.';
    EXPECT_THAT(ErrorOf(out.Finish()),
                HasSubstr("a.pkl: not a readable pickle: byte 2: names '" + shown + "'"));
  }
  EXPECT_THAT(ErrorOf(Bytes("\x80\x02K\0Q.")),
              HasSubstr("byte 4: it refers to an object outside the pickle"));
}

TEST(NumpyPickleTest, DamagedArraysAreErrors) {
  const auto array = [](const std::string& type, const std::vector<int64_t>& shape, const std::string& raw) {
    PickleWriter out;
    out.Array(type, shape, raw);
    return ErrorOf(out.Finish());
  };
  EXPECT_EQ(array("f4", {1}, "abcd"), "no error");
  EXPECT_THAT(array("f4", {2}, "abcd"), HasSubstr("float32 [2] has 4 bytes, expected 8 bytes"));
  EXPECT_THAT(array("f4", {-1}, "abcd"), HasSubstr("no number of 64 bits"));
  EXPECT_THAT(array("f4", {1 << 30, 1 << 30, 1 << 30}, "abcd"), HasSubstr("no number of 64 bits"));
  EXPECT_THAT(array("O8", {1}, "abcdefgh"), HasSubstr("Python's objects"));
  EXPECT_THAT(array("V4", {1}, "abcd"), HasSubstr("numpy.dtype is called with arguments of a wrong kind"));
}

TEST(NumpyPickleTest, CopiesAreBounded) {
  // One text of 1 MB, turned into bytes again and again: each call takes 12 bytes of the pickle.
  std::string pickle = Bytes("\x80\x02X\0\0\x10\0") + std::string(1 << 20, 'a') + Bytes("q\0");
  for (int i = 0; i < 100; ++i) pickle += Bytes("0c_codecs\nencode\nh\0X\x06\0\0\0latin1\x86R");
  EXPECT_THAT(ErrorOf(pickle + "."), HasSubstr("memory would run out"));
}

TEST(NumpyPickleTest, EveryTruncationIsAnError) {
  for (const int protocol : {2, 4}) {
    PickleWriter out(protocol);
    out.Dict([&] {
      out.Text("a");
      out.Array("f4", {2}, Raw<float>({1, 2}));
    });
    const std::string pickle = out.Finish();
    ASSERT_EQ(ErrorOf(pickle), "no error");
    for (size_t size = 0; size < pickle.size(); ++size) {
      EXPECT_NE(ErrorOf(pickle.substr(0, size)), "no error") << size;
    }
  }
}

TEST(NumpyPickleTest, RealFiles) {
  MRSN_SKIP_WITHOUT_TEST_DATA();
  const auto annotations = ReadNumpyPickle(TestData("ucf101-24/pyannot.pkl"));
  ASSERT_TRUE(annotations.ok()) << annotations.status();
  EXPECT_EQ(annotations->root->items.size(), 2u * 3194);
  const PickleValue* skijet = annotations->root->Get("Skijet/v_Skijet_g10_c04");
  ASSERT_NE(skijet, nullptr);
  EXPECT_EQ(skijet->Get("numf")->integer, 164);
}

}  // namespace
}  // namespace mrsn::formats
