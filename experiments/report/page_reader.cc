#include "experiments/report/page_reader.h"

#include <expat.h>

#include <memory>
#include <set>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace mrsn::experiments {
namespace {

struct Reading {
  std::vector<PageElement> elements;
  std::vector<size_t> open;
};

void OnStart(void* data, const char* name, const char** attributes) {
  auto* reading = static_cast<Reading*>(data);
  reading->open.push_back(reading->elements.size());
  reading->elements.emplace_back();
  reading->elements.back().name = name;
  for (int i = 0; attributes[i] != nullptr; i += 2) {
    reading->elements.back().attributes[attributes[i]] = attributes[i + 1];
  }
}

void OnEnd(void* data, const char*) { static_cast<Reading*>(data)->open.pop_back(); }

void OnText(void* data, const char* text, int length) {
  auto* reading = static_cast<Reading*>(data);
  for (size_t element : reading->open) reading->elements[element].text.append(text, length);
}

}  // namespace

std::string PageElement::Attribute(const std::string& key) const {
  const auto found = attributes.find(key);
  return found == attributes.end() ? "" : found->second;
}

bool PageElement::HasClass(absl::string_view name) const {
  for (const absl::string_view word : absl::StrSplit(Attribute("class"), ' ')) {
    if (word == name) return true;
  }
  return false;
}

absl::StatusOr<std::vector<PageElement>> ReadPage(absl::string_view html) {
  Reading reading;
  const std::unique_ptr<XML_ParserStruct, decltype(&XML_ParserFree)> parser(XML_ParserCreate("UTF-8"),
                                                                            &XML_ParserFree);
  XML_SetUserData(parser.get(), &reading);
  XML_SetElementHandler(parser.get(), &OnStart, &OnEnd);
  XML_SetCharacterDataHandler(parser.get(), &OnText);
  if (XML_Parse(parser.get(), html.data(), static_cast<int>(html.size()), /*isFinal=*/1) != XML_STATUS_OK) {
    return absl::InvalidArgumentError(absl::StrCat("line ", XML_GetCurrentLineNumber(parser.get()), ": ",
                                                   XML_ErrorString(XML_GetErrorCode(parser.get()))));
  }
  return reading.elements;
}

std::vector<std::string> FaultsOf(const std::vector<PageElement>& page) {
  std::vector<std::string> faults;
  std::set<std::string> ids;
  for (const PageElement& element : page) {
    const std::string id = element.Attribute("id");
    if (!id.empty() && !ids.insert(id).second) faults.push_back(absl::StrCat("id ", id, " stands twice"));
  }
  for (const PageElement& element : page) {
    for (const auto& [name, value] : element.attributes) {
      const bool link =
          name == "href" || name == "src" || name == "xlink:href" || name == "srcset" || name == "data";
      if (link && absl::StartsWith(value, "#") && ids.count(value.substr(1)) == 0) {
        faults.push_back(absl::StrCat("there is no ", value));
      }
      if (link && !absl::StartsWith(value, "#") && !absl::StartsWith(value, "data:")) {
        faults.push_back(absl::StrCat(element.name, " names the address ", value));
      }
      if (absl::StrContains(value, "url("))
        faults.push_back(absl::StrCat(name, " names an address: ", value));
    }
    if (element.name == "script") faults.push_back("there is a script");
    if (element.name == "style" &&
        (absl::StrContains(element.text, "url(") || absl::StrContains(element.text, "@import"))) {
      faults.push_back("the style sheet names an address");
    }
    const std::string runs = element.Attribute("data-runs");
    if (element.HasClass("measured")) {
      if (runs.empty())
        faults.push_back(absl::StrCat("measured value ", element.text, " comes from nowhere"));
      for (const absl::string_view run : absl::StrSplit(runs, ' ', absl::SkipEmpty())) {
        if (ids.count(std::string(run)) == 0) {
          faults.push_back(
              absl::StrCat("value ", element.text, " comes from ", run, ", which is not listed"));
        }
      }
    } else if (!runs.empty()) {
      faults.push_back(absl::StrCat("value ", element.text, " has runs and is not measured"));
    }
  }
  return faults;
}

}  // namespace mrsn::experiments
