#include "mrsn/checkpoint/name_map.h"

#include <re2/re2.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "mrsn/checkpoint/name_map.pb.h"
#include "ops/base/parse_text.h"
#include "ops/base/status_macros.h"

namespace mrsn {
namespace {

struct NamedText {
  const char* file;
  const char* text;
};
constexpr NamedText kBuiltIn[] = {
#include "mrsn/checkpoint/name_maps.inc"
};

std::string WithSlow(const std::string& text, bool two_pathways) {
  return absl::StrReplaceAll(text, {{"{slow}", two_pathways ? "backbone.slow" : "backbone.resnet"}});
}

absl::StatusOr<std::unique_ptr<RE2>> Compile(const std::string& pattern, const std::string& origin,
                                             const std::string& field) {
  auto regex = std::make_unique<RE2>(pattern, RE2::Quiet);
  if (!regex->ok()) {
    return absl::InvalidArgumentError(
        absl::StrFormat("%s: %s: '%s' is no regular expression: %s", origin, field, pattern, regex->error()));
  }
  return regex;
}

}  // namespace

NameMapper::NameMapper() = default;
NameMapper::NameMapper(NameMapper&&) = default;
NameMapper& NameMapper::operator=(NameMapper&&) = default;
NameMapper::~NameMapper() = default;

absl::StatusOr<NameMapper> NameMapper::Parse(const std::string& text, const std::string& origin,
                                             bool two_pathways) {
  NameMap map;
  MRSN_RETURN_IF_ERROR(ParseText(text, origin, &map));
  NameMapper mapper;
  mapper.format_ = map.format();
  MRSN_ASSIGN_OR_RETURN(mapper.recognised_by_, Compile(map.recognised_by(), origin, "recognised_by"));
  MRSN_ASSIGN_OR_RETURN(mapper.background_row_of_,
                        Compile(map.background_row_of(), origin, "background_row_of"));
  MRSN_ASSIGN_OR_RETURN(mapper.zero_if_missing_, Compile(map.zero_if_missing(), origin, "zero_if_missing"));
  for (const NameMap::Rule& rule : map.rule()) {
    MRSN_ASSIGN_OR_RETURN(Regex match, Compile(WithSlow(rule.match(), two_pathways), origin, "rule.match"));
    const std::string to = WithSlow(rule.to(), two_pathways);
    std::string complaint;
    if (!match->CheckRewriteString(to, &complaint)) {
      return absl::InvalidArgumentError(
          absl::StrFormat("%s: rule.to: '%s' does not fit '%s': %s", origin, to, rule.match(), complaint));
    }
    mapper.rules_.emplace_back(std::move(match), to);
  }
  for (const NameMap::LeftOut& left_out : map.left_out()) {
    MRSN_ASSIGN_OR_RETURN(Regex match, Compile(left_out.match(), origin, "left_out.match"));
    mapper.left_out_.emplace_back(std::move(match), left_out.why());
  }
  return mapper;
}

bool NameMapper::Recognises(const std::vector<std::string>& names) const {
  return std::any_of(names.begin(), names.end(),
                     [&](const std::string& name) { return RE2::FullMatch(name, *recognised_by_); });
}

std::string NameMapper::LeftOut(const std::string& name) const {
  for (const auto& [match, why] : left_out_) {
    if (RE2::FullMatch(name, *match)) return why;
  }
  return "";
}

std::string NameMapper::ToNative(std::string name) const {
  for (const auto& [match, to] : rules_) RE2::Replace(&name, *match, to);
  return name;
}

bool NameMapper::HasBackgroundRow(const std::string& native_name) const {
  return RE2::FullMatch(native_name, *background_row_of_);
}

bool NameMapper::ZeroIfMissing(const std::string& native_name) const {
  return RE2::FullMatch(native_name, *zero_if_missing_);
}

std::vector<std::string> NameMapFormats() {
  std::vector<std::string> formats;
  for (const NamedText& built_in : kBuiltIn) {
    const std::string file = built_in.file;
    formats.push_back(file.substr(0, file.find('.')));
  }
  std::sort(formats.begin(), formats.end());
  return formats;
}

absl::StatusOr<NameMapper> ChooseNameMap(const std::string& format, const std::vector<std::string>& names,
                                         bool two_pathways, const std::string& origin) {
  std::vector<NameMapper> fitting;
  for (const NamedText& built_in : kBuiltIn) {
    MRSN_ASSIGN_OR_RETURN(NameMapper mapper, NameMapper::Parse(built_in.text, built_in.file, two_pathways));
    if (format == "auto" ? mapper.Recognises(names) : format == mapper.format()) {
      fitting.push_back(std::move(mapper));
    }
  }
  if (fitting.size() == 1) return std::move(fitting[0]);
  const std::string allowed = absl::StrJoin(NameMapFormats(), ", ");
  if (format != "auto") {
    return absl::InvalidArgumentError(
        absl::StrFormat("%s: unknown format '%s'; allowed: auto, %s", origin, format, allowed));
  }
  if (fitting.empty()) {
    return absl::InvalidArgumentError(
        absl::StrFormat("%s: its %d tensors ('%s', ..) are named like those of none of: %s", origin,
                        names.size(), names.empty() ? "" : names[0], allowed));
  }
  return absl::InvalidArgumentError(
      absl::StrFormat("%s: its tensors are named like those of both %s and %s; say "
                      "which one it is with --format",
                      origin, fitting[0].format(), fitting[1].format()));
}

}  // namespace mrsn
