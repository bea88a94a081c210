// Fields of a configuration message into a struct of options.
//
//   AcarHeadOptions options;
//   ConfigReader reader(config, "model.acar");
//   reader.Read("depth", &options.depth, Between(1, 8));
//   reader.Read("kernel", &options.kernel, OddUpTo(31));
//   MRSN_RETURN_IF_ERROR(reader.status());
//
// A field that the file does not set leaves its option alone: the struct's own value is the default.
// The range is checked in both cases. Fields are named as in the .proto file; a name that the message
// lacks, or an option of another type than the field, ends the program.
#ifndef MRSN_OPS_BASE_CONFIG_READER_H_
#define MRSN_OPS_BASE_CONFIG_READER_H_

#include <google/protobuf/message.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace mrsn {

// The numbers that a field may have. NaN is never allowed.
struct Allowed {
  std::function<bool(double)> holds;
  std::string text;  // for errors: "1 to 8"
};
Allowed Between(double low, double high);    // both included
Allowed AtLeast(double low);                 // finite
Allowed AboveUpTo(double low, double high);  // without `low`
Allowed FromBelow(double low, double high);  // without `high`
Allowed OddUpTo(double high);                // 1, 3, ...
Allowed PowersOfTwoUpTo(double high);        // 1, 2, 4, ...
Allowed OneOf(std::vector<double> numbers);
Allowed DivisorsOf(int64_t number, const std::string& name);  // "the divisors of <name>, <number>"

// InvalidArgument "<field> is <found>; allowed: <allowed>": what every error of a configuration reads like.
absl::Status FieldError(absl::string_view field, absl::string_view found, absl::string_view allowed);

class ConfigReader {
 public:
  // `path` is what errors call the message: "model.acar", or nothing for the outermost one. `message` must
  // outlive the reader.
  ConfigReader(const google::protobuf::Message& message, std::string path);

  // The reader of a message inside, set or not. It shares this reader's first error.
  ConfigReader In(const std::string& field) const;
  ConfigReader In(const std::string& field, int index) const;  // of a repeated message

  bool Has(const std::string& field) const;

  // T: bool, int, int64_t, uint64_t, float, double, std::string.
  template <typename T>
  void Read(const std::string& field, T* option) {
    Get(field, option);
    NoteDefault(field, TextOf(*option));
  }
  template <typename T>
  void Read(const std::string& field, T* option, const Allowed& allowed) {
    static_assert(std::is_arithmetic_v<T>);
    Read(field, option);
    if (!allowed.holds(static_cast<double>(*option))) Fail(field, TextOf(*option), allowed.text);
  }
  // As Read, for a field without a default.
  template <typename T>
  void Require(const std::string& field, T* option, const Allowed& allowed) {
    if (!Has(field)) return Fail(field, "not set", allowed.text);
    Get(field, option);
    if (!allowed.holds(static_cast<double>(*option))) Fail(field, TextOf(*option), allowed.text);
  }

  // The fields of a oneof, for errors: "slow_only, slow_fast".
  std::string FieldsOf(const std::string& oneof) const;

  // The option that goes with the enum's value; ..._UNSPECIFIED leaves it alone. `choices` names every other
  // value of the enum.
  template <typename Option>
  void Choose(const std::string& field, Option* option,
              const std::vector<std::pair<std::string, Option>>& choices) {
    std::vector<std::string> names;
    for (const auto& choice : choices) names.push_back(choice.first);
    const std::string chosen = ChosenName(field, names);
    for (const auto& [name, value] : choices) {
      if (name == chosen) *option = value;
      if (value == *option) NoteDefault(field, name);
    }
  }

  // Keeps the error unless there is one already.
  void Fail(const std::string& field, absl::string_view found, absl::string_view allowed);
  // Fails if the file sets the field. `allowed`: where it may be set, "only with memory".
  void RefuseIfSet(const std::string& field, absl::string_view allowed);

  bool ok() const { return status_->ok(); }
  const absl::Status& status() const { return *status_; }
  const std::string& path() const { return path_; }

  static std::string TextOf(bool value) { return value ? "true" : "false"; }
  static std::string TextOf(double value);
  static std::string TextOf(float value);
  static std::string TextOf(int value);
  static std::string TextOf(int64_t value);
  static std::string TextOf(uint64_t value);
  static std::string TextOf(const std::string& value) { return "\"" + value + "\""; }

 private:
  const google::protobuf::FieldDescriptor& Find(const std::string& field) const;
  void Get(const std::string& field, bool* option) const;
  void Get(const std::string& field, int* option) const;
  void Get(const std::string& field, int64_t* option) const;
  void Get(const std::string& field, uint64_t* option) const;
  void Get(const std::string& field, float* option) const;
  void Get(const std::string& field, double* option) const;
  void Get(const std::string& field, std::string* option) const;
  // The name of the enum's value; empty for ..._UNSPECIFIED, and with an error for other numbers.
  std::string ChosenName(const std::string& field, const std::vector<std::string>& names);
  void NoteDefault(const std::string& field, const std::string& text) const;

  const google::protobuf::Message* message_;
  std::string path_;
  std::shared_ptr<absl::Status> status_;
};

// While it lives, collects the defaults of all fields that any reader of this thread finds unset: for the
// tests that compare them with the comments of the .proto files.
class DefaultsSeen {
 public:
  DefaultsSeen();
  ~DefaultsSeen();
  DefaultsSeen(const DefaultsSeen&) = delete;
  DefaultsSeen& operator=(const DefaultsSeen&) = delete;

  // By the field's full name: {"mrsn.AcarHeadConfig.depth", "2"}.
  const std::map<std::string, std::string>& fields() const { return fields_; }

 private:
  friend class ConfigReader;
  std::map<std::string, std::string> fields_;
};

}  // namespace mrsn

#endif  // MRSN_OPS_BASE_CONFIG_READER_H_
