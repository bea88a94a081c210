// The machine that a pickle is a program of: a stack of values, marks on it, and a memo.
#ifndef MRSN_OPS_FORMATS_PICKLE_UNPICKLER_H_
#define MRSN_OPS_FORMATS_PICKLE_UNPICKLER_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "ops/base/status_macros.h"
#include "ops/formats/pickle/opcodes.h"
#include "ops/formats/pickle/pickle_objects.h"
#include "ops/formats/pickle/value.h"

namespace mrsn::formats {

inline constexpr size_t kMaxGlobalLength = 128;

inline absl::Status Wrong(absl::string_view what) { return absl::DataLossError(what); }

class Unpickler {
 public:
  using Kind = PickleValue::Kind;

  Unpickler(absl::string_view bytes, const UnpickleLimits& limits, PickleObjects* objects, PickleTree* tree)
      : bytes_(bytes), limits_(limits), objects_(*objects), tree_(*tree) {}

  // Errors do not name the file; at() is the byte where the faulty instruction stands.
  absl::Status Run() {
    while (true) {
      at_ = next_;
      MRSN_ASSIGN_OR_RETURN(const uint64_t opcode, Unsigned(1));
      if (opcode == STOP) break;
      MRSN_RETURN_IF_ERROR(Execute(static_cast<uint8_t>(opcode)));
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
  struct Instructions;  // by opcode

  absl::Status Execute(uint8_t opcode);

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

  // Instructions whose operands follow in the file; `width` is the number of bytes of an unsigned operand.
  absl::Status CheckProtocol();
  absl::Status PushUnsigned(int width);
  absl::Status PushInt32();
  absl::Status PushBigEndianReal();
  absl::Status MemoizeAt(int width);
  absl::Status RecallAt(int width);
  absl::Status PushGlobalOfLines();
  // Instructions whose operands are on the stack.
  absl::Status PushMark();
  absl::Status Duplicate();
  absl::Status PushGlobalOfStack();
  absl::Status CallWithKeywords();
  absl::Status Build();
  absl::Status LoadPersistent();

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

}  // namespace mrsn::formats

#endif  // MRSN_OPS_FORMATS_PICKLE_UNPICKLER_H_
