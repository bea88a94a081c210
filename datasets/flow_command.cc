#include "datasets/flow_command.h"

#include <algorithm>
#include <filesystem>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "google/protobuf/text_format.h"
#include "ops/base/parse_text.h"

namespace mrsn::datasets {
namespace {

using google::protobuf::TextFormat;

const google::protobuf::OneofDescriptor* Oneof() {
  return DatasetConfig::descriptor()->FindOneofByName("dataset");
}

// `dataset { its fields }`, or its bare name when none is set.
std::string DatasetText(const DatasetConfig& config) {
  const google::protobuf::Reflection& reflection = *config.GetReflection();
  const google::protobuf::FieldDescriptor* field = reflection.GetOneofFieldDescriptor(config, Oneof());
  if (field == nullptr) return "";
  TextFormat::Printer printer;
  printer.SetSingleLineMode(true);
  std::string text;
  printer.PrintToString(reflection.GetMessage(config, field), &text);
  absl::StripTrailingAsciiWhitespace(&text);
  return text.empty() ? field->name() : absl::StrCat(field->name(), " { ", text, " }");
}

// One word of a shell command.
std::string Quoted(const std::string& word) {
  const bool plain = !word.empty() && std::all_of(word.begin(), word.end(), [](char c) {
    return absl::ascii_isalnum(c) || absl::StrContains("/._-+:@%", std::string(1, c));
  });
  return plain ? word : absl::StrCat("'", absl::StrReplaceAll(word, {{"'", "'\\''"}}), "'");
}

}  // namespace

std::string FlowCommand(const DatasetConfig& config, const std::string& split, FlowMethod method,
                        const std::string& root) {
  const std::string place =
      root.empty() ? ""
                   : absl::StrCat(" --root=", Quoted(std::filesystem::absolute(root).lexically_normal()));
  return absl::StrCat("./bazelw run //datasets:compute_flow -- --dataset=", Quoted(DatasetText(config)),
                      place, " --split=", Quoted(split), " --method=", FlowMethodName(method));
}

absl::StatusOr<DatasetConfig> ParseDatasetFlag(const std::string& flag) {
  const std::string text = absl::StrContains(flag, '{') ? flag : absl::StrCat(flag, " {}");
  FirstError error;
  TextFormat::Parser parser;
  parser.RecordErrorsTo(&error);
  DatasetConfig config;
  if (!parser.ParseFromString(text, &config) || config.dataset_case() == DatasetConfig::DATASET_NOT_SET) {
    std::vector<std::string> names;
    for (int i = 0; i < Oneof()->field_count(); ++i) names.push_back(Oneof()->field(i)->name());
    return absl::InvalidArgumentError(absl::StrCat("--dataset=", flag, " is no data set (", error.message(),
                                                   "); allowed: ", absl::StrJoin(names, ", "),
                                                   ", or one with its fields in braces"));
  }
  return config;
}

}  // namespace mrsn::datasets
