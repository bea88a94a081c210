#include "ops/formats/pickle/unpickler.h"

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "ops/formats/pickle/text_opcodes.h"

namespace mrsn::formats {

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

}  // namespace mrsn::formats
