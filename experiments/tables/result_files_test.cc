#include "experiments/tables/result_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "ops/base/file.h"

namespace mrsn::experiments {
namespace {

std::string Root(const std::string& name) { return absl::StrCat(std::getenv("TEST_TMPDIR"), "/", name); }

TEST(ReadResults, SeedsInNumericOrder) {
  const std::string root = absl::StrCat(std::getenv("TEST_TMPDIR"), "/seeds");
  for (int seed : {10, 9, 2}) {
    ASSERT_TRUE(WriteFileAtomically(absl::StrCat(root, "/a/b/seed", seed, ".textproto"),
                                    absl::StrCat("experiment: \"a/b\" seed: ", seed))
                    .ok());
  }
  const auto results = ReadResults(root, "a/b");
  ASSERT_TRUE(results.ok()) << results.status();
  ASSERT_EQ(results->size(), 3);
  EXPECT_EQ((*results)[0].seed(), 2);
  EXPECT_EQ((*results)[1].seed(), 9);
  EXPECT_EQ((*results)[2].seed(), 10);
}

constexpr char kTable[] =
    "table: \"t\" common { official: true }\n"
    "experiment { name: \"a\" run { own { seed: 0 frame_map: 0.5 } } run { own { seed: 1 frame_map: 0.75 } } "
    "}\n"
    "experiment { name: \"b\" speed { clips_per_second: 5 } }\n";

// Errors of the table's file with one text replaced by another.
std::string ErrorOf(const std::string& from, const std::string& to) {
  const std::string path = Root("bad.textproto");
  EXPECT_TRUE(WriteFileAtomically(path, absl::StrReplaceAll(kTable, {{from, to}})).ok());
  const auto measured = ReadMeasurements(path, {"a", "b"});
  return absl::StrReplaceAll(measured.status().message(), {{path, "F"}});
}

TEST(ReadMeasurements, OfATablesFile) {
  const std::string path = Root("good.textproto");
  ASSERT_TRUE(WriteFileAtomically(path, kTable).ok());
  const auto measured = ReadMeasurements(path, {"b", "c", "a"});
  ASSERT_TRUE(measured.ok()) << measured.status();
  ASSERT_EQ(measured->size(), 3);
  EXPECT_EQ((*measured)[0].first, "b");
  EXPECT_EQ((*measured)[0].second.speed->clips_per_second(), 5);
  EXPECT_EQ((*measured)[1].second.results.size(), 0);
  ASSERT_EQ((*measured)[2].second.results.size(), 2);
  EXPECT_EQ((*measured)[2].second.results[1].frame_map(), 0.75);
  EXPECT_TRUE((*measured)[2].second.results[1].official());
  EXPECT_FALSE((*measured)[2].second.speed.has_value());
}

TEST(ReadMeasurements, ASourceThatDoesNotExistHasNone) {
  for (const char* source : {"no_folder", "no_file.textproto"}) {
    const auto measured = ReadMeasurements(Root(source), {"a"});
    ASSERT_TRUE(measured.ok()) << measured.status();
    EXPECT_EQ((*measured)[0].second.results.size(), 0) << source;
  }
}

TEST(ReadMeasurements, BadValuesNameFileAndRun) {
  EXPECT_EQ(ErrorOf("0.75", "75"), "F: a seed 1: frame_map is 75; allowed: 0..1");
  EXPECT_EQ(ErrorOf("second: 5", "second: 0"), "F: b: clips_per_second is 0; allowed: above 0");
  EXPECT_EQ(ErrorOf("name: \"b\"", "name: \"a\""), "F: a: the experiment stands there twice");
  EXPECT_EQ(ErrorOf("table: \"t\"", "classes { id: 1 }"),
            "F: a seed 0 has 0 ap and 0 kind_ap for 1 classes and 0 kinds");
}

void WriteSeed(const std::string& root, const std::string& experiment, int seed) {
  ASSERT_TRUE(
      WriteFileAtomically(absl::StrCat(root, "/", experiment, "/seed", seed, ".textproto"),
                          absl::StrCat("experiment: \"", experiment, "\" frame_map: 0.5 seed: ", seed))
          .ok());
}

TEST(ReadAllMeasurements, AFolderAPartOfItAFileAndATable) {
  const std::string root = Root("all");
  for (int seed : {10, 9}) WriteSeed(root, "b/x", seed);
  WriteSeed(root, "a", 0);
  ASSERT_TRUE(WriteFileAtomically(root + "/a/speed.textproto", "experiment: \"a\" clips_per_second: 5").ok());
  ASSERT_TRUE(WriteFileAtomically(root + "/a/notes.txt", "not a result").ok());
  const auto all = ReadAllMeasurements(root);
  ASSERT_TRUE(all.ok()) << all.status();
  ASSERT_EQ(all->size(), 2);
  EXPECT_EQ((*all)[0].first, "a");
  EXPECT_EQ((*all)[0].second.speed->clips_per_second(), 5);
  EXPECT_EQ((*all)[1].first, "b/x");
  ASSERT_EQ((*all)[1].second.results.size(), 2);
  EXPECT_EQ((*all)[1].second.results[0].seed(), 9);

  const auto part = ReadAllMeasurements(root + "/b");
  ASSERT_TRUE(part.ok()) << part.status();
  EXPECT_EQ((*part)[0].first, "b/x");
  const auto file = ReadAllMeasurements(root + "/b/x/seed9.textproto");
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ((*file)[0].second.results.size(), 1);

  ASSERT_TRUE(WriteFileAtomically(Root("table.textproto"), kTable).ok());
  const auto table = ReadAllMeasurements(Root("table.textproto"));
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_EQ((*table)[0].second.results.size(), 2);
}

TEST(ReadAllMeasurements, ErrorsNameThePlace) {
  const auto error = [](const std::string& source) {
    return absl::StrReplaceAll(ReadAllMeasurements(source).status().message(), {{source, "S"}});
  };
  EXPECT_EQ(error(Root("nowhere")), "S: does not exist");
  ASSERT_TRUE(MakeFolders(Root("empty")).ok());
  EXPECT_EQ(error(Root("empty")), "S: no results; expected files <experiment>/seed<k>.textproto in it");
  WriteSeed(Root("moved"), "a", 3);
  std::filesystem::rename(Root("moved/a"), Root("moved/b"));
  EXPECT_EQ(error(Root("moved")), "S/b/seed3.textproto: experiment is \"a\", its folder says \"S/b\"");
  WriteSeed(Root("twice/one"), "a", 3);
  WriteSeed(Root("twice/two"), "a", 3);
  EXPECT_EQ(error(Root("twice")), "S/two/a/seed3.textproto: there is another result of a seed 3");
  ASSERT_TRUE(
      WriteFileAtomically(Root("bad/a/seed0.textproto"), "experiment: \"a\" seed: 0 frame_mup: 1").ok());
  EXPECT_THAT(error(Root("bad")), ::testing::StartsWith("S/a/seed0.textproto:1:"));
  ASSERT_TRUE(WriteFileAtomically(Root("nan/a/seed0.textproto"),
                                  "experiment: \"a\" seed: 0 per_class { id: 4 ap: nan }")
                  .ok());
  EXPECT_EQ(error(Root("nan")), "S/a/seed0.textproto: per_class 4: ap is nan; allowed: 0..1");
}

}  // namespace
}  // namespace mrsn::experiments
