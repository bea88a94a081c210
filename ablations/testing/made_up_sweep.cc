#include "ablations/testing/made_up_sweep.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "experiments/config/text_proto.h"
#include "ops/base/file.h"

namespace mrsn::ablations {

MadeUpSweep::MadeUpSweep()
    : root_(absl::StrCat(std::getenv("TEST_TMPDIR"), "/",
                         ::testing::UnitTest::GetInstance()->current_test_info()->name())) {
  std::filesystem::remove_all(root_);
  Write("experiments/configs/pre", "model { slow_only {} mrsn {} } train { batch_norm: TRAINED }");
  Write("experiments/configs/none", "base: \"pre\" inputs { initialise_from: \"pre\" }");
  Write("experiments/configs/acre", "base: \"none\" model { mrsn { acre {} } }");
  Write("ablations/s",
        "description: \"Does it help?\" experiments: \"none\" experiments: \"acre\" seeds: 2\n"
        "axes { name: \"world\" points { label: \"1\" delta { eval_data { micro_world_2 { seed: 1 } } } }\n"
        "       points { label: \"2\" delta { eval_data { micro_world_2 { seed: 2 } } } } }");
}

void MadeUpSweep::Write(const std::string& name, const std::string& text) const {
  const auto status = WriteFileAtomically(absl::StrCat(root_, "/", name, ".textproto"), text);
  ASSERT_TRUE(status.ok()) << status;
}

SweepRuns MadeUpSweep::Runs() const {
  const auto sweep = ReadSweep(root_ + "/ablations", root_ + "/experiments/tables", "s");
  EXPECT_TRUE(sweep.ok()) << sweep.status();
  auto runs = ExpandSweep(*sweep, root_ + "/experiments/configs");
  EXPECT_TRUE(runs.ok()) << runs.status();
  return *std::move(runs);
}

Result MadeUpSweep::ResultOf(const std::string& label, uint64_t seed, double frame_map) const {
  Result result;
  const int world = absl::EndsWith(label, "2") ? 2 : 1;
  EXPECT_TRUE(experiments::ParseTextProto(
                  absl::StrCat("data_fingerprint: 'data", world, "' experiment: '", label, "' seed: ", seed,
                               " frame_map: ", frame_map, " weights_hash: 'w", seed, "'\n", R"(
        commit: 'c1' device: 'CPU: one' date: '2026-11-30' protocol: 'official_2018' iou_threshold: 0.5
        official: false train_seconds: 1800 training_processes: 2 evaluate_seconds: 1800
        parameters { total: 52386 } multiply_adds { total: 51856896 }
        validation { iteration: 10 epoch: 0.5 frame_map: 0.125 })",
                               "per_class { id: 1 name: 'eat' kind: 'context' num_gt: ", 10 * world,
                               " ap: ", frame_map, " }\nper_class { id: 2 name: 'talk' kind: 'actor-actor' }",
                               "by_kind { kind: 'context' num_classes: 1 mean_ap: ", frame_map,
                               " }\nby_kind { kind: 'actor-actor' num_classes: 0 }"),
                  "a result", &result)
                  .ok());
  for (const auto& run : Runs().all) {
    if (run->label != label) continue;
    result.set_config_fingerprint(run->resolved->fingerprint);
    result.set_official(!run->resolved->changed);
  }
  return result;
}

void MadeUpSweep::Leave(const Result& result) const {
  Write(absl::StrCat("out/results/", result.experiment(), "/seed", result.seed()),
        experiments::PrintTextProto(result));
}

}  // namespace mrsn::ablations
