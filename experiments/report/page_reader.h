// Reads a page as XML, strictly, for tests.
#ifndef MRSN_EXPERIMENTS_REPORT_PAGE_READER_H_
#define MRSN_EXPERIMENTS_REPORT_PAGE_READER_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace mrsn::experiments {

struct PageElement {
  std::string name;
  std::map<std::string, std::string> attributes;
  std::string text;  // of the element and its children

  std::string Attribute(const std::string& key) const;  // "" = none
  bool HasClass(absl::string_view name) const;
};

// The elements in the order of their start tags. An error, with the line, if the page is not well formed: a
// tag that is not closed, an attribute that stands twice, a character that XML forbids.
absl::StatusOr<std::vector<PageElement>> ReadPage(absl::string_view html);

// Faults of a page that has to stand alone, one line each: an id that stands twice; a link to an id that is
// not there; an address of another file or host in an attribute or a style sheet; a measured cell without the
// runs it comes from, or with a run that the page does not list; a value of the paper with runs.
std::vector<std::string> FaultsOf(const std::vector<PageElement>& page);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_REPORT_PAGE_READER_H_
