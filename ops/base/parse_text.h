// Text-format messages, with what is wrong with one in one line.
#ifndef MRSN_OPS_BASE_PARSE_TEXT_H_
#define MRSN_OPS_BASE_PARSE_TEXT_H_

#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/text_format.h>

#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace mrsn {

// Keeps the parser's first complaint: "line:column: text".
class FirstError : public google::protobuf::io::ErrorCollector {
 public:
  void AddError(int line, int column, const std::string& message) override {
    if (text_.empty()) text_ = absl::StrFormat("%d:%d: %s", line + 1, column + 1, message);
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

// "<origin>:<line>:<column>: <what was found>" for text that is no such message.
inline absl::Status ParseText(const std::string& text, const std::string& origin,
                              google::protobuf::Message* message) {
  FirstError error;
  google::protobuf::TextFormat::Parser parser;
  parser.RecordErrorsTo(&error);
  if (parser.ParseFromString(text, message)) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(origin, ":", error.text()));
}

}  // namespace mrsn

#endif  // MRSN_OPS_BASE_PARSE_TEXT_H_
