#include "third_party/checks/dependency_rules.h"

#include <algorithm>
#include <map>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace mrsn::checks {
namespace {

const std::map<std::string, std::set<std::string>>& AllowedRooms() {
  static const auto* rooms = new std::map<std::string, std::set<std::string>>{
      {"examples", {"docs", "ablations", "experiments", "mrsn", "datasets", "eval", "ops", "third_party"}},
      {"docs", {"ablations", "experiments", "mrsn", "datasets", "eval", "ops", "third_party"}},
      {"ablations", {"experiments", "mrsn", "datasets", "eval", "ops", "third_party"}},
      {"experiments", {"mrsn", "datasets", "eval", "ops", "third_party"}},
      {"mrsn", {"ops", "third_party"}},
      {"datasets", {"ops", "third_party"}},
      {"eval", {"ops", "third_party"}},
      {"ops", {"third_party"}},
      // Its checks read files of the rooms; the libraries do not depend on them.
      {"third_party", {}},
  };
  return *rooms;
}

// "eval/io" of "//eval/io:text"; "" of other repositories and of the top level.
std::string PackageOf(absl::string_view label) {
  if (!absl::ConsumePrefix(&label, "//")) return "";
  return std::string(label.substr(0, label.find(':')));
}

std::string RoomOf(const std::string& package) { return package.substr(0, package.find('/')); }

bool Within(absl::string_view package, absl::string_view folder) {
  return package == folder || absl::StartsWith(package, absl::StrCat(folder, "/"));
}

bool IsLibTorch(absl::string_view label) {
  return absl::StartsWith(label, "@libtorch//") || absl::StartsWith(label, "//third_party:libtorch");
}

// Where LibTorch may not be reached, even through others.
bool FreeOfLibTorch(absl::string_view package) {
  return Within(package, "ops/base") || (Within(package, "eval") && !Within(package, "eval/complexity"));
}

// Of its own room the engine may see how training and evaluation are configured and what a result is.
// Experiments by name, their files and the folders of runs are none of its business.
bool EngineMaySee(absl::string_view label) {
  for (const absl::string_view allowed :
       {"//experiments:train_config", "//experiments:eval_config", "//experiments:result",
        "//experiments:checkpoints", "//experiments/engine:", "//experiments/testing:"}) {
    if (absl::StartsWith(label, allowed)) return true;
  }
  return false;
}

// Replaces comments and the values of load() and visibility by blanks; lines stay.
std::string WithoutNonDependencies(absl::string_view text) {
  std::string kept(text);
  const auto blank = [&](size_t from, size_t to) {
    for (size_t i = from; i < to; ++i) kept[i] = kept[i] == '\n' ? '\n' : ' ';
  };
  bool quoted = false;
  for (size_t i = 0; i < kept.size(); ++i) {
    if (kept[i] == '"') quoted = !quoted;
    if (kept[i] != '#' || quoted) continue;
    blank(i, std::min(kept.find('\n', i), kept.size()));
  }
  for (const auto& [opening, closing] : {std::pair("load(", ')'), std::pair("visibility = [", ']')}) {
    for (size_t at = kept.find(opening); at != std::string::npos; at = kept.find(opening, at + 1)) {
      const size_t start = at + absl::string_view(opening).size();
      blank(start, std::min(kept.find(closing, start), kept.size()));
    }
  }
  return kept;
}

}  // namespace

std::vector<Edge> EdgesOfBuildFile(absl::string_view package, absl::string_view text) {
  const std::string kept = WithoutNonDependencies(text);
  std::vector<Edge> edges;
  int line = 1;
  for (size_t at = 0; at < kept.size(); ++at) {
    if (kept[at] == '\n') ++line;
    if (kept[at] != '"') continue;
    const size_t end = kept.find('"', at + 1);
    if (end == std::string::npos) break;
    const std::string label = kept.substr(at + 1, end - at - 1);
    if (absl::StartsWith(label, "//") || absl::StartsWith(label, "@")) {
      const std::string file = package.empty() ? "BUILD" : absl::StrCat(package, "/BUILD");
      edges.push_back({absl::StrCat("//", package, ":BUILD"), label, absl::StrCat(file, ":", line)});
    }
    at = end;
  }
  return edges;
}

std::vector<Edge> EdgesOfGraph(absl::string_view graph) {
  std::vector<Edge> edges;
  for (absl::string_view line : absl::StrSplit(graph, '\n')) {
    line = absl::StripAsciiWhitespace(line);
    const std::vector<std::string> parts = absl::StrSplit(line, '"');
    // "from" -> "to"
    if (parts.size() == 5 && absl::StripAsciiWhitespace(parts[2]) == "->") {
      edges.push_back({parts[1], parts[3], ""});
    }
  }
  return edges;
}

std::vector<std::string> Offences(const std::vector<Edge>& edges) {
  std::vector<std::string> offences;
  const auto report = [&](const Edge& edge, const std::string& why) {
    const std::string line =
        absl::StrCat(edge.where.empty() ? "" : edge.where + ": ", edge.from, " -> ", edge.to, ": ", why);
    if (std::find(offences.begin(), offences.end(), line) == offences.end()) offences.push_back(line);
  };
  // Packages without LibTorch that are depended on, and through which one of eval.
  std::map<std::string, std::string> reached_from;
  for (const Edge& edge : edges) {
    const std::string package = PackageOf(edge.from);
    const auto rooms = AllowedRooms().find(RoomOf(package));
    if (rooms == AllowedRooms().end()) continue;
    const std::string to = RoomOf(PackageOf(edge.to));
    const bool room = AllowedRooms().count(to) > 0;
    if (room && to != rooms->first && !Within(package, "third_party/checks") &&
        rooms->second.count(to) == 0) {
      report(edge, absl::StrCat(rooms->first, " must not depend on ", to));
    }
    if (Within(package, "experiments/engine") && to == "experiments" && !EngineMaySee(edge.to)) {
      report(edge, "experiments/engine must know no experiment by name and no folder of a run");
    }
    if (FreeOfLibTorch(package)) reached_from.emplace(package, package);
  }
  for (bool grown = true; grown;) {
    grown = false;
    for (const Edge& edge : edges) {
      const std::string from = PackageOf(edge.from), to = PackageOf(edge.to);
      if (reached_from.count(from) == 0 || to.empty() || RoomOf(to) == "third_party") continue;
      grown = reached_from.emplace(to, reached_from[from]).second || grown;
    }
  }
  for (const Edge& edge : edges) {
    const auto reached = reached_from.find(PackageOf(edge.from));
    if (reached == reached_from.end() || !IsLibTorch(edge.to)) continue;
    report(edge, absl::StrCat("LibTorch is reached from ", reached->second, ", which must build without it"));
  }
  return offences;
}

}  // namespace mrsn::checks
