#include "experiments/report/training_section.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "experiments/report/run_folders.h"
#include "ops/base/file.h"

namespace mrsn::experiments {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

std::string Path(const std::string& name) { return absl::StrCat(std::getenv("TEST_TMPDIR"), "/", name); }

void Write(const std::string& name, const std::string& text) {
  ASSERT_TRUE(WriteFileAtomically(Path(name), text).ok());
}

TEST(ReadTrainingLog, StepsValidationsNullsAndACutLine) {
  Write("train.jsonl",
        "{\"iteration\": 1, \"epoch\": 0.5, \"loss\": 0.7, \"learning_rate\": 0.1, \"gradient_norm\": 2}\n"
        "{\"iteration\": 2, \"epoch\": 1.0, \"loss\": null, \"learning_rate\": 0.1}\n"
        "{\"iteration\": 2, \"epoch\": 1.0, \"frame_map\": 0.25}\n"
        "{\"iteration\": 3, \"loss\": 0.");
  const auto curves = ReadTrainingLog(Path("train.jsonl"));
  ASSERT_TRUE(curves.ok()) << curves.status();
  EXPECT_THAT(curves->loss, ElementsAre(Pair(1, 0.7)));
  EXPECT_THAT(curves->learning_rate, ElementsAre(Pair(1, 0.1), Pair(2, 0.1)));
  EXPECT_THAT(curves->gradient_norm, ElementsAre(Pair(1, 2)));
  EXPECT_THAT(curves->validation, ElementsAre(Pair(2, 25)));
}

TEST(ReadTrainingLog, NamesTheLine) {
  Write("bad.jsonl", "{\"iteration\": 1, \"loss\": 0.7}\nloss 0.5\n");
  EXPECT_EQ(
      ReadTrainingLog(Path("bad.jsonl")).status().message(),
      absl::StrCat(Path("bad.jsonl"), ":2: is no line of a training log: a JSON object with \"iteration\""));
}

TEST(Smoothed, MeanOfThePointsUpToEach) {
  EXPECT_THAT(Smoothed({{1, 2}, {2, 4}, {3, 9}, {4, 5}}, 2),
              ElementsAre(Pair(1, 2), Pair(2, 3), Pair(3, 6.5), Pair(4, 7)));
}

// A file of weights without any: its header alone.
std::string WeightsFile(const std::string& hash) {
  const std::string header =
      absl::StrCat("{\"__metadata__\":{\"mrsn.checkpoint\":\"weights_hash: \\\"", hash, "\\\"\\n\"}}");
  std::string length(8, '\0');
  length[0] = static_cast<char>(header.size());
  return length + header;
}

TEST(RunFolderOf, TheFolderOfTheSameWeights) {
  Write("runs/m/a/seed1-aaaa/weights.safetensors", WeightsFile("h1"));
  Write("runs/m/a/seed1-bbbb/weights.safetensors", WeightsFile("h2"));
  Write("runs/m/a/seed10-cccc/weights.safetensors", WeightsFile("h2"));
  Write("runs/m/a/seed1-dddd/train.jsonl", "");
  Result result;
  result.set_experiment("m/a");
  result.set_seed(1);
  result.set_weights_hash("h2");
  const auto folder = RunFolderOf(Path("runs"), result);
  ASSERT_TRUE(folder.ok()) << folder.status();
  EXPECT_EQ(*folder, Path("runs/m/a/seed1-bbbb"));
  result.set_weights_hash("h3");
  EXPECT_EQ(*RunFolderOf(Path("runs"), result), "");
  EXPECT_EQ(*RunFolderOf(Path("nowhere"), result), "");
}

TEST(RunFolderOf, DamagedWeightsAreNamed) {
  Write("damaged/m/seed1-aaaa/weights.safetensors", WeightsFile("h1").substr(0, 20));
  Result result;
  result.set_experiment("m");
  result.set_seed(1);
  result.set_weights_hash("h1");
  EXPECT_EQ(RunFolderOf(Path("damaged"), result).status().message(),
            absl::StrCat(Path("damaged/m/seed1-aaaa/weights.safetensors"),
                         ": not a readable safetensors file: header of 61 bytes in a file with 12 left"));
}

}  // namespace
}  // namespace mrsn::experiments
