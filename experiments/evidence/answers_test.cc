#include "experiments/evidence/answers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "experiments/config/text_proto.h"
#include "experiments/evidence/answers_page.h"
#include "experiments/report/document.h"
#include "ops/base/file.h"
#include "ops/base/random.h"

namespace mrsn::experiments {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr int kRooms = 6, kPersons = 8, kDraws = 200;
const std::vector<std::string> kKinds = {"pose", "context", "context"};  // of classes 1, 2, 3

bool IsTrue(int world, int room, int person, int c) {
  return SplitMix64(HashSeed(world, room, 10 * person + c)).Chance(0.4);
}

// A made-up run: true labels get scores that are higher by `skill`.
struct MadeRun {
  std::string setting;
  int world = 0, seed = 0;
  double skill = 0;

  double Score(int room, int person, int c) const {
    SplitMix64 random(HashSeed(HashSeed(setting.size(), world, seed), room, 10 * person + c));
    return (random.Uniform() + (IsTrue(world, room, person, c) ? skill : 0)) / (1 + skill);
  }
  // AP of class c where room r is there weight[r] times: slow, from the definition. NaN without ground truth.
  double Ap(int c, const std::vector<int>& weight) const {
    std::vector<std::pair<double, bool>> found;
    double truths = 0;
    for (int room = 0; room < kRooms; ++room) {
      for (int copy = 0; copy < weight[room]; ++copy) {
        for (int person = 0; person < kPersons; ++person) {
          found.emplace_back(-Score(room, person, c), IsTrue(world, room, person, c));
          truths += found.back().second;
        }
      }
    }
    std::sort(found.begin(), found.end());
    double area = 0, best = 0, hits = truths;  // from the last one back: everybody is found
    for (size_t i = found.size(); i-- > 0;) {
      best = std::max(best, hits / static_cast<double>(i + 1));
      if (!found[i].second) continue;
      area += best / truths;
      hits -= 1;
    }
    return truths > 0 ? 100 * area : NAN;
  }
  double Mean(const std::string& measure, const std::vector<int>& weight) const {
    double sum = 0, n = 0;
    for (int c = 1; c <= 3; ++c) {
      const double ap = Ap(c, weight);
      if ((measure != kAllClasses && kKinds[c - 1] != measure) || std::isnan(ap)) continue;
      sum += ap;
      ++n;
    }
    return sum / n;
  }
};

class AnswersTest : public ::testing::Test {
 protected:
  AnswersTest()
      : root_(absl::StrCat(::testing::TempDir(), "answers.", ::getpid(), "/",
                           ::testing::UnitTest::GetInstance()->current_test_info()->name(), "/")) {}

  static std::string Rows(const MadeRun& run, bool detections) {
    std::string rows;
    for (int room = 0; room < kRooms; ++room) {
      for (int person = 0; person < kPersons; ++person) {
        for (int c = 1; c <= 3; ++c) {
          if (!detections && !IsTrue(run.world, room, person, c)) continue;
          absl::StrAppendFormat(&rows, "room%d,0902,%.1f,0,%.1f,1,%d,", room, 0.1 * person,
                                0.1 * person + 0.1, c);
          absl::StrAppend(
              &rows, detections ? absl::StrFormat("%.12f", run.Score(room, person, c)) : absl::StrCat(person),
              "\n");
        }
      }
    }
    return rows;
  }

  std::string Stem(const MadeRun& run) const {
    return absl::StrFormat("%sresults/%s@world=%d/seed%d", root_, run.setting, run.world, run.seed);
  }

  void Write(const MadeRun& run) {
    const std::vector<int> once(kRooms, 1);
    std::string text = absl::StrFormat(
        "experiment: \"%s@world=%d\" seed: %d config_fingerprint: \"c%d%s\" data_fingerprint: \"data%d\" "
        "commit: "
        "\"abc\" protocol: \"official_2019\" iou_threshold: 0.5 frame_map: %.15f\n",
        run.setting, run.world, run.seed, run.world, run.setting, run.world, run.Mean("all", once) / 100);
    for (int c = 1; c <= 3; ++c) {
      int truths = 0;
      for (int i = 0; i < kRooms * kPersons; ++i) {
        truths += IsTrue(run.world, i / kPersons, i % kPersons, c);
      }
      absl::StrAppendFormat(&text, "per_class { id: %d name: \"c%d\" kind: \"%s\" ap: %.15f num_gt: %d }\n",
                            c, c, kKinds[c - 1], run.Ap(c, once) / 100, truths);
    }
    absl::StrAppendFormat(&text, "by_kind { kind: \"context\" mean_ap: %.15f num_classes: 2 }\n",
                          run.Mean("context", once) / 100);
    ASSERT_TRUE(WriteFileAtomically(Stem(run) + ".textproto", text).ok());
    ASSERT_TRUE(WriteFileAtomically(Stem(run) + ".detections.csv", Rows(run, true)).ok());
    ASSERT_TRUE(WriteFileAtomically(Stem(run) + ".groundtruth.csv", Rows(run, false)).ok());
  }

  // Two worlds, two seeds of "ours" and of "base".
  std::vector<MadeRun> WriteAll(double skill) {
    std::vector<MadeRun> runs;
    for (const int world : {1, 2}) {
      for (const int seed : {0, 1}) {
        runs.push_back({"ours", world, seed, skill});
        runs.push_back({"base", world, seed, 0.2});
      }
    }
    for (const MadeRun& run : runs) Write(run);
    return runs;
  }

  void Change(const MadeRun& run, const std::string& suffix, const std::string& from, const std::string& to) {
    std::string text = *ReadFile(Stem(run) + suffix);
    ASSERT_NE(text.find(from), std::string::npos);
    text.replace(text.find(from), from.size(), to);
    ASSERT_TRUE(WriteFileAtomically(Stem(run) + suffix, text).ok());
  }

  Contrasts Read(const std::string& more = "") {
    const std::string text =
        absl::StrCat("worlds: \"1\" worlds: \"2\" draws: ", kDraws,
                     " seed: 7 contrasts { question: \"Q1\" rank: MAIN pairs: 2 ",
                     "on: \"context\" setting { name: \"Ours\" results: \"ours@world={world}\" ",
                     "} baselines { name: \"Base\" results: \"base@world={world}\" } ", more, " }");
    EXPECT_TRUE(WriteFileAtomically(root_ + "c.textproto", text).ok());
    const auto contrasts = ReadContrasts(root_ + "c.textproto");
    EXPECT_TRUE(contrasts.ok()) << contrasts.status();
    return *contrasts;
  }

  absl::StatusOr<Answers> Answered(const Contrasts& contrasts, const std::vector<ScaleOfData>& scales = {}) {
    ScoredRuns::Options options;
    options.draws = contrasts.draws();
    options.seed = contrasts.seed();
    options.num_threads = 1;
    auto runs = ScoredRuns::Open(root_ + "results", options);
    if (!runs.ok()) return runs.status();
    return AnswerContrasts(contrasts, scales, &*runs);
  }

  std::string ErrorOf(const Contrasts& contrasts) {
    const auto answers = Answered(contrasts);
    return answers.ok() ? "" : std::string(answers.status().message());
  }

  const std::string root_;
};

// The whole bootstrap once more, slowly: rooms are copied, AP follows from its definition.
std::pair<double, double> SlowInterval(const std::vector<MadeRun>& runs, const std::string& measure) {
  std::vector<double> drawn;
  for (int s = 0; s < kDraws; ++s) {
    double sum = 0;
    for (const int world : {0, 1}) {
      SplitMix64 rooms(SplitMix64(HashSeed(7, world) * 0x100000001b3u + s).Next());
      std::vector<int> weight(kRooms);
      for (int r = 0; r < kRooms; ++r) ++weight[rooms.Below(kRooms)];
      SplitMix64 pairs(HashSeed(7, s, world));
      for (int i = 0; i < 2; ++i) {
        const size_t first = 4 * world + 2 * pairs.Below(2);  // ours and base of one seed
        sum += runs[first].Mean(measure, weight) - runs[first + 1].Mean(measure, weight);
      }
    }
    drawn.push_back(sum / 4);
  }
  std::sort(drawn.begin(), drawn.end());
  // 2.5 % and 97.5 % of 0..199 are 4.975 and 194.025.
  return {0.025 * drawn[4] + 0.975 * drawn[5], 0.975 * drawn[194] + 0.025 * drawn[195]};
}

TEST_F(AnswersTest, AgreesWithASlowBootstrap) {
  const std::vector<MadeRun> runs = WriteAll(0.5);
  const auto answers = Answered(Read());
  ASSERT_TRUE(answers.ok()) << answers.status();
  ASSERT_EQ(answers->contrasts.size(), 1);
  const AnsweredContrast& row = answers->contrasts[0];
  ASSERT_TRUE(row.estimate.has_value());
  const std::vector<int> once(kRooms, 1);
  double worlds[2] = {};
  for (int p = 0; p < 4; ++p) {
    worlds[p / 2] += (runs[2 * p].Mean("context", once) - runs[2 * p + 1].Mean("context", once)) / 2;
  }
  EXPECT_NEAR(row.estimate->world_means[0], worlds[0], 1e-9);
  EXPECT_NEAR(row.estimate->world_means[1], worlds[1], 1e-9);
  EXPECT_NEAR(row.estimate->difference, (worlds[0] + worlds[1]) / 2, 1e-9);
  for (const auto& [estimate, measure] : {std::pair(row.estimate, "context"), {row.on_frame_map, "all"}}) {
    const auto [low, high] = SlowInterval(runs, measure);
    EXPECT_NEAR(estimate->interval.first, low, 1e-9) << measure;
    EXPECT_NEAR(estimate->interval.second, high, 1e-9) << measure;
  }
  EXPECT_EQ(row.estimate->pairs, 4);
  EXPECT_EQ(answers->runs, 8);
  EXPECT_THAT(answers->commits, ElementsAre("abc"));
  EXPECT_NEAR(row.setting.value - row.baseline.value, row.estimate->difference, 1e-9);
}

TEST_F(AnswersTest, HeadroomIsTheShareBetweenPoseAndOracle) {
  const std::vector<MadeRun> runs = WriteAll(0.5);
  std::vector<ScaleOfData> scales = {{"data2", {{"context", 20}}, {{"context", 70}}},
                                     {"data1", {{"context", 10}}, {{"context", 90}}}};
  const auto answers = Answered(Read(), scales);
  ASSERT_TRUE(answers.ok()) << answers.status();
  const std::vector<int> once(kRooms, 1);
  double expected = 0;
  for (const int r : {0, 2}) expected += (runs[r].Mean("context", once) - 10) / 80 / 4;
  for (const int r : {4, 6}) expected += (runs[r].Mean("context", once) - 20) / 50 / 4;
  EXPECT_NEAR(*answers->contrasts[0].setting.headroom, expected, 1e-9);
  scales.pop_back();
  EXPECT_FALSE(Answered(Read(), scales)->contrasts[0].setting.headroom.has_value());
}

TEST_F(AnswersTest, RunsThatDoNotBelongTogetherAreRefused) {
  const std::vector<MadeRun> runs = WriteAll(0.5);
  Write({"ours", 2, 2, 0.5});
  EXPECT_EQ(ErrorOf(Read()),
            "these runs are no pairs: ours@world=2 has seeds 0, 1, 2, base@world=2 has seeds 0, 1");
  Write({"base", 2, 2, 0.2});
  EXPECT_EQ(ErrorOf(Read()), "");
  Change(runs[2], ".textproto", "c1ours", "c9ours");
  EXPECT_THAT(ErrorOf(Read()), HasSubstr("the configuration is c1ours in ours@world=1 seed 0 and c9ours in "
                                         "ours@world=1 seed 1"));
  Write(runs[2]);
  Change(runs[3], ".textproto", "data1", "data9");
  EXPECT_THAT(ErrorOf(Read()), HasSubstr("the evaluated data is data1 in ours@world=1 seed 0 and data9 in "
                                         "base@world=1 seed 1"));
  Write(runs[3]);
  Change(runs[3], ".textproto", "seed: 1", "seed: 1 train_data_fingerprint: \"t\"");
  EXPECT_THAT(ErrorOf(Read()), HasSubstr("the training data is  in ours@world=1 seed 0 and t in"));
  Write(runs[3]);
  for (const MadeRun& run : runs) {
    if (run.world == 2) Change(run, ".textproto", "data2", "data1");
  }
  for (const std::string setting : {"ours", "base"}) {
    Change({setting, 2, 2, 0}, ".textproto", "data2", "data1");
  }
  EXPECT_EQ(ErrorOf(Read()), "worlds 1 and 2 have the same data: ours@world=2 seed 0");
}

TEST_F(AnswersTest, OtherRoomsAreRefused) {
  const std::vector<MadeRun> runs = WriteAll(0.5);
  // The score of a class 3 that nobody has there: no AP changes but a seventh room takes part.
  const std::string more = Rows(runs[1], true) + "room9,0902,0,0,0.1,1,3,0.000000000001\n";
  ASSERT_TRUE(WriteFileAtomically(Stem(runs[1]) + ".detections.csv", more).ok());
  EXPECT_EQ(
      ErrorOf(Read()),
      "these results cannot be compared: 6 rooms in ours@world=1 seed 0 and 7 in base@world=1 seed 0, or "
      "others");
  Contrasts contrasts = Read();
  contrasts.mutable_contrasts(0)->set_on(0, "poise");
  EXPECT_EQ(ErrorOf(contrasts), "ours@world=1 seed 0 has no classes of kind \"poise\"");
}

TEST_F(AnswersTest, WhatIsMissingIsSaidAndNothingIsDecided) {
  WriteAll(3);
  EXPECT_EQ(Answered(Read())->contrasts[0].answer, Answer::kYes);
  Contrasts contrasts = Read();
  contrasts.mutable_contrasts(0)->set_pairs(5);
  const AnsweredContrast few = Answered(contrasts)->contrasts[0];
  EXPECT_THAT(few.reasons, ElementsAre("2 of 5 pairs in a world"));
  EXPECT_EQ(few.answer, Answer::kNotDecided);
  EXPECT_TRUE(few.pairs_needed.has_value());

  contrasts = Read();
  contrasts.mutable_contrasts(0)->mutable_setting()->set_results("later@world={world}");
  contrasts.mutable_contrasts(0)->set_holm(true);
  *contrasts.add_contrasts() = Read("holm: true").contrasts(0);
  const auto answers = Answered(contrasts);
  ASSERT_TRUE(answers.ok()) << answers.status();
  EXPECT_EQ(answers->contrasts[0].missing, "no results of later@world=1");
  EXPECT_FALSE(answers->contrasts[0].estimate.has_value());
  // The one that was run has p = 2 / 201, times the family's two.
  EXPECT_NEAR(*answers->contrasts[1].adjusted_p, 4.0 / (kDraws + 1), 1e-12);
  EXPECT_EQ(answers->contrasts[1].after_holm, Answer::kYes);

  contrasts = Read();
  contrasts.mutable_probe()->add_results("base@world=1");
  contrasts.mutable_probe()->set_kind("context");
  contrasts.mutable_probe()->set_margin(3);
  EXPECT_THAT(Answered(contrasts)->contrasts[0].reasons,
              ElementsAre(HasSubstr("the linear probe was not measured: there is no scale")));
  const double value = MadeRun{"base", 1, 0, 0.2}.Mean("context", std::vector<int>(kRooms, 1));
  const auto with_pose = [&](double pose) {
    return Answered(contrasts, {{"data1", {{"context", pose}}, {{"context", 100}}}})->contrasts[0];
  };
  EXPECT_THAT(with_pose(value - 3.1).reasons, ElementsAre(HasSubstr("the linear probe fails: base@world=1")));
  EXPECT_EQ(with_pose(value - 2.9).answer, Answer::kYes);
}

TEST_F(AnswersTest, TheTuningChoosesTheBaselineAndTellsWhetherItConverged) {
  WriteAll(3);
  const auto tune = [&](const std::string& setting, double frame_map, const std::string& curve) {
    ASSERT_TRUE(
        WriteFileAtomically(absl::StrCat(root_, "results/", setting, "@world=t,rate=1/seed0.textproto"),
                            absl::StrFormat("experiment: \"%s@world=t,rate=1\" seed: 0 iterations: 80 "
                                            "frame_map: %f %s",
                                            setting, frame_map, curve))
            .ok());
  };
  const auto flat = [](double last) {
    return absl::StrFormat(
        "validation { iteration: 60 frame_map: 0.3 } validation { iteration: 80 frame_map: %f }", last);
  };
  Contrasts contrasts = Read();
  Contrasts::Contrast& contrast = *contrasts.mutable_contrasts(0);
  contrast.mutable_baselines(0)->set_tuning("base@world=t,");
  Contrasts::Setting& other = *contrast.add_baselines();
  other.set_name("Other");
  other.set_results("other@world={world}");
  other.set_tuning("other@world=t,");
  EXPECT_EQ(Answered(contrasts)->contrasts[0].missing, "no results of base@world=t,");
  tune("base", 0.302, flat(0.302));
  tune("other", 0.301, flat(0.301));
  const auto taken = Answered(contrasts);
  ASSERT_TRUE(taken.ok()) << taken.status();
  EXPECT_EQ(taken->contrasts[0].baseline.name, "Base");
  EXPECT_THAT(taken->contrasts[0].reasons, IsEmpty());
  tune("other", 0.303, flat(0.303));
  EXPECT_EQ(Answered(contrasts)->contrasts[0].missing, "no results of other@world=1");
  contrast.mutable_baselines()->RemoveLast();
  tune("base", 0.31, flat(0.31));
  EXPECT_THAT(Answered(contrasts)->contrasts[0].reasons,
              ElementsAre("Base has not converged: it still rises by 1.00 points"));
  tune("base", 0.302, flat(0.302));
  contrast.mutable_setting()->set_tuning("ours@world=t,");
  tune("ours", 0.304,
       "validation { iteration: 60 frame_map: 0.2999 } "
       "validation { iteration: 80 frame_map: 0.304 }");
  EXPECT_THAT(Answered(contrasts)->contrasts[0].reasons,
              ElementsAre("the sign changes between the last two points of the learning curves"));
}

TEST_F(AnswersTest, ThePageAndTheJsonSayTheSame) {
  WriteAll(3);
  Contrasts contrasts = Read("holm: true text: \"Does it help?\"");
  contrasts.add_contrasts()->CopyFrom(contrasts.contrasts(0));
  contrasts.mutable_contrasts(1)->set_rank(Contrasts::Contrast::SIDE);
  contrasts.mutable_contrasts(1)->set_holm(false);
  contrasts.mutable_contrasts(1)->mutable_setting()->set_results("later@world={world}");
  const auto answers = Answered(contrasts);
  ASSERT_TRUE(answers.ok()) << answers.status();
  const auto json = nlohmann::json::parse(AnswersJson(*answers, contrasts));
  const auto& estimate = json["contrasts"][0]["estimate"];
  EXPECT_EQ(json["contrasts"][0]["answer"], "yes");
  EXPECT_EQ(json["contrasts"][1]["answer"], "not run");
  const std::string markdown = ToMarkdown(AnswersPage(*answers, contrasts, "Made by a test."));
  EXPECT_THAT(markdown,
              HasSubstr(absl::StrFormat("| Q1 | Ours − Base | context | yes | %+.2f | %+.2f to %+.2f |",
                                        estimate["difference"].get<double>(),
                                        estimate["confidence_interval_95"][0].get<double>(),
                                        estimate["confidence_interval_95"][1].get<double>())));
  EXPECT_THAT(markdown, HasSubstr("| 0.010 | yes |"));
  EXPECT_THAT(markdown, HasSubstr("| Q1 | Ours − Base | context | not run |"));
  EXPECT_THAT(markdown, HasSubstr("no results of later@\u200bworld=1"));
  EXPECT_THAT(markdown,
              HasSubstr("Of 2 rows 1 are answered yes, 0 worse, 0 no effect, 0 are not decided, 1 are "
                        "not run."));
}

}  // namespace
}  // namespace mrsn::experiments
