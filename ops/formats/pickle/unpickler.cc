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

absl::Status Unpickler::CheckProtocol() {
  MRSN_ASSIGN_OR_RETURN(const uint64_t protocol, Unsigned(1));
  if (protocol > 5) return Wrong(absl::StrCat("pickle protocol ", protocol, " is not read; 5 is the last"));
  return absl::OkStatus();
}

absl::Status Unpickler::PushUnsigned(int width) {
  MRSN_ASSIGN_OR_RETURN(const uint64_t value, Unsigned(width));
  return PushSimple(Kind::kInt, static_cast<int64_t>(value));
}

absl::Status Unpickler::PushInt32() {
  MRSN_ASSIGN_OR_RETURN(const uint64_t value, Unsigned(4));
  return PushSimple(Kind::kInt, static_cast<int32_t>(value));
}

absl::Status Unpickler::PushBigEndianReal() {
  MRSN_ASSIGN_OR_RETURN(const absl::string_view raw, Take(8));
  uint64_t bits = 0;
  for (char byte : raw) bits = bits << 8 | static_cast<uint8_t>(byte);
  double real;
  std::memcpy(&real, &bits, sizeof bits);
  return PushReal(real);
}

absl::Status Unpickler::PushMark() {
  marks_.push_back(stack_.size());
  return absl::OkStatus();
}

absl::Status Unpickler::Duplicate() {
  MRSN_ASSIGN_OR_RETURN(PickleValue* const value, Pop());
  stack_.insert(stack_.end(), 2, value);
  return absl::OkStatus();
}

absl::Status Unpickler::MemoizeAt(int width) {
  MRSN_ASSIGN_OR_RETURN(const uint64_t index, Unsigned(width));
  ++memoized_;
  return Memoize(index);
}

absl::Status Unpickler::RecallAt(int width) {
  MRSN_ASSIGN_OR_RETURN(const uint64_t index, Unsigned(width));
  return Recall(index);
}

absl::Status Unpickler::PushGlobalOfLines() {
  MRSN_ASSIGN_OR_RETURN(const absl::string_view module, Line());
  MRSN_ASSIGN_OR_RETURN(const absl::string_view name, Line());
  return PushGlobal(module, name);
}

absl::Status Unpickler::PushGlobalOfStack() {
  MRSN_ASSIGN_OR_RETURN(const PickleValue* const name, Pop());
  MRSN_ASSIGN_OR_RETURN(const PickleValue* const module, Pop());
  if (name->kind != Kind::kString || module->kind != Kind::kString) {
    return Wrong("a global's name is no short string");
  }
  return PushGlobal(module->text, name->text);
}

absl::Status Unpickler::CallWithKeywords() {
  // Keyword arguments are on top; no class that is known takes any.
  MRSN_RETURN_IF_ERROR(Pop().status());
  return Call();
}

absl::Status Unpickler::Build() {
  MRSN_ASSIGN_OR_RETURN(const PickleValue* const state, Pop());
  MRSN_ASSIGN_OR_RETURN(PickleValue* const object, Pop());
  stack_.push_back(object);
  return objects_.Build(*state, &tree_, object);
}

absl::Status Unpickler::LoadPersistent() {
  MRSN_ASSIGN_OR_RETURN(const PickleValue* const id, Pop());
  return objects_.LoadPersistent(*id, &tree_, Push(Kind::kNone));
}

// The meaning of each opcode; null of those that are not read, and of STOP, which Run() handles.
struct Unpickler::Instructions {
  using Instruction = absl::Status (*)(Unpickler&);
  Instruction of[256] = {};

  constexpr Instructions() {
    SetFraming();
    SetNumbers();
    SetTexts();
    SetCollections();
    SetMemo();
    SetObjects();
  }

  constexpr void SetFraming() {
    of[PROTO] = [](Unpickler& u) { return u.CheckProtocol(); };
    of[FRAME] = [](Unpickler& u) { return u.Take(8).status(); };
    of[MARK] = [](Unpickler& u) { return u.PushMark(); };
    of[POP] = [](Unpickler& u) { return u.Pop().status(); };
    of[POP_MARK] = [](Unpickler& u) { return u.PopToMark().status(); };
    of[DUP] = [](Unpickler& u) { return u.Duplicate(); };
  }

  constexpr void SetNumbers() {
    of[NONE] = [](Unpickler& u) { return u.PushSimple(Kind::kNone); };
    of[NEWTRUE] = [](Unpickler& u) { return u.PushSimple(Kind::kBool, 1); };
    of[NEWFALSE] = [](Unpickler& u) { return u.PushSimple(Kind::kBool, 0); };
    of[BININT] = [](Unpickler& u) { return u.PushInt32(); };
    of[BININT1] = [](Unpickler& u) { return u.PushUnsigned(1); };
    of[BININT2] = [](Unpickler& u) { return u.PushUnsigned(2); };
    of[LONG1] = [](Unpickler& u) { return u.PushLong(1); };
    of[LONG4] = [](Unpickler& u) { return u.PushLong(4); };
    of[BINFLOAT] = [](Unpickler& u) { return u.PushBigEndianReal(); };
  }

  constexpr void SetTexts() {
    of[INT] = &OfLine<INT>;
    of[LONG] = &OfLine<LONG>;
    of[FLOAT] = &OfLine<FLOAT>;
    of[STRING] = &OfLine<STRING>;
    of[UNICODE] = &OfLine<UNICODE>;
    of[SHORT_BINUNICODE] = [](Unpickler& u) { return u.PushText(Kind::kString, 1); };
    of[BINUNICODE] = [](Unpickler& u) { return u.PushText(Kind::kString, 4); };
    of[BINUNICODE8] = [](Unpickler& u) { return u.PushText(Kind::kString, 8); };
    of[SHORT_BINSTRING] = of[SHORT_BINUNICODE];  // Python 2's str
    of[BINSTRING] = of[BINUNICODE];
    of[SHORT_BINBYTES] = [](Unpickler& u) { return u.PushText(Kind::kBytes, 1); };
    of[BINBYTES] = [](Unpickler& u) { return u.PushText(Kind::kBytes, 4); };
    of[BINBYTES8] = [](Unpickler& u) { return u.PushText(Kind::kBytes, 8); };
    of[BYTEARRAY8] = of[BINBYTES8];
  }

  constexpr void SetCollections() {
    of[EMPTY_LIST] = [](Unpickler& u) { return u.PushSimple(Kind::kList); };
    of[EMPTY_TUPLE] = [](Unpickler& u) { return u.PushSimple(Kind::kTuple); };
    of[EMPTY_DICT] = [](Unpickler& u) { return u.PushSimple(Kind::kDict); };
    of[EMPTY_SET] = [](Unpickler& u) { return u.PushItems(Kind::kSet, std::vector<const PickleValue*>()); };
    of[LIST] = [](Unpickler& u) { return u.PushItems(Kind::kList, u.PopToMark()); };
    of[TUPLE] = [](Unpickler& u) { return u.PushItems(Kind::kTuple, u.PopToMark()); };
    of[TUPLE1] = [](Unpickler& u) { return u.PushItems(Kind::kTuple, u.PopLast(1)); };
    of[TUPLE2] = [](Unpickler& u) { return u.PushItems(Kind::kTuple, u.PopLast(2)); };
    of[TUPLE3] = [](Unpickler& u) { return u.PushItems(Kind::kTuple, u.PopLast(3)); };
    of[DICT] = [](Unpickler& u) { return u.PushItems(Kind::kDict, u.PopToMark()); };
    of[FROZENSET] = [](Unpickler& u) { return u.PushItems(Kind::kSet, u.PopToMark()); };
    of[APPEND] = [](Unpickler& u) { return u.AddItems(Kind::kList, u.PopLast(1)); };
    of[APPENDS] = [](Unpickler& u) { return u.AddItems(Kind::kList, u.PopToMark()); };
    of[SETITEM] = [](Unpickler& u) { return u.AddItems(Kind::kDict, u.PopLast(2)); };
    of[SETITEMS] = [](Unpickler& u) { return u.AddItems(Kind::kDict, u.PopToMark()); };
    of[ADDITEMS] = [](Unpickler& u) { return u.AddItems(Kind::kSet, u.PopToMark()); };
  }

  constexpr void SetMemo() {
    of[PUT] = &OfLine<PUT>;
    of[GET] = &OfLine<GET>;
    of[BINPUT] = [](Unpickler& u) { return u.MemoizeAt(1); };
    of[LONG_BINPUT] = [](Unpickler& u) { return u.MemoizeAt(4); };
    of[MEMOIZE] = [](Unpickler& u) { return u.Memoize(u.memoized_++); };
    of[BINGET] = [](Unpickler& u) { return u.RecallAt(1); };
    of[LONG_BINGET] = [](Unpickler& u) { return u.RecallAt(4); };
  }

  constexpr void SetObjects() {
    of[GLOBAL] = [](Unpickler& u) { return u.PushGlobalOfLines(); };
    of[STACK_GLOBAL] = [](Unpickler& u) { return u.PushGlobalOfStack(); };
    of[REDUCE] = [](Unpickler& u) { return u.Call(); };
    of[NEWOBJ] = of[REDUCE];
    of[NEWOBJ_EX] = [](Unpickler& u) { return u.CallWithKeywords(); };
    of[BUILD] = [](Unpickler& u) { return u.Build(); };
    of[BINPERSID] = [](Unpickler& u) { return u.LoadPersistent(); };
  }

  // Of protocol 0: the rest of the line is the operand.
  template <PickleOpcode opcode>
  static absl::Status OfLine(Unpickler& u) {
    MRSN_ASSIGN_OR_RETURN(const absl::string_view line, u.Line());
    return u.ExecuteText(opcode, line);
  }
};

absl::Status Unpickler::Execute(uint8_t opcode) {
  static constexpr Instructions kInstructions;
  const Instructions::Instruction instruction = kInstructions.of[opcode];
  if (instruction == nullptr) return Wrong(absl::StrFormat("opcode 0x%02x is not read", opcode));
  return instruction(*this);
}

}  // namespace mrsn::formats
