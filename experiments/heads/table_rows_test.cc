// Without data the command of every row starts, and says that data is what it lacks.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "experiments/heads/experiments_of_head.h"
#include "experiments/run/opened_run.h"
#include "experiments/run/run_settings.h"
#include "experiments/tables/table_manifest.h"
#include "ops/base/runfiles.h"

namespace mrsn::experiments {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

void ExpectStarts(const std::string& experiment, const RunSettings& settings) {
  const auto opened = Open({experiment, "", "", 0}, settings);
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_FALSE(opened->AllThere().ok());
  for (const Need& need : opened->needs) {
    EXPECT_THAT(need.what, Not(::testing::EndsWith(": model"))) << need.state;
    if (need.state.ok()) continue;
    EXPECT_THAT(need.state.message(), HasSubstr(settings.data_root)) << need.what;
  }
}

TEST(TableRowsTest, EveryRowOfTheTablesStarts) {
  RunSettings settings = DefaultSettings(::testing::TempDir() + "/rows");
  settings.data_root = ::testing::TempDir() + "/data";
  std::filesystem::create_directories(settings.data_root);
  int rows = 0;
  for (const char* name : {"table1", "table2", "table3"}) {
    const auto table = ReadTable(DataFilesRoot() + "/experiments/tables", name);
    ASSERT_TRUE(table.ok()) << table.status();
    for (const Table::Row& row : table->row()) {
      ++rows;
      SCOPED_TRACE(row.experiment());
      if (HasHeadUnderTest(row.experiment())) ExpectStarts(row.experiment(), settings);
    }
  }
  EXPECT_EQ(rows, 10 + 12 + 8);
}

}  // namespace
}  // namespace mrsn::experiments
