#include "ops/base/config_reader.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/stubs/logging.h>

#include <algorithm>
#include <cmath>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace mrsn {
namespace {

using google::protobuf::FieldDescriptor;

thread_local DefaultsSeen* defaults_seen = nullptr;

// Six digits, and whole numbers without an exponent.
std::string NumberText(double value) {
  const bool whole = value == std::floor(value) && std::abs(value) < 1e15;
  return whole ? absl::StrCat(static_cast<int64_t>(value)) : absl::StrCat(value);
}

}  // namespace

Allowed Between(double low, double high) {
  return {[=](double value) { return value >= low && value <= high; },
          absl::StrCat(NumberText(low), " to ", NumberText(high))};
}

Allowed AtLeast(double low) {
  return {[=](double value) { return value >= low && std::isfinite(value); },
          absl::StrCat(NumberText(low), " or more")};
}

Allowed AboveUpTo(double low, double high) {
  return {[=](double value) { return value > low && value <= high; },
          absl::StrCat("above ", NumberText(low), ", at most ", NumberText(high))};
}

Allowed FromBelow(double low, double high) {
  return {[=](double value) { return value >= low && value < high; },
          absl::StrCat(NumberText(low), " or more, below ", NumberText(high))};
}

Allowed OddUpTo(double high) {
  return {[=](double value) { return value >= 1 && value <= high && std::fmod(value, 2) == 1; },
          absl::StrCat("odd numbers from 1 to ", NumberText(high))};
}

Allowed PowersOfTwoUpTo(double high) {
  return {[=](double value) { return value >= 1 && value <= high && std::exp2(std::ilogb(value)) == value; },
          absl::StrCat("powers of 2 from 1 to ", NumberText(high))};
}

Allowed OneOf(std::vector<double> numbers) {
  const std::string text =
      absl::StrJoin(numbers, ", ", [](std::string* out, double number) { *out += NumberText(number); });
  return {[=](double value) { return std::find(numbers.begin(), numbers.end(), value) != numbers.end(); },
          text};
}

Allowed DivisorsOf(int64_t number, const std::string& name) {
  return {[=](double value) { return value >= 1 && std::fmod(static_cast<double>(number), value) == 0; },
          absl::StrCat("the divisors of ", name, ", ", number)};
}

absl::Status FieldError(absl::string_view field, absl::string_view found, absl::string_view allowed) {
  return absl::InvalidArgumentError(absl::StrCat(field, " is ", found, "; allowed: ", allowed));
}

ConfigReader::ConfigReader(const google::protobuf::Message& message, std::string path)
    : message_(&message), path_(std::move(path)), status_(std::make_shared<absl::Status>()) {}

const FieldDescriptor& ConfigReader::Find(const std::string& field) const {
  const FieldDescriptor* found = message_->GetDescriptor()->FindFieldByName(field);
  GOOGLE_CHECK(found != nullptr) << message_->GetTypeName() << " has no field " << field;
  return *found;
}

std::string ConfigReader::FieldsOf(const std::string& oneof) const {
  const auto* found = message_->GetDescriptor()->FindOneofByName(oneof);
  GOOGLE_CHECK(found != nullptr) << message_->GetTypeName() << " has no oneof " << oneof;
  std::vector<std::string> names;
  for (int i = 0; i < found->field_count(); ++i) names.push_back(found->field(i)->name());
  return absl::StrJoin(names, ", ");
}

ConfigReader ConfigReader::In(const std::string& field) const {
  ConfigReader inside = *this;
  inside.message_ = &message_->GetReflection()->GetMessage(*message_, &Find(field));
  inside.path_ = absl::StrCat(path_, ".", field);
  return inside;
}

ConfigReader ConfigReader::In(const std::string& field, int index) const {
  ConfigReader inside = *this;
  inside.message_ = &message_->GetReflection()->GetRepeatedMessage(*message_, &Find(field), index);
  inside.path_ = absl::StrCat(path_, ".", field, "[", index, "]");
  return inside;
}

bool ConfigReader::Has(const std::string& field) const {
  return message_->GetReflection()->HasField(*message_, &Find(field));
}

void ConfigReader::Get(const std::string& field, bool* option) const {
  if (Has(field)) *option = message_->GetReflection()->GetBool(*message_, &Find(field));
}

void ConfigReader::Get(const std::string& field, int* option) const {
  if (Has(field)) *option = message_->GetReflection()->GetInt32(*message_, &Find(field));
}

void ConfigReader::Get(const std::string& field, int64_t* option) const {
  if (Has(field)) *option = message_->GetReflection()->GetInt32(*message_, &Find(field));
}

void ConfigReader::Get(const std::string& field, uint64_t* option) const {
  if (Has(field)) *option = message_->GetReflection()->GetUInt64(*message_, &Find(field));
}

void ConfigReader::Get(const std::string& field, float* option) const {
  if (Has(field)) *option = message_->GetReflection()->GetFloat(*message_, &Find(field));
}

void ConfigReader::Get(const std::string& field, double* option) const {
  if (Has(field)) *option = message_->GetReflection()->GetDouble(*message_, &Find(field));
}

void ConfigReader::Get(const std::string& field, std::string* option) const {
  if (Has(field)) *option = message_->GetReflection()->GetString(*message_, &Find(field));
}

std::string ConfigReader::ChosenName(const std::string& field, const std::vector<std::string>& names) {
  const google::protobuf::EnumDescriptor& values = *Find(field).enum_type();
  for (int i = 0; i < values.value_count(); ++i) {
    const std::string& name = values.value(i)->name();
    GOOGLE_CHECK(absl::EndsWith(name, "_UNSPECIFIED") ||
                 std::find(names.begin(), names.end(), name) != names.end())
        << path_ << "." << field << ": no option for " << name;
  }
  // proto3 enums are open: the number in the file may be none of the enum's.
  const int number = message_->GetReflection()->GetEnumValue(*message_, &Find(field));
  const auto* value = values.FindValueByNumber(number);
  if (value == nullptr) {
    Fail(field, absl::StrCat(number), absl::StrJoin(names, ", "));
    return "";
  }
  return absl::EndsWith(value->name(), "_UNSPECIFIED") ? "" : value->name();
}

void ConfigReader::NoteDefault(const std::string& field, const std::string& text) const {
  if (defaults_seen != nullptr && !Has(field)) defaults_seen->fields_[Find(field).full_name()] = text;
}

void ConfigReader::Fail(const std::string& field, absl::string_view found, absl::string_view allowed) {
  const char* dot = path_.empty() ? "" : ".";
  if (status_->ok()) *status_ = FieldError(absl::StrCat(path_, dot, field), found, allowed);
}

void ConfigReader::RefuseIfSet(const std::string& field, absl::string_view allowed) {
  if (Has(field)) Fail(field, "set", allowed);
}

std::string ConfigReader::TextOf(double value) { return NumberText(value); }
std::string ConfigReader::TextOf(float value) { return NumberText(value); }
std::string ConfigReader::TextOf(int value) { return absl::StrCat(value); }
std::string ConfigReader::TextOf(int64_t value) { return absl::StrCat(value); }
std::string ConfigReader::TextOf(uint64_t value) { return absl::StrCat(value); }

DefaultsSeen::DefaultsSeen() {
  GOOGLE_CHECK(defaults_seen == nullptr);
  defaults_seen = this;
}

DefaultsSeen::~DefaultsSeen() { defaults_seen = nullptr; }

}  // namespace mrsn
