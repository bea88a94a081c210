// The .pth files of testdata were written by PyTorch; make_testdata.py says what is in them.
#include "mrsn/checkpoint/torch_file.h"

#include <cstring>
#include <map>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "mrsn/checkpoint/torch_pickle.h"
#include "ops/base/file.h"

namespace mrsn {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsSupersetOf;
using ::testing::Not;

std::string PathOf(const std::string& name) { return "mrsn/checkpoint/testdata/" + name; }

std::string ErrorOf(const std::string& name) {
  const auto file = TorchFile::Open(PathOf(name));
  if (file.ok()) return "no error";
  const std::string message(file.status().message());
  EXPECT_THAT(message, HasSubstr(PathOf(name)));
  EXPECT_THAT(message, Not(HasSubstr("\n")));
  return message;
}

// The elements of a float32 tensor, by its strides.
std::vector<float> Elements(const TorchFile& file, const TensorRecord& tensor) {
  std::vector<float> storage(tensor.storage->elements);
  EXPECT_EQ(tensor.storage->dtype, Dtype::kFloat32);
  EXPECT_TRUE(file.ReadStorage(*tensor.storage, storage.data()).ok());
  std::vector<int64_t> places = {tensor.offset};
  for (size_t d = 0; d < tensor.sizes.size(); ++d) {
    std::vector<int64_t> next;
    for (int64_t place : places) {
      for (int64_t i = 0; i < tensor.sizes[d]; ++i) next.push_back(place + i * tensor.strides[d]);
    }
    places = next;
  }
  std::vector<float> elements;
  for (int64_t place : places) elements.push_back(storage[place]);
  return elements;
}

std::map<std::string, const TensorRecord*> ByName(const TorchFile& file) {
  std::map<std::string, const TensorRecord*> by_name;
  for (const StoredTensor& stored : file.state()) by_name[stored.name] = stored.tensor;
  return by_name;
}

TEST(TorchFileTest, FindsTheStateWhereverItIs) {
  const std::map<std::string, std::string> key_of = {{"pyslowfast.pyth", "model_state"},
                                                     {"ordered.pth", ""},
                                                     {"plain.pth", ""},
                                                     {"data_parallel.pth", ""},
                                                     {"legacy.pth", "model_state"}};
  for (const auto& [name, key] : key_of) {
    const auto file = TorchFile::Open(PathOf(name));
    ASSERT_TRUE(file.ok()) << file.status();
    EXPECT_EQ(file->state_key(), key) << name;
    EXPECT_EQ(file->state().size(), 32u) << name;
    EXPECT_EQ(file->state()[0].name, "s1.pathway0_stem.conv.weight") << name;
    EXPECT_THAT(file->state()[0].tensor->sizes, ElementsAre(2, 3, 1, 3, 3)) << name;
    // Values run on over the tensors: 54 of the stem, then its batch norm's weight and bias.
    EXPECT_THAT(Elements(*file, *ByName(*file).at("s1.pathway0_stem.bn.bias")), ElementsAre(56, 57)) << name;
    EXPECT_THAT(file->unknown_globals(), ElementsAre()) << name;
  }
}

TEST(TorchFileTest, ReadsEveryProtocol) {
  for (const char* name : {"tiny.pth", "protocol3.pth", "protocol4.pth", "protocol5.pth"}) {
    const auto file = TorchFile::Open(PathOf(name));
    ASSERT_TRUE(file.ok()) << file.status();
    ASSERT_EQ(file->state().size(), 2u) << name;
    EXPECT_EQ(Elements(*file, *file->state()[0].tensor)[3], 3) << name;
  }
}

TEST(TorchFileTest, ViewsAreDescribedByTheirStrides) {
  const auto file = TorchFile::Open(PathOf("views.pth"));
  ASSERT_TRUE(file.ok()) << file.status();
  const auto tensors = ByName(*file);
  const auto elements = [&](const char* name) { return Elements(*file, *tensors.at(name)); };
  EXPECT_THAT(tensors.at("transposed")->sizes, ElementsAre(6, 4));
  EXPECT_THAT(tensors.at("transposed")->strides, ElementsAre(1, 6));
  EXPECT_EQ(elements("transposed")[1], 6);
  EXPECT_THAT(elements("every_third"), ElementsAre(1, 4, 7, 10, 13, 16, 19, 22));
  EXPECT_THAT(elements("middle"), ElementsAre(5, 6, 7, 8));
  EXPECT_EQ(elements("whole"), elements("again"));
  EXPECT_EQ(tensors.at("whole")->storage, tensors.at("middle")->storage) << "one storage, read once";
  EXPECT_THAT(elements("parameter_with_state"), ElementsAre(24, 25));
  EXPECT_THAT(elements("parameter"), ElementsAre(26, 27, 28));
  EXPECT_THAT(elements("scalar"), ElementsAre(29));
  EXPECT_THAT(elements("empty"), ElementsAre());
}

TEST(TorchFileTest, DtypesAreThoseOfTheirNames) {
  const auto file = TorchFile::Open(PathOf("dtypes.pth"));
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->state().size(), std::size(kDtypeInfos));
  for (const StoredTensor& stored : file->state()) {
    EXPECT_EQ(InfoOf(stored.tensor->storage->dtype).name, stored.name);
  }
}

TEST(TorchFileTest, ObjectsOfOtherLibrariesBesideTheStateAreInert) {
  const auto file = TorchFile::Open(PathOf("mmaction2.pth"));
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->state_key(), "state_dict");
  EXPECT_EQ(file->state().size(), 8u);
  EXPECT_THAT(file->unknown_globals(),
              IsSupersetOf({"datetime.datetime", "collections.deque", "decimal.Decimal"}));
  const auto harmless = TorchFile::Open(PathOf("malicious_meta.pth"));
  ASSERT_TRUE(harmless.ok()) << harmless.status();
  EXPECT_THAT(harmless->unknown_globals(), ElementsAre("posix.system"));
}

TEST(TorchFileTest, ObjectsInPlaceOfTensorsAreErrorsThatNameThem) {
  EXPECT_THAT(ErrorOf("malicious.pth"), HasSubstr("holds an object of posix.system, not a dict"));
  EXPECT_THAT(ErrorOf("malicious_state.pth"), HasSubstr("'state_dict': 'hook' is an object of posix.system"));
  EXPECT_THAT(ErrorOf("complex.pth"), HasSubstr("'w' is an object of torch.ComplexFloatStorage"));
  EXPECT_THAT(ErrorOf("control.pth"), HasSubstr("the name 'a?b' has control characters"));
  EXPECT_THAT(ErrorOf("no_state.pth"), HasSubstr("top level: 'epoch' is an int, expected a tensor"));
}

TEST(TorchFileTest, OtherFormatsAreErrorsWithACure) {
  EXPECT_THAT(ErrorOf("torchscript.pt"), HasSubstr("TorchScript"));
  EXPECT_THAT(ErrorOf("make_testdata.py"), HasSubstr("is a text file that begins with '"));
  EXPECT_THAT(ErrorOf("no_such_file.pth"), HasSubstr("cannot open"));
  EXPECT_THAT(std::string(TorchFile::Parse("\x80\x02}q\x01.", "m.pkl").status().message()),
              HasSubstr("m.pkl: is a pickle, not a checkpoint"));
  EXPECT_THAT(std::string(TorchFile::Parse(std::string(257, 'x') + "ustar", "t.pth").status().message()),
              HasSubstr("torch.save(torch.load("));
  const auto error = [](const std::string& bytes) {
    return std::string(TorchFile::Parse(bytes, "x.pyth").status().message());
  };
  EXPECT_EQ(error(""), "x.pyth: is empty (0 bytes), not a checkpoint (.pth, .pyth, .pkl, .safetensors)");
  EXPECT_EQ(
      error("<!DOCTYPE html><html><head><title>Virus scan warning</title></head></html>"),
      "x.pyth: is a web page (HTML), not a checkpoint (.pth, .pyth, .pkl, .safetensors): download it again");
  const std::string tiny = *ReadFile(PathOf("tiny.pth"));
  EXPECT_THAT(error(tiny.substr(0, tiny.size() / 2)), HasSubstr("x.pyth: ends early: a zip archive of "));
}

// Loads all there is; true if nothing complained.
bool ReadsCompletely(const std::string& bytes) {
  const auto file = TorchFile::Parse(bytes, "memory.pth");
  if (!file.ok()) {
    EXPECT_THAT(std::string(file.status().message()), HasSubstr("memory.pth"));
    return false;
  }
  for (const StoredTensor& stored : file->state()) {
    const StorageRecord& storage = *stored.tensor->storage;
    std::vector<char> elements(storage.elements * InfoOf(storage.dtype).bytes);
    if (!file->ReadStorage(storage, elements.data()).ok()) return false;
  }
  return true;
}

TEST(TorchFileTest, EveryTruncationIsAnError) {
  for (const char* name : {"tiny.pth", "legacy_tiny.pth"}) {
    const std::string bytes = *ReadFile(PathOf(name));
    ASSERT_TRUE(ReadsCompletely(bytes)) << name;
    EXPECT_FALSE(ReadsCompletely(bytes + "x")) << name;
    for (size_t size = 0; size < bytes.size(); ++size) {
      EXPECT_FALSE(ReadsCompletely(bytes.substr(0, size))) << name << " " << size;
    }
  }
}

TEST(TorchFileTest, EveryChangedByteOfTheContentIsAnError) {
  const std::string bytes = *ReadFile(PathOf("tiny.pth"));
  const auto file = TorchFile::Parse(bytes, "tiny");
  ASSERT_TRUE(file.ok());
  // Padding and what the reader does not use (dates, version numbers) may change; the
  // pickle and the elements may not.
  size_t unnoticed = 0;
  for (size_t at = 0; at < bytes.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string changed = bytes;
      changed[at] ^= 1 << bit;
      if (!ReadsCompletely(changed)) continue;
      ++unnoticed;
      const auto read = TorchFile::Parse(changed, "changed");
      ASSERT_EQ(read->state().size(), 2u) << at;
      EXPECT_EQ(read->state()[0].name, "a") << at;
      EXPECT_EQ(Elements(*read, *read->state()[0].tensor), Elements(*file, *file->state()[0].tensor)) << at;
    }
  }
  EXPECT_LT(unnoticed, bytes.size() * 8 / 2);
}

// The format before torch 1.6 has no checksums: elements and names may change, the structure not.
TEST(TorchFileTest, EveryChangedByteOfTheOldFormatIsAnErrorOrAnotherCompleteFile) {
  const std::string bytes = *ReadFile(PathOf("legacy_tiny.pth"));
  for (size_t at = 0; at < bytes.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string changed = bytes;
      changed[at] ^= 1 << bit;
      if (!ReadsCompletely(changed)) continue;
      const auto read = TorchFile::Parse(changed, "changed");
      ASSERT_EQ(read->state().size(), 3u) << at;
    }
  }
}

TEST(TorchFileTest, TheFormatBeforeTorch16) {
  const auto file = TorchFile::Open(PathOf("legacy_tiny.pth"));
  ASSERT_TRUE(file.ok()) << file.status();
  const auto tensors = ByName(*file);
  EXPECT_THAT(Elements(*file, *tensors.at("a")), ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(Elements(*file, *tensors.at("rest")), ElementsAre(4, 5));
  EXPECT_EQ(tensors.at("a")->storage, tensors.at("rest")->storage);
  int64_t b = 0;
  EXPECT_EQ(tensors.at("b")->storage->dtype, Dtype::kInt64);
  EXPECT_TRUE(file->ReadStorage(*tensors.at("b")->storage, &b).ok());
  EXPECT_EQ(b, 6);
  const auto harmless = TorchFile::Open(PathOf("malicious_legacy.pth"));
  ASSERT_TRUE(harmless.ok()) << harmless.status();
  EXPECT_THAT(harmless->unknown_globals(), ElementsAre("posix.system"));
  EXPECT_THAT(ErrorOf("legacy_complex.pth"), HasSubstr("is of no type that is read"));
}

// -- hand-made pickles: what PyTorch would never write --

std::string TensorPickle(const std::string& rest) {
  // ("storage", torch.FloatStorage, "0", "cpu", 6), then the arguments of _rebuild_tensor_v2.
  return absl::StrCat(absl::string_view("\x80\x02", 2),
                      "ctorch._utils\n_rebuild_tensor_v2\n((U\x07storagectorch\nFloatStorage\n", "U\x01",
                      "0U\x03", "cpuK\x06tQ", rest, "tR.");
}

TEST(UnpickleTest, TensorsWithinTheirStorage) {
  // Offset 1, sizes (2,), strides (4,): elements 1 and 5.
  const auto fits = Unpickle(TensorPickle("K\x01K\x02\x85K\x04\x85"), "p");
  ASSERT_TRUE(fits.ok()) << fits.status();
  EXPECT_EQ(TensorOf(*fits->root)->offset, 1);
  EXPECT_THAT(TensorOf(*fits->root)->strides, ElementsAre(4));
  EXPECT_EQ(TensorOf(*fits->root)->storage->elements, 6u);
}

TEST(UnpickleTest, TensorsBeyondTheirStorageAreErrors) {
  const std::string huge = "J\xff\xff\xff\x7f";  // 2^31 - 1
  for (const std::string& rest :
       {std::string("K\x02K\x02\x85K\x04\x85"),  // elements 2 and 6
        std::string("K\x06K\x01\x85K\x01\x85"),  // element 6
        "K\x01" + huge + "\x85K\x01\x85",
        // Repeated elements: sizes (2^31 - 1,), strides (0,).
        "K\x01" + huge + "\x85J" + std::string(4, '\0') + "\x85",
        "K\x01" + huge + huge + huge + "\x87" + huge + huge + huge + "\x87",
        "K\x01K\x02\x85" + std::string("J\xff\xff\xff\xff\x85"),  // stride -1
        std::string("J\xff\xff\xff\xffK\x02\x85K\x01\x85"),       // offset -1
        std::string("K\x01K\x02\x85K\x01K\x01\x86"),              // a stride too many
        // No elements, but strides beyond 64 bits: sizes (0, 2^31 - 1, 2^31 - 1, 2^31 - 1).
        "K\x01(" + std::string("K\0", 2) + huge + huge + huge + "t(K\x01" + "K\x01K\x01K\x01t",
        std::string("K\x01K\x02K\x01")}) {
    const auto tree = Unpickle(TensorPickle(rest), "p");
    ASSERT_FALSE(tree.ok());
    EXPECT_THAT(std::string(tree.status().message()), HasSubstr("p: not a readable pickle: byte "));
  }
}

TEST(UnpickleTest, NonsenseIsAnError) {
  for (const std::string& pickle : {std::string(""),
                                    std::string("."),
                                    std::string("N"),
                                    std::string("NN."),
                                    std::string("0."),
                                    std::string("R."),
                                    std::string("NNR."),
                                    std::string("t."),
                                    std::string("(u."),
                                    std::string("N(NNu."),
                                    std::string("}(Nu."),
                                    std::string("a."),
                                    std::string("h\x01."),
                                    std::string("j\xff\xff\xff\xff."),
                                    std::string("Nr\xff\xff\xff\xff."),
                                    std::string("\x80\x06N."),
                                    std::string("X\xff\xff\xff\xff"
                                                "abc."),
                                    std::string("\x8d\xff\xff\xff\xff\xff\xff\xff\xff"
                                                "abc."),
                                    std::string("cmodule"),
                                    std::string("NQ."),
                                    std::string("Ix\n."),
                                    std::string("iname\nclass\n."),
                                    std::string("\xff."),
                                    std::string("b."),
                                    std::string("Nb."),
                                    std::string("(N0.")}) {
    EXPECT_FALSE(Unpickle(pickle, "p").ok()) << pickle;
  }
}

TEST(UnpickleTest, DepthAndCirclesCostNothing) {
  const auto deep = Unpickle(std::string(100'000, ']') + std::string(99'999, 'a') + ".", "p");
  ASSERT_TRUE(deep.ok()) << deep.status();
  // l = []; l.append(l)
  const auto circle = Unpickle(
      "]q\x01h\x01"
      "a.",
      "p");
  ASSERT_TRUE(circle.ok()) << circle.status();
  EXPECT_EQ(circle->root->items[0], circle->root);
}

TEST(UnpickleTest, TheNumberOfValuesIsLimited) {
  const auto many = Unpickle(std::string(kMaxPickleValues + 1, 'N') + ".", "p");
  ASSERT_FALSE(many.ok());
  EXPECT_THAT(std::string(many.status().message()), HasSubstr("more than 1000000 values"));
  const auto copies = Unpickle("N" + std::string(kMaxPickleValues + 1, '2') + ".", "p");
  EXPECT_FALSE(copies.ok());
}

// A literal with its zero bytes.
template <size_t n>
std::string Bytes(const char (&literal)[n]) {
  return std::string(literal, n - 1);
}

TEST(UnpickleTest, NumbersAndStrings) {
  // [-1, 258, True, 2.5, -2 as a long, "é"]
  const auto tree =
      Unpickle(Bytes("](J\xff\xff\xff\xffM\x02\x01\x88G\x40\x04\0\0\0\0\0\0\x8a\x01\xfeX\x02\0\0\0\xc3\xa9"
                     "e."),
               "p");
  ASSERT_TRUE(tree.ok()) << tree.status();
  const auto& items = tree->root->items;
  ASSERT_EQ(items.size(), 6u);
  EXPECT_EQ(items[0]->integer, -1);
  EXPECT_EQ(items[1]->integer, 258);
  EXPECT_EQ(items[2]->kind, PickleValue::Kind::kBool);
  EXPECT_EQ(items[3]->real, 2.5);
  EXPECT_EQ(items[4]->integer, -2);
  EXPECT_EQ(items[5]->text, "é");
}

}  // namespace
}  // namespace mrsn
