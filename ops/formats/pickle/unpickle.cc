#include "ops/formats/pickle/unpickle.h"

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "ops/base/status_macros.h"
#include "ops/formats/pickle/opcodes.h"
#include "ops/formats/pickle/text_opcodes.h"

namespace mrsn::formats {
namespace {

using Kind = PickleValue::Kind;

constexpr size_t kMaxGlobalLength = 128;

absl::Status Wrong(absl::string_view what) { return absl::DataLossError(what); }

class Unpickler {
 public:
  Unpickler(absl::string_view bytes, const UnpickleLimits& limits, PickleObjects* objects, PickleTree* tree)
      : bytes_(bytes), limits_(limits), objects_(*objects), tree_(*tree) {}

  // Errors do not name the file; at() is the byte where the faulty instruction stands.
  absl::Status Run() {
    while (true) {
      at_ = next_;
      MRSN_ASSIGN_OR_RETURN(const uint64_t opcode, Unsigned(1));
      if (opcode == STOP) break;
      MRSN_RETURN_IF_ERROR(Execute(static_cast<PickleOpcode>(opcode)));
      if (std::max({tree_.values.size(), stack_.size(), marks_.size()}) > limits_.values) {
        return Wrong(absl::StrCat("more than ", limits_.values, " values"));
      }
    }
    if (stack_.size() != 1) return Wrong(absl::StrCat("it ends with ", stack_.size(), " values, not one"));
    tree_.root = stack_[0];
    return absl::OkStatus();
  }

  size_t at() const { return at_; }
  size_t next() const { return next_; }

 private:
  absl::Status Execute(PickleOpcode opcode);

  absl::StatusOr<absl::string_view> Take(uint64_t size) {
    if (size > bytes_.size() - next_) {
      return Wrong(absl::StrFormat("the file ends early: %d bytes are needed, %d are left", size,
                                   bytes_.size() - next_));
    }
    next_ += size;
    return bytes_.substr(next_ - size, size);
  }

  // Little-endian, of 1 to 8 bytes.
  absl::StatusOr<uint64_t> Unsigned(int width) {
    MRSN_ASSIGN_OR_RETURN(const absl::string_view raw, Take(width));
    uint64_t value = 0;
    for (int i = width - 1; i >= 0; --i) value = value << 8 | static_cast<uint8_t>(raw[i]);
    return value;
  }

  absl::StatusOr<absl::string_view> Line() {
    const size_t end = bytes_.find('\n', next_);
    if (end == absl::string_view::npos) return Wrong("a line does not end");
    const absl::string_view line = bytes_.substr(next_, end - next_);
    next_ = end + 1;
    return line;
  }

  PickleValue* Push(Kind kind) {
    PickleValue* value = &tree_.values.emplace_back();
    value->kind = kind;
    stack_.push_back(value);
    return value;
  }

  // Nobody changes a number or None, so that small ones are shared: files of arrays have millions.
  absl::Status PushSimple(Kind kind, int64_t integer = 0) {
    const bool shared = kind <= Kind::kInt && integer >= 0 && integer < kSharedIntegers;
    PickleValue** known = shared ? &shared_[static_cast<int>(kind)][integer] : nullptr;
    if (known != nullptr && *known != nullptr) {
      stack_.push_back(*known);
      return absl::OkStatus();
    }
    PickleValue* value = Push(kind);
    value->integer = integer;
    if (known != nullptr) *known = value;
    return absl::OkStatus();
  }

  absl::Status PushReal(double real) {
    Push(Kind::kFloat)->real = real;
    return absl::OkStatus();
  }

  absl::Status PushText(Kind kind, int length_width) {
    MRSN_ASSIGN_OR_RETURN(const uint64_t length, Unsigned(length_width));
    MRSN_ASSIGN_OR_RETURN(const absl::string_view text, Take(length));
    Push(kind)->text = std::string(text);
    return absl::OkStatus();
  }

  absl::Status PushLong(int length_width) {
    MRSN_ASSIGN_OR_RETURN(const uint64_t length, Unsigned(length_width));
    MRSN_ASSIGN_OR_RETURN(const absl::string_view raw, Take(length));
    if (length > 8) {
      Push(Kind::kOpaque)->text = "int";
      return absl::OkStatus();
    }
    uint64_t value = length > 0 && static_cast<int8_t>(raw.back()) < 0 ? ~uint64_t{0} : 0;
    for (size_t i = length; i > 0; --i) value = value << 8 | static_cast<uint8_t>(raw[i - 1]);
    return PushSimple(Kind::kInt, static_cast<int64_t>(value));
  }

  absl::Status PushGlobal(absl::string_view module, absl::string_view name) {
    if (module.size() > kMaxGlobalLength || name.size() > kMaxGlobalLength) {
      return Wrong("the name of a global does not end");
    }
    PickleValue* value = Push(Kind::kGlobal);
    value->text = absl::StrCat(module, ".", name);
    return objects_.Name(value->text, &tree_);
  }

  // Values below the last mark stay out of reach.
  size_t Floor() const { return marks_.empty() ? 0 : marks_.back(); }

  absl::StatusOr<PickleValue*> Pop() {
    if (stack_.size() <= Floor()) return Wrong("an instruction lacks its operand");
    PickleValue* value = stack_.back();
    stack_.pop_back();
    return value;
  }

  absl::StatusOr<std::vector<const PickleValue*>> PopLast(size_t count) {
    if (stack_.size() - Floor() < count) return Wrong("an instruction lacks its operands");
    std::vector<const PickleValue*> values(stack_.end() - count, stack_.end());
    stack_.resize(stack_.size() - count);
    return values;
  }

  absl::StatusOr<std::vector<const PickleValue*>> PopToMark() {
    if (marks_.empty()) return Wrong("an instruction lacks its mark");
    auto values = PopLast(stack_.size() - marks_.back());
    marks_.pop_back();
    return values;
  }

  absl::Status PushItems(Kind kind, absl::StatusOr<std::vector<const PickleValue*>> items) {
    if (!items.ok()) return items.status();
    if (kind == Kind::kDict && items->size() % 2 != 0) return Wrong("a dict's key lacks its value");
    Push(kind)->items = *std::move(items);
    return absl::OkStatus();
  }

  // Into the list or dict on top; into an object that is not known they vanish.
  absl::Status AddItems(Kind kind, absl::StatusOr<std::vector<const PickleValue*>> items) {
    if (!items.ok()) return items.status();
    if (kind == Kind::kDict && items->size() % 2 != 0) return Wrong("a dict's key lacks its value");
    MRSN_ASSIGN_OR_RETURN(PickleValue* const to, Pop());
    stack_.push_back(to);
    if (to->kind == Kind::kOpaque) return absl::OkStatus();
    if (to->kind != kind) return Wrong(absl::StrCat("items are added to ", to->Described()));
    to->items.insert(to->items.end(), items->begin(), items->end());
    return absl::OkStatus();
  }

  absl::Status Memoize(uint64_t index) {
    if (index >= limits_.values) return Wrong(absl::StrCat("memo entry ", index, " is beyond the limit"));
    MRSN_ASSIGN_OR_RETURN(PickleValue* const value, Pop());
    stack_.push_back(value);
    if (index >= memo_.size()) memo_.resize(index + 1, nullptr);
    memo_[index] = value;
    return absl::OkStatus();
  }

  absl::Status Recall(uint64_t index) {
    if (index >= memo_.size() || memo_[index] == nullptr) {
      return Wrong(absl::StrCat("memo entry ", index, " was never stored"));
    }
    stack_.push_back(memo_[index]);
    return absl::OkStatus();
  }

  absl::Status Call() {
    MRSN_ASSIGN_OR_RETURN(const PickleValue* const arguments, Pop());
    MRSN_ASSIGN_OR_RETURN(const PickleValue* const function, Pop());
    return objects_.Call(*function, *arguments, &tree_, Push(Kind::kNone));
  }

  // What a line of protocol 0 stands for, without its line end.
  absl::Status ExecuteText(PickleOpcode opcode, absl::string_view line);

  static constexpr int kSharedIntegers = 1024;

  const absl::string_view bytes_;
  const UnpickleLimits limits_;
  PickleObjects& objects_;
  PickleTree& tree_;
  PickleValue* shared_[static_cast<int>(Kind::kInt) + 1][kSharedIntegers] = {};
  size_t next_ = 0, at_ = 0;
  std::vector<PickleValue*> stack_;
  std::vector<size_t> marks_;  // sizes of the stack
  std::vector<PickleValue*> memo_;
  uint64_t memoized_ = 0;
};

absl::Status Unpickler::ExecuteText(PickleOpcode opcode, absl::string_view line) {
  switch (opcode) {
    case INT:
      // Protocol 0 writes bools as integers of two digits.
      if (line == "01" || line == "00") return PushSimple(Kind::kBool, line == "01");
      [[fallthrough]];
    case LONG: {
      absl::ConsumeSuffix(&line, "L");
      int64_t integer = 0;
      if (absl::SimpleAtoi(line, &integer)) return PushSimple(Kind::kInt, integer);
      if (!IsDecimal(line)) return Wrong("a text integer is no decimal number");
      Push(Kind::kOpaque)->text = "int";
      return absl::OkStatus();
    }
    case FLOAT: {
      double real = 0;
      if (!absl::SimpleAtod(line, &real)) return Wrong("a text float is no decimal number");
      return PushReal(real);
    }
    case STRING: {
      PickleValue* value = Push(Kind::kString);
      return Unquote(line, &value->text) ? absl::OkStatus() : Wrong("a text string is not quoted");
    }
    case UNICODE: {
      PickleValue* value = Push(Kind::kString);
      return UnescapeUnicode(line, &value->text) ? absl::OkStatus() : Wrong("a text string is cut");
    }
    default: {
      uint64_t index = 0;
      if (!absl::SimpleAtoi(line, &index)) return Wrong("a memo entry is no number");
      if (opcode == GET) return Recall(index);
      ++memoized_;
      return Memoize(index);
    }
  }
}

absl::Status Unpickler::Execute(PickleOpcode opcode) {
  switch (opcode) {
    case PROTO: {
      MRSN_ASSIGN_OR_RETURN(const uint64_t protocol, Unsigned(1));
      if (protocol > 5)
        return Wrong(absl::StrCat("pickle protocol ", protocol, " is not read; 5 is the last"));
      return absl::OkStatus();
    }
    case FRAME:
      return Take(8).status();
    case STOP:
      break;  // handled by Run()

    case NONE:
      return PushSimple(Kind::kNone);
    case NEWTRUE:
      return PushSimple(Kind::kBool, 1);
    case NEWFALSE:
      return PushSimple(Kind::kBool, 0);
    case BININT: {
      MRSN_ASSIGN_OR_RETURN(const uint64_t value, Unsigned(4));
      return PushSimple(Kind::kInt, static_cast<int32_t>(value));
    }
    case BININT1:
    case BININT2: {
      MRSN_ASSIGN_OR_RETURN(const uint64_t value, Unsigned(opcode == BININT1 ? 1 : 2));
      return PushSimple(Kind::kInt, static_cast<int64_t>(value));
    }
    case LONG1:
      return PushLong(1);
    case LONG4:
      return PushLong(4);
    case BINFLOAT: {  // big-endian
      MRSN_ASSIGN_OR_RETURN(const absl::string_view raw, Take(8));
      uint64_t bits = 0;
      for (char byte : raw) bits = bits << 8 | static_cast<uint8_t>(byte);
      double real;
      std::memcpy(&real, &bits, sizeof bits);
      return PushReal(real);
    }
    case INT:
    case LONG:
    case FLOAT:
    case STRING:
    case UNICODE:
    case PUT:
    case GET: {
      MRSN_ASSIGN_OR_RETURN(const absl::string_view line, Line());
      return ExecuteText(opcode, line);
    }

    case SHORT_BINUNICODE:
      return PushText(Kind::kString, 1);
    case BINUNICODE:
      return PushText(Kind::kString, 4);
    case BINUNICODE8:
      return PushText(Kind::kString, 8);
    case SHORT_BINSTRING:  // Python 2's str
      return PushText(Kind::kString, 1);
    case BINSTRING:
      return PushText(Kind::kString, 4);
    case SHORT_BINBYTES:
      return PushText(Kind::kBytes, 1);
    case BINBYTES:
      return PushText(Kind::kBytes, 4);
    case BINBYTES8:
    case BYTEARRAY8:
      return PushText(Kind::kBytes, 8);

    case MARK:
      marks_.push_back(stack_.size());
      return absl::OkStatus();
    case POP:
      return Pop().status();
    case POP_MARK:
      return PopToMark().status();
    case DUP: {
      MRSN_ASSIGN_OR_RETURN(PickleValue* const value, Pop());
      stack_.insert(stack_.end(), 2, value);
      return absl::OkStatus();
    }

    case EMPTY_LIST:
      return PushSimple(Kind::kList);
    case EMPTY_TUPLE:
      return PushSimple(Kind::kTuple);
    case EMPTY_DICT:
      return PushSimple(Kind::kDict);
    case LIST:
      return PushItems(Kind::kList, PopToMark());
    case TUPLE:
      return PushItems(Kind::kTuple, PopToMark());
    case TUPLE1:
    case TUPLE2:
    case TUPLE3:
      return PushItems(Kind::kTuple, PopLast(opcode - TUPLE1 + 1));
    case DICT:
      return PushItems(Kind::kDict, PopToMark());
    case APPEND:
      return AddItems(Kind::kList, PopLast(1));
    case APPENDS:
      return AddItems(Kind::kList, PopToMark());
    case SETITEM:
      return AddItems(Kind::kDict, PopLast(2));
    case SETITEMS:
      return AddItems(Kind::kDict, PopToMark());
    case EMPTY_SET:
      return PushItems(Kind::kSet, std::vector<const PickleValue*>());
    case ADDITEMS:
      return AddItems(Kind::kSet, PopToMark());
    case FROZENSET:
      return PushItems(Kind::kSet, PopToMark());

    case BINPUT:
    case LONG_BINPUT: {
      MRSN_ASSIGN_OR_RETURN(const uint64_t index, Unsigned(opcode == BINPUT ? 1 : 4));
      ++memoized_;
      return Memoize(index);
    }
    case MEMOIZE:
      return Memoize(memoized_++);
    case BINGET:
    case LONG_BINGET: {
      MRSN_ASSIGN_OR_RETURN(const uint64_t index, Unsigned(opcode == BINGET ? 1 : 4));
      return Recall(index);
    }

    case GLOBAL: {
      MRSN_ASSIGN_OR_RETURN(const absl::string_view module, Line());
      MRSN_ASSIGN_OR_RETURN(const absl::string_view name, Line());
      return PushGlobal(module, name);
    }
    case STACK_GLOBAL: {
      MRSN_ASSIGN_OR_RETURN(const PickleValue* const name, Pop());
      MRSN_ASSIGN_OR_RETURN(const PickleValue* const module, Pop());
      if (name->kind != Kind::kString || module->kind != Kind::kString) {
        return Wrong("a global's name is no short string");
      }
      return PushGlobal(module->text, name->text);
    }
    case REDUCE:
    case NEWOBJ:
      return Call();
    case NEWOBJ_EX:  // keyword arguments on top; no class that is known takes any
      MRSN_RETURN_IF_ERROR(Pop().status());
      return Call();
    case BUILD: {
      MRSN_ASSIGN_OR_RETURN(const PickleValue* const state, Pop());
      MRSN_ASSIGN_OR_RETURN(PickleValue* const object, Pop());
      stack_.push_back(object);
      return objects_.Build(*state, &tree_, object);
    }
    case BINPERSID: {
      MRSN_ASSIGN_OR_RETURN(const PickleValue* const id, Pop());
      return objects_.LoadPersistent(*id, &tree_, Push(Kind::kNone));
    }
  }
  return Wrong(absl::StrFormat("opcode 0x%02x is not read", opcode));
}

}  // namespace

absl::Status PickleObjects::Build(const PickleValue&, PickleTree*, PickleValue*) { return absl::OkStatus(); }

absl::Status PickleObjects::LoadPersistent(const PickleValue&, PickleTree*, PickleValue*) {
  return Wrong("it refers to an object outside the pickle");
}

absl::Status Unpickle(absl::string_view bytes, const std::string& origin, const UnpickleLimits& limits,
                      PickleObjects* objects, PickleTree* tree, size_t* length) {
  Unpickler unpickler(bytes, limits, objects, tree);
  const absl::Status status = unpickler.Run();
  if (!status.ok()) {
    return absl::DataLossError(
        absl::StrFormat("%s: not a readable pickle: byte %d: %s", origin, unpickler.at(), status.message()));
  }
  if (length != nullptr) *length = unpickler.next();
  return absl::OkStatus();
}

}  // namespace mrsn::formats
