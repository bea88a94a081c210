#include "ops/testing/proto_defaults.h"

#include <algorithm>
#include <regex>
#include <sstream>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace mrsn {
namespace {

std::string DefaultIn(const std::string& comment) {
  static const std::string kWord = "default ";
  const size_t word = comment.find(kWord);
  if (word == std::string::npos || (word >= 3 && comment.compare(word - 3, 3, "no ") == 0)) return "";
  const size_t start = word + kWord.size();
  size_t end = comment.size();
  for (const char* stop : {"; ", ": ", ". "}) end = std::min(end, comment.find(stop, start));
  std::string value(absl::StripAsciiWhitespace(comment.substr(start, end - start)));
  if (!value.empty() && value.back() == '.') value.pop_back();
  return value;
}

}  // namespace

std::map<std::string, std::string> DocumentedDefaults(const std::string& proto) {
  static const std::regex kPackage(R"(^package (\w+);)"), kComment(R"(^\s*//\s?(.*)$)"),
      kBlock(R"(^\s*(message|enum|oneof) (\w+) \{)"), kEnd(R"(^\s*\})"),
      kField(R"(^\s*optional [\w.]+ (\w+) = \d+(?: \[.*\])?;\s*(?://\s*(.*))?$)");
  std::map<std::string, std::string> defaults;
  std::string package, above;
  std::vector<std::string> messages;  // and "" for enums and oneofs
  std::istringstream lines(proto);
  for (std::string line; std::getline(lines, line);) {
    std::smatch match;
    if (std::regex_search(line, match, kComment)) {
      absl::StrAppend(&above, match[1].str(), " ");
      continue;
    }
    if (std::regex_search(line, match, kPackage)) {
      package = match[1];
    } else if (std::regex_search(line, match, kBlock)) {
      messages.push_back(match[1] == "message" ? absl::StrCat(".", match[2].str()) : "");
    } else if (std::regex_search(line, kEnd)) {
      if (!messages.empty()) messages.pop_back();
    } else if (std::regex_search(line, match, kField)) {
      const std::string name = absl::StrCat(package, absl::StrJoin(messages, ""), ".", match[1].str());
      const std::string behind = DefaultIn(match[2]);
      defaults[name] = behind.empty() ? DefaultIn(above) : behind;
    }
    above.clear();
  }
  return defaults;
}

}  // namespace mrsn
