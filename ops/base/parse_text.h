// Text-format messages, with what is wrong with one in one line.
#ifndef MRSN_OPS_BASE_PARSE_TEXT_H_
#define MRSN_OPS_BASE_PARSE_TEXT_H_

#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/text_format.h>

#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace mrsn {

// Keeps the parser's first complaint; the later ones only follow from it.
class FirstError : public google::protobuf::io::ErrorCollector {
 public:
  void AddError(int line, google::protobuf::io::ColumnNumber column, const std::string& message) override {
    if (!message_.empty()) return;
    place_ = absl::StrCat(line + 1, ":", column + 1);
    message_ = message;
  }
  const std::string& place() const { return place_; }      // "line:column", from 1
  const std::string& message() const { return message_; }  // "" without an error

 private:
  std::string place_, message_;
};

// "<origin>:<line>:<column>: <what was found>" for text that is no such message.
inline absl::Status ParseText(const std::string& text, const std::string& origin,
                              google::protobuf::Message* message) {
  FirstError error;
  google::protobuf::TextFormat::Parser parser;
  parser.RecordErrorsTo(&error);
  if (parser.ParseFromString(text, message)) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(origin, ":", error.place(), ": ", error.message()));
}

}  // namespace mrsn

#endif  // MRSN_OPS_BASE_PARSE_TEXT_H_
