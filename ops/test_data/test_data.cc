#include "ops/test_data/test_data.h"

#include <cstdlib>

#include "ops/base/file.h"

namespace mrsn {

std::string TestDataFolder() {
  const char* folder = std::getenv("MRSN_TEST_DATA");
  return folder == nullptr ? "" : folder;
}

std::string TestData(const std::string& path) {
  const std::string whole = TestDataFolder() + "/" + path;
  EXPECT_TRUE(FileExists(whole)) << whole << ": no such file; MRSN_TEST_DATA names a folder without it";
  return whole;
}

}  // namespace mrsn
