#include "third_party/checks/include_cycles.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "ops/base/file.h"

namespace mrsn::checks {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(IncludesOf, OnlyThoseInQuotes) {
  EXPECT_THAT(IncludesOf("#include <vector>\n"
                         "#include \"eval/matching.h\"\n"
                         "  #  include \"mrsn/head/acre.h\"  // \"eval/rows.h\"\n"
                         "// #include \"eval/load.h\"\n"
                         "const char* text = \"#include \\\"eval/report.h\\\"\";\n"),
              ElementsAre("eval/matching.h", "mrsn/head/acre.h"));
}

TEST(IncludeCycles, ALineOfIncludesIsNone) {
  EXPECT_THAT(IncludeCycles({{"a.h", ""},
                             {"a.cc", "#include \"a.h\"\n#include \"b.h\"\n#include <c.h>\n"},
                             {"b.h", "#include \"c.h\"\n"},
                             {"c.h", "#include \"outside.h\"\n"},
                             {"c_test.cc", "#include \"c.h\"\n#include \"a.h\"\n"}}),
              IsEmpty());
}

TEST(IncludeCycles, BetweenHeaders) {
  EXPECT_THAT(
      IncludeCycles(
          {{"a.h", "#include \"b.h\"\n"}, {"b.h", "#include \"c.h\"\n"}, {"c.h", "#include \"b.h\"\n"}}),
      ElementsAre("b -> c -> b"));
}

// The compiler does not mind: each header is complete before a source includes both.
TEST(IncludeCycles, ThroughASourceOfTheSameName) {
  EXPECT_THAT(
      IncludeCycles({{"run/pipeline.h", ""},
                     {"run/pipeline.cc", "#include \"run/pipeline.h\"\n#include \"run/preflight.h\"\n"},
                     {"run/preflight.h", "#include \"run/pipeline.h\"\n"}}),
      ElementsAre("run/pipeline -> run/preflight -> run/pipeline"));
  EXPECT_THAT(IncludeCycles({{"x.h", ""},
                             {"x.cc", "#include \"x.h\"\n#include \"y.h\"\n"},
                             {"y.h", ""},
                             {"y.cu", "#include \"y.h\"\n#include \"x.h\"\n"}}),
              ElementsAre("x -> y -> x"));
}

TEST(IncludeCycles, EachOfSeveral) {
  EXPECT_THAT(IncludeCycles({{"a.h", "#include \"b.h\"\n#include \"c.h\"\n"},
                             {"b.h", "#include \"a.h\"\n"},
                             {"c.h", "#include \"d.h\"\n"},
                             {"d.h", "#include \"c.h\"\n"}}),
              ElementsAre("a -> b -> a", "c -> d -> c"));
}

TEST(IncludeCycles, NoneInTheTree) {
  // The runfile is a link into the workspace.
  const std::filesystem::path workspace = std::filesystem::canonical("WORKSPACE").parent_path();
  std::map<std::string, std::string> files;
  size_t includes = 0;
  for (const char* room : {"ablations", "datasets", "eval", "experiments", "mrsn", "ops", "third_party"}) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(workspace / room)) {
      const std::string ending = entry.path().extension();
      if (ending != ".h" && ending != ".cc" && ending != ".cu" && ending != ".cuh") continue;
      const auto text = ReadFile(entry.path());
      ASSERT_TRUE(text.ok()) << text.status();
      includes += IncludesOf(*text).size();
      files[entry.path().lexically_relative(workspace)] = *text;
    }
  }
  EXPECT_GT(files.size(), 300);
  EXPECT_GT(includes, 1000) << "the includes are not found any more";
  EXPECT_THAT(IncludeCycles(files), IsEmpty());
}

}  // namespace
}  // namespace mrsn::checks
