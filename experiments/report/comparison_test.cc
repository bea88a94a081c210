#include "experiments/report/comparison.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "experiments/report/comparison_page.h"
#include "experiments/report/page_reader.h"
#include "ops/base/file.h"

namespace mrsn::experiments {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Ten videos, a person each, who does the class 1. Whoever finds `found` of them and nobody else has an AP of
// found / 10: precision is 1 up to the last person found.
class ComparisonTest : public ::testing::Test {
 protected:
  ComparisonTest()
      : root_(absl::StrCat(::testing::TempDir(), "comparison.", ::getpid(), "/",
                           ::testing::UnitTest::GetInstance()->current_test_info()->name(), "/")) {}

  static std::string Rows(int videos, bool detections) {
    std::string rows;
    for (int v = 0; v < videos; ++v) {
      // All scores differ: 0.9, 0.89, ..
      absl::StrAppend(&rows, "video", v, ",0902,0.1,0,0.2,1,1,",
                      detections ? absl::StrFormat("%.2f", 0.9 - 0.01 * v) : "0", "\n");
    }
    return rows;
  }

  static std::string ResultText(const std::string& experiment, int found, const std::string& weights) {
    return absl::StrFormat(
        "experiment: \"%s\" seed: 0 config_fingerprint: \"c\" data_fingerprint: \"d0\" weights_hash: \"%s\" "
        "official: true protocol: \"official_2019\" iou_threshold: 0.5 frame_map: %.1f "
        "per_class { id: 1 name: \"sit & <wait>\" kind: \"pose\" ap: %.1f num_gt: 10 } "
        "per_class { id: 7 name: \"read\" kind: \"person-object\" num_gt: 0 }\n",
        experiment, weights, found / 10.0, found / 10.0);
  }

  void Write(const std::string& name, const std::string& text) {
    ASSERT_TRUE(WriteFileAtomically(root_ + name, text).ok());
  }

  // As //experiments:evaluate leaves it in the folder `folder`; the result's path.
  std::string Evaluated(const std::string& folder, const std::string& experiment, int found) {
    const std::string stem = absl::StrCat(folder, "/", experiment, "/seed0");
    Write(stem + ".textproto", ResultText(experiment, found, folder));
    Write(stem + ".detections.csv", Rows(found, true));
    Write(stem + ".groundtruth.csv", Rows(10, false));
    return root_ + stem + ".textproto";
  }

  static std::string ErrorOf(const std::vector<std::string>& paths) {
    return std::string(CompareResults(paths, {}).status().message());
  }

  const std::string root_;
};

TEST_F(ComparisonTest, DifferencesFromTheFirstResult) {
  const auto comparison = CompareResults(
      {Evaluated("a", "m/half", 5), Evaluated("b", "m/all", 10), Evaluated("c", "m/none", 0)}, {});
  ASSERT_TRUE(comparison.ok()) << comparison.status();
  ASSERT_EQ(comparison->with_baseline.size(), 2);
  const eval::Difference& better = comparison->with_baseline[0].frame_map;
  EXPECT_NEAR(*better.difference, 0.5, 1e-12);
  // The difference is the share of the five missed videos among the ten that are drawn: binomial, 10 draws
  // of 1/2. Its 2.5 % and 97.5 % quantiles are 2 and 8.
  EXPECT_NEAR(better.interval->first, 0.2, 1e-12);
  EXPECT_NEAR(better.interval->second, 0.8, 1e-12);
  EXPECT_NEAR(*comparison->with_baseline[1].frame_map.difference, -0.5, 1e-12);
  EXPECT_EQ(comparison->with_baseline[0].num_videos, 10);
  EXPECT_EQ(comparison->with_baseline[0].per_class[0].name, "sit & <wait>");
  EXPECT_THAT(WorseBy(*comparison, 0),
              ElementsAre(HasSubstr("m/none seed 0 is worse than m/half seed 0 by 50.00 points")));
  EXPECT_THAT(WorseBy(*comparison, 60), IsEmpty()) << "not by more than 60 points";
}

TEST_F(ComparisonTest, ASmallLossIsNotSeparatedFromZero) {
  const auto comparison = CompareResults({Evaluated("a", "m/all", 10), Evaluated("b", "m/nine", 9)}, {});
  ASSERT_TRUE(comparison.ok()) << comparison.status();
  EXPECT_NEAR(*comparison->with_baseline[0].frame_map.difference, -0.1, 1e-12);
  // 0.9^10 = 35 % of the resamplings do not draw the missed video.
  EXPECT_EQ(comparison->with_baseline[0].frame_map.interval->second, 0);
  EXPECT_THAT(WorseBy(*comparison, 0), IsEmpty());
}

TEST_F(ComparisonTest, ThePageStandsAloneAndTheMarkdownHasTheTable) {
  const auto comparison = CompareResults({Evaluated("a", "m/half", 5), Evaluated("b", "m/half", 10)}, {});
  ASSERT_TRUE(comparison.ok()) << comparison.status();
  const Document document = ComparisonPage(*comparison, "Made by a test.");
  const auto html = ToHtml(document);
  ASSERT_TRUE(html.ok()) << html.status();
  const auto page = ReadPage(*html);
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_THAT(FaultsOf(*page), IsEmpty());
  EXPECT_THAT(*html, HasSubstr("sit &amp; &lt;wait&gt;"));
  const std::string markdown = ToMarkdown(document);
  EXPECT_THAT(markdown, AllOf(HasSubstr("| result | frame-mAP | difference | 95 % interval |"),
                              HasSubstr(" 100.00 | +50.00 | +20.00 to +80.00 | "), HasSubstr(" | better |"),
                              HasSubstr("| 1 sit &amp; &lt;wait&gt; | 50.00 | 100.00 | +50.00 |")));
  // Two results of one name are told apart by their files.
  EXPECT_THAT(comparison->results[0].name, HasSubstr("m/half seed 0 ("));
  EXPECT_NE(comparison->results[0].name, comparison->results[1].name);
  const auto json = nlohmann::json::parse(ComparisonJson(*comparison));
  EXPECT_NEAR(json["results"][0]["frame_map"]["difference"].get<double>(), 0.5, 1e-12);
}

TEST_F(ComparisonTest, OtherEvaluationsAreRefusedByTheDifference) {
  const std::string a = Evaluated("a", "m/all", 10), b = Evaluated("b", "m/half", 5);
  const std::string text = *ReadFile(b);
  const auto error_with = [&](const std::string& from, const std::string& to) {
    std::string changed = text;
    changed.replace(changed.find(from), from.size(), to);
    EXPECT_TRUE(WriteFileAtomically(b, changed).ok());
    return ErrorOf({a, b});
  };
  EXPECT_EQ(
      error_with("official_2019", "acar"),
      "these results cannot be compared: the protocol is official_2019 in m/all seed 0 and acar in m/half "
      "seed 0");
  EXPECT_THAT(error_with("iou_threshold: 0.5", "iou_threshold: 0.75"),
              HasSubstr("the IoU threshold is 0.5 in"));
  EXPECT_THAT(error_with("d0", "d1"), HasSubstr("the evaluated data is d0 in m/all seed 0 and d1 in"));
  EXPECT_THAT(error_with("id: 7", "id: 8"), HasSubstr("a class is 7 \"read\" with 0 boxes in"));
  EXPECT_THAT(error_with("num_gt: 10", "num_gt: 11"), HasSubstr("with 11 boxes in m/half seed 0"));
}

TEST_F(ComparisonTest, FilesThatDoNotBelongToTheResultAreRefused) {
  const std::string a = Evaluated("a", "m/all", 10), b = Evaluated("b", "m/half", 5);
  Write("b/m/half/seed0.detections.csv", Rows(6, true));
  EXPECT_THAT(ErrorOf({a, b}), HasSubstr("seed0.detections.csv: does not belong to " + b +
                                         ": its frame-mAP is 0.600000, the result "
                                         "says 0.500000"));
  std::error_code ignored;
  Write("b/m/half/seed0.detections.csv", "video0,0902\n");
  EXPECT_THAT(ErrorOf({a, b}), HasSubstr("seed0.detections.csv:1"));
}

// A file of weights without any: its header alone.
std::string WeightsFile(const std::string& hash) {
  const std::string header =
      absl::StrCat("{\"__metadata__\":{\"mrsn.checkpoint\":\"weights_hash: \\\"", hash, "\\\"\\n\"}}");
  std::string length(8, '\0');
  length[0] = static_cast<char>(header.size());
  return length + header;
}

TEST_F(ComparisonTest, ATrainingsFilesLieInTheFolderOfItsRun) {
  const std::string path = root_ + "results/m/half/seed0.textproto";
  Write("results/m/half/seed0.textproto", ResultText("m/half", 5, "h2"));
  EXPECT_THAT(ErrorOf({Evaluated("b", "m/all", 10), path}),
              AllOf(HasSubstr(path + ": its detections and ground truth are neither "),
                    HasSubstr("half/seed0.detections.csv and "), HasSubstr(" nor in " + root_ + "runs; ")));
  for (const std::string hash : {"h1", "h2"}) {
    Write("runs/m/half/seed0-" + hash + "/weights.safetensors", WeightsFile(hash));
    Write("runs/m/half/seed0-" + hash + "/detections.csv", Rows(hash == "h2" ? 5 : 3, true));
    Write("runs/m/half/seed0-" + hash + "/groundtruth.csv", Rows(10, false));
  }
  const auto comparison = CompareResults({Evaluated("b", "m/all", 10), path}, {});
  ASSERT_TRUE(comparison.ok()) << comparison.status();
  EXPECT_NEAR(*comparison->with_baseline[0].frame_map.difference, -0.5, 1e-12);
}

}  // namespace
}  // namespace mrsn::experiments
