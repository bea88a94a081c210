#include "third_party/checks/include_cycles.h"

#include <algorithm>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace mrsn::checks {
namespace {

using Graph = std::map<std::string, std::set<std::string>>;

std::string UnitOf(const std::string& path) { return path.substr(0, path.rfind('.')); }

// Walks the units depth first; the path from the first unit to the present one shows a circle as soon as
// an edge leads back into it.
class Search {
 public:
  explicit Search(const Graph& graph) : graph_(graph) {}

  std::vector<std::string> Run() {
    for (const auto& [unit, _] : graph_) Visit(unit);
    return std::move(cycles_);
  }

 private:
  void Visit(const std::string& unit) {
    const auto on_path = std::find(path_.begin(), path_.end(), unit);
    if (on_path != path_.end()) {
      cycles_.push_back(absl::StrCat(absl::StrJoin(on_path, path_.end(), " -> "), " -> ", unit));
      return;
    }
    if (!seen_.insert(unit).second) return;
    path_.push_back(unit);
    for (const std::string& next : graph_.at(unit)) Visit(next);
    path_.pop_back();
  }

  const Graph& graph_;
  std::set<std::string> seen_;
  std::vector<std::string> path_;
  std::vector<std::string> cycles_;
};

}  // namespace

std::vector<std::string> IncludesOf(absl::string_view text) {
  std::vector<std::string> includes;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    line = absl::StripLeadingAsciiWhitespace(line);
    if (!absl::ConsumePrefix(&line, "#")) continue;
    line = absl::StripLeadingAsciiWhitespace(line);
    if (!absl::ConsumePrefix(&line, "include")) continue;
    line = absl::StripLeadingAsciiWhitespace(line);
    if (!absl::ConsumePrefix(&line, "\"")) continue;
    includes.emplace_back(line.substr(0, line.find('"')));
  }
  return includes;
}

std::vector<std::string> IncludeCycles(const std::map<std::string, std::string>& files) {
  Graph graph;
  for (const auto& [path, text] : files) {
    std::set<std::string>& included = graph[UnitOf(path)];
    for (const std::string& include : IncludesOf(text)) {
      if (files.count(include) > 0 && UnitOf(include) != UnitOf(path)) included.insert(UnitOf(include));
    }
  }
  return Search(graph).Run();
}

}  // namespace mrsn::checks
