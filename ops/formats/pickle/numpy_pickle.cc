#include "ops/formats/pickle/numpy_pickle.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "ops/base/status_macros.h"
#include "ops/formats/pickle/unpickle.h"
#include "ops/formats/text_file.h"

namespace mrsn::formats {
namespace {

using Kind = PickleValue::Kind;

constexpr char kReconstruct[] = "numpy.core.multiarray._reconstruct";
constexpr char kFromBuffer[] = "numpy.core.numeric._frombuffer";
constexpr char kScalar[] = "numpy.core.multiarray.scalar";
constexpr char kType[] = "numpy.dtype";
constexpr char kEncode[] = "_codecs.encode";
// Names that only stand as arguments, or whose call copies a list.
constexpr const char* kNames[] = {kReconstruct,
                                  kFromBuffer,
                                  kScalar,
                                  kType,
                                  kEncode,
                                  "numpy.ndarray",
                                  "collections.OrderedDict",
                                  "collections.defaultdict",
                                  "builtins.list",
                                  "builtins.tuple",
                                  "builtins.dict",
                                  "builtins.set",
                                  "builtins.frozenset",
                                  "builtins.bytes",
                                  "builtins.bytearray",
                                  "builtins.int",
                                  "builtins.float",
                                  "builtins.str",
                                  "builtins.bool"};

constexpr size_t kMaxDimensions = 16;
// AVA's training proposals as mmaction2 has them: 203,626 key frames of 12 values; ACAR's list: 10 million.
constexpr size_t kMaxValues = 30'000'000;

absl::Status Wrong(absl::string_view what) { return absl::DataLossError(what); }

// One name for what numpy 1 and 2, Python 2 and 3 call differently.
std::string Usual(absl::string_view global) {
  if (global == "codecs.encode") return kEncode;
  return absl::StrReplaceAll(global, {{"numpy._core.", "numpy.core."}, {"__builtin__.", "builtins."}});
}

class TypeObject : public PickleObject {
 public:
  explicit TypeObject(NumpyType type) : type(type) {}
  std::string Described() const override { return "a type of numpy"; }
  NumpyType type;
};

TypeObject* TypeOf(const PickleValue& value) {
  return value.kind == Kind::kObject ? dynamic_cast<TypeObject*>(value.object.get()) : nullptr;
}

class NumpyObjects : public PickleObjects {
 public:
  // Together the texts that calls make are no longer than this: a pickle may name one text many times.
  explicit NumpyObjects(size_t pickle_bytes)
      : bytes_left_(2 * pickle_bytes + (1 << 20)), items_left_(pickle_bytes) {}

  absl::Status Name(const std::string& global, PickleTree*) override {
    const std::string usual = Usual(global);
    if (std::any_of(std::begin(kNames), std::end(kNames), [&](const char* name) { return usual == name; })) {
      return absl::OkStatus();
    }
    return Wrong(absl::StrFormat(
        "names %s, which is none of the classes of arrays and plain data; nothing of the pickle was executed",
        Quoted(global)));
  }

  absl::Status Call(const PickleValue& function, const PickleValue& arguments, PickleTree*,
                    PickleValue* result) override {
    if (function.kind != Kind::kGlobal || arguments.kind != Kind::kTuple) {
      return Wrong(absl::StrCat(function.Described(), " is called as a function"));
    }
    const std::string name = Usual(function.text);
    const auto& items = arguments.items;
    absl::Status status = absl::OkStatus();
    bool known = true;
    if (name == kReconstruct) {
      result->kind = Kind::kObject;
      result->object = std::make_shared<NumpyArray>();
    } else if (name == kType) {
      known = !items.empty() && items[0]->IsText() && MakeType(items[0]->text, result);
    } else if (name == kFromBuffer) {  // (bytes, type, shape, order), of protocol 5
      known = items.size() == 4 && items[3]->IsText();
      auto array = std::make_shared<NumpyArray>();
      if (known) status = SetArray(*items[2], *items[1], items[3]->text == "F", *items[0], array.get());
      result->kind = Kind::kObject;
      result->object = std::move(array);
    } else if (name == kScalar) {
      known = items.size() == 2 && items[1]->IsText();
      if (known) status = MakeScalar(*items[0], *items[1], result);
    } else if (name == kEncode) {
      known = items.size() == 2 && items[0]->IsText() && items[1]->IsText() &&
              absl::StartsWith(items[1]->text, "latin");
      if (known) status = Latin1(items[0]->text, result);
    } else {
      known = MakeBuiltin(name, items, result, &status);
    }
    if (!known) return Wrong(absl::StrCat(name, " is called with arguments of a wrong kind"));
    return status;
  }

  absl::Status Build(const PickleValue& state, PickleTree*, PickleValue* object) override {
    if (object->kind != Kind::kObject)
      return absl::OkStatus();  // attributes of a dict, of which none matters
    const auto& items = state.items;
    if (TypeObject* type = TypeOf(*object)) {  // (version, byte order, ..)
      if (state.kind != Kind::kTuple || items.size() < 2 || !items[1]->IsText())
        return Wrong("a type has no state");
      type->type.big_endian = items[1]->text == ">";
      return absl::OkStatus();
    }
    auto* array = dynamic_cast<NumpyArray*>(object->object.get());
    if (state.kind != Kind::kTuple || items.size() != 5)
      return Wrong("an array's state is not that of numpy");
    return SetArray(*items[1], *items[2], items[3]->integer != 0, *items[4], array);
  }

 private:
  static bool MakeType(absl::string_view text, PickleValue* result) {
    NumpyType type;
    if (!text.empty() && absl::StrContains("<>|=", text[0])) {
      type.big_endian = text[0] == '>';
      text.remove_prefix(1);
    }
    if (text.empty() || !absl::StrContains("biufSUO", text[0])) return false;
    type.kind = text[0];
    uint32_t number = 1;
    if (text.size() > 1 && !absl::SimpleAtoi(text.substr(1), &number)) return false;
    if (number == 0) return false;  // texts without letters: any number of them takes no bytes
    type.bytes = type.kind == 'U' ? int64_t{4} * number : number;
    result->kind = Kind::kObject;
    result->object = std::make_shared<TypeObject>(type);
    return true;
  }

  static absl::Status SetArray(const PickleValue& shape, const PickleValue& type, bool column_major,
                               const PickleValue& raw, NumpyArray* array) {
    const TypeObject* of = TypeOf(type);
    if (of == nullptr || !shape.IsSequence() || shape.items.size() > kMaxDimensions) {
      return Wrong("an array's state is not that of numpy");
    }
    array->type = of->type;
    array->column_major = column_major;
    array->shape.clear();
    int64_t bytes = array->type.bytes;
    for (const PickleValue* extent : shape.items) {
      if (extent->kind != Kind::kInt || extent->integer < 0 ||
          __builtin_mul_overflow(bytes, extent->integer, &bytes)) {
        return Wrong("an array's size is no number of 64 bits");
      }
      array->shape.push_back(extent->integer);
    }
    if (array->type.kind == 'O') return Wrong("an array of Python's objects is not read");
    if (!raw.IsText() || static_cast<int64_t>(raw.text.size()) != bytes) {
      return Wrong(absl::StrFormat("%s has %s, expected %d bytes", array->Described(),
                                   raw.IsText() ? absl::StrCat(raw.text.size(), " bytes") : raw.Described(),
                                   bytes));
    }
    array->data = &raw.text;
    return absl::OkStatus();
  }

  static absl::Status MakeScalar(const PickleValue& type, const PickleValue& raw, PickleValue* result) {
    NumpyArray one;
    PickleValue shape;
    shape.kind = Kind::kTuple;
    MRSN_RETURN_IF_ERROR(SetArray(shape, type, false, raw, &one));
    if (auto text = one.Text(0)) {
      result->kind = Kind::kString;
      result->text = *std::move(text);
      return absl::OkStatus();
    }
    const std::optional<double> number = one.Number(0);
    if (!number.has_value()) return Wrong("a number of numpy has a type that is not read");
    result->kind = one.type.kind == 'f' ? Kind::kFloat : Kind::kInt;
    if (one.type.kind == 'f') {
      result->real = *number;
    } else {
      result->integer = *number < 9.2e18 ? static_cast<int64_t>(*number) : INT64_MAX;
    }
    return absl::OkStatus();
  }

  // Bytes as protocols 0 to 2 of Python 3 write them: a string whose code points are the bytes.
  absl::Status Latin1(const std::string& text, PickleValue* result) {
    result->kind = Kind::kBytes;
    MRSN_RETURN_IF_ERROR(Spend(text.size(), &bytes_left_));
    std::string& bytes = result->text;
    bytes.reserve(text.size());
    for (size_t i = 0; i < text.size(); ++i) {
      const uint8_t byte = text[i];
      if (byte < 0x80) {
        bytes += text[i];
      } else if ((byte & 0xfc) == 0xc0 && i + 1 < text.size()) {
        bytes += static_cast<char>(byte << 6 | (text[++i] & 0x3f));
      } else {
        return Wrong("a text that should be Latin-1 is not");
      }
    }
    return absl::OkStatus();
  }

  bool MakeBuiltin(const std::string& name, const std::vector<const PickleValue*>& items, PickleValue* result,
                   absl::Status* status) {
    if (name == "builtins.bytes" || name == "builtins.bytearray") {
      if (items.size() == 2 && items[0]->IsText()) {  // (text, "latin-1")
        *status = Latin1(items[0]->text, result);
        return true;
      }
      result->kind = Kind::kBytes;
      if (items.empty()) return true;
      if (items.size() != 1 || !items[0]->IsText()) return false;
      *status = Spend(items[0]->text.size(), &bytes_left_);
      if (status->ok()) result->text = items[0]->text;
      return true;
    }
    const bool dict =
        name == "collections.OrderedDict" || name == "collections.defaultdict" || name == "builtins.dict";
    if (dict) result->kind = Kind::kDict;
    if (name == "builtins.list") result->kind = Kind::kList;
    if (name == "builtins.tuple") result->kind = Kind::kTuple;
    if (name == "builtins.set" || name == "builtins.frozenset") result->kind = Kind::kSet;
    if (result->kind == Kind::kNone) return false;
    if (items.empty() || name == "collections.defaultdict") return items.size() <= 1;
    if (items.size() != 1 || !(items[0]->IsSequence() || items[0]->kind == Kind::kSet)) return false;
    *status = Spend(items[0]->items.size(), &items_left_);
    if (!status->ok()) return true;
    if (!dict) {
      result->items = items[0]->items;
      return true;
    }
    for (const PickleValue* pair : items[0]->items) {  // Python 2's OrderedDict: a list of [key, value]
      if (!pair->IsSequence() || pair->items.size() != 2) return false;
      result->items.insert(result->items.end(), pair->items.begin(), pair->items.end());
    }
    return true;
  }

  static absl::Status Spend(size_t count, size_t* left) {
    if (count > *left) return Wrong("one value is copied so often that memory would run out");
    *left -= count;
    return absl::OkStatus();
  }

  size_t bytes_left_, items_left_;
};

}  // namespace

absl::StatusOr<PickleTree> ParseNumpyPickle(absl::string_view bytes, const std::string& origin) {
  NumpyObjects objects(bytes.size());
  UnpickleLimits limits;
  // A value takes a byte of the pickle or more.
  limits.values = std::min<size_t>(kMaxValues, bytes.size() + 1);
  PickleTree tree;
  MRSN_RETURN_IF_ERROR(Unpickle(bytes, origin, limits, &objects, &tree));
  return tree;
}

absl::StatusOr<PickleTree> ReadNumpyPickle(const std::string& path) {
  MRSN_ASSIGN_OR_RETURN(const TextFile file, TextFile::OpenUnchecked(path));
  return ParseNumpyPickle(file.text(), path);
}

}  // namespace mrsn::formats
