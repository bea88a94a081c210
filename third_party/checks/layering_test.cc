// The dependency rules over this tree: over the real graph under the programs
// (genquery: macros expanded), and over every BUILD file (nothing left out).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_join.h"
#include "ops/base/file.h"
#include "third_party/checks/dependency_rules.h"

namespace mrsn::checks {
namespace {

using ::testing::Contains;
using ::testing::Field;
using ::testing::IsEmpty;

TEST(Layering, UnderThePrograms) {
  const auto graph = ReadFile("third_party/checks/program_graph");
  ASSERT_TRUE(graph.ok()) << graph.status();
  const std::vector<Edge> edges = EdgesOfGraph(*graph);
  EXPECT_THAT(edges, Contains(Field(&Edge::to, "//mrsn:build_model")))
      << "the graph is not what it should be";
  EXPECT_THAT(edges, Contains(Field(&Edge::to, "@libtorch//:libtorch")))
      << "the graph is not what it should be";
  EXPECT_THAT(Offences(edges), IsEmpty());
}

using Neighbours = std::map<std::string, std::vector<std::string>>;

// Everything under `from`, itself included.
std::set<std::string> Under(const Neighbours& neighbours, const std::string& from) {
  std::set<std::string> reached = {from};
  std::vector<std::string> next = {from};
  while (!next.empty()) {
    const auto found = neighbours.find(next.back());
    next.pop_back();
    if (found == neighbours.end()) continue;
    for (const std::string& to : found->second) {
      if (reached.insert(to).second) next.push_back(to);
    }
  }
  return reached;
}

// A program that builds models links all of them: a user's config may name any.
TEST(Layering, ProgramsLinkAllModels) {
  const auto graph = ReadFile("third_party/checks/program_graph");
  ASSERT_TRUE(graph.ok()) << graph.status();
  const std::vector<Edge> edges = EdgesOfGraph(*graph);
  std::set<std::string> programs, below;
  Neighbours neighbours;
  for (const Edge& edge : edges) {
    neighbours[edge.from].push_back(edge.to);
    programs.insert(edge.from);
    below.insert(edge.to);
  }
  int builders = 0;
  for (const std::string& program : programs) {
    if (below.count(program) > 0) continue;
    const std::set<std::string> under = Under(neighbours, program);
    if (under.count("//mrsn:build_model") == 0) continue;
    ++builders;
    EXPECT_EQ(under.count("//mrsn:all_models"), 1) << program << " needs //mrsn:all_models";
  }
  EXPECT_GE(builders, 5);
}

TEST(Layering, InEveryBuildFile) {
  // The runfile is a link into the workspace.
  const std::filesystem::path workspace = std::filesystem::canonical("WORKSPACE").parent_path();
  std::vector<Edge> edges;
  int files = 0;
  for (const char* room :
       {"ablations", "datasets", "docs", "eval", "examples", "experiments", "mrsn", "ops", "third_party"}) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(workspace / room)) {
      if (entry.path().filename() != "BUILD") continue;
      const auto text = ReadFile(entry.path());
      ASSERT_TRUE(text.ok()) << text.status();
      const std::string package = entry.path().parent_path().lexically_relative(workspace);
      for (Edge& edge : EdgesOfBuildFile(package, *text)) edges.push_back(std::move(edge));
      ++files;
    }
  }
  EXPECT_GT(files, 10);
  EXPECT_THAT(edges, Contains(Field(&Edge::from, "//eval:BUILD")));
  EXPECT_THAT(Offences(edges), IsEmpty());
}

}  // namespace
}  // namespace mrsn::checks
