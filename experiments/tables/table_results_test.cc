#include "experiments/tables/table_results.h"

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

namespace mrsn::experiments {
namespace {

using ::testing::HasSubstr;

template <typename Message>
Message Parsed(const std::string& text) {
  Message message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message)) << text;
  return message;
}

// A result whose second class has no ground truth, and whose second kind therefore has no mean.
Result MakeResult(const std::string& experiment, int seed, const std::string& more) {
  return Parsed<Result>(
      "experiment: \"" + experiment + "\" seed: " + std::to_string(seed) +
      " frame_map: 0.1 weights_hash: \"w" + std::to_string(seed) + "\" " + more +
      " device: \"CPU\" official: true protocol: \"p\" parameters { total: 7 } "
      "per_class { id: 1 name: \"stand\" kind: \"pose\" ap: 0.30000000000000004 num_gt: 3 } "
      "per_class { id: 2 name: \"eat\" kind: \"context\" num_gt: 0 } "
      "by_kind { kind: \"pose\" mean_ap: 0.25 num_classes: 1 } "
      "by_kind { kind: \"context\" num_classes: 0 }");
}

MeasuredExperiments TwoExperiments() {
  Measurements a, b;
  a.results = {MakeResult("x/a", 0, "config_fingerprint: \"fa\" commit: \"c1\""),
               MakeResult("x/a", 1, "config_fingerprint: \"fa\" commit: \"c2\"")};
  b.results = {MakeResult("x/b", 0, "config_fingerprint: \"fb\" commit: \"c1\" peak_memory_bytes: 5")};
  a.speed = Parsed<Speed>("experiment: \"x/a\" clips_per_second: 3.5 rounds: 7 date: \"d\"");
  b.speed = Parsed<Speed>("experiment: \"x/b\" clips_per_second: 4.5 rounds: 7 date: \"e\"");
  return {{"x/a", a}, {"x/b", b}};
}

TEST(PackResults, EachFactIsWrittenOnce) {
  const auto packed = PackResults("t", TwoExperiments());
  ASSERT_TRUE(packed.ok()) << packed.status();
  EXPECT_EQ(ResultsText(*packed), R"(# proto-file: experiments/table_results.proto
# proto-message: mrsn.TableResults
table: "t"
common {
  device: "CPU"
  official: true
  protocol: "p"
  parameters {
    total: 7
  }
}
common_speed {
  rounds: 7
}
classes {
  id: 1
  name: "stand"
  kind: "pose"
  num_gt: 3
}
classes {
  id: 2
  name: "eat"
  kind: "context"
  num_gt: 0
}
kinds {
  kind: "pose"
  num_classes: 1
}
kinds {
  kind: "context"
  num_classes: 0
}
experiment {
  name: "x/a"
  common {
    config_fingerprint: "fa"
  }
  run {
    own {
      seed: 0
      weights_hash: "w0"
      commit: "c1"
      frame_map: 0.1
    }
    ap: [0.30000000000000004, nan]
    kind_ap: [0.25, nan]
  }
  run {
    own {
      seed: 1
      weights_hash: "w1"
      commit: "c2"
      frame_map: 0.1
    }
    ap: [0.30000000000000004, nan]
    kind_ap: [0.25, nan]
  }
  speed {
    clips_per_second: 3.5
    date: "d"
  }
}
experiment {
  name: "x/b"
  common {
    config_fingerprint: "fb"
    commit: "c1"
    peak_memory_bytes: 5
  }
  run {
    own {
      seed: 0
      weights_hash: "w0"
      frame_map: 0.1
    }
    ap: [0.30000000000000004, nan]
    kind_ap: [0.25, nan]
  }
  speed {
    clips_per_second: 4.5
    date: "e"
  }
}
)");
}

TEST(PackResults, NothingIsLost) {
  const MeasuredExperiments measured = TwoExperiments();
  const auto packed = PackResults("t", measured);
  ASSERT_TRUE(packed.ok()) << packed.status();
  const auto reread = Parsed<TableResults>(ResultsText(*packed));
  const auto unpacked = UnpackResults(reread, "file");
  ASSERT_TRUE(unpacked.ok()) << unpacked.status();
  ASSERT_EQ(unpacked->size(), measured.size());
  for (size_t e = 0; e < measured.size(); ++e) {
    EXPECT_EQ((*unpacked)[e].first, measured[e].first);
    const Measurements &found = (*unpacked)[e].second, &expected = measured[e].second;
    ASSERT_EQ(found.results.size(), expected.results.size());
    for (size_t r = 0; r < expected.results.size(); ++r) {
      EXPECT_EQ(found.results[r].DebugString(), expected.results[r].DebugString());
    }
    EXPECT_EQ(found.speed->DebugString(), expected.speed->DebugString());
  }
}

TEST(PackResults, OtherClassesAreRefused) {
  MeasuredExperiments measured = TwoExperiments();
  measured[1].second.results[0].mutable_per_class(0)->set_num_gt(4);
  EXPECT_THAT(std::string(PackResults("t", measured).status().message()),
              HasSubstr("x/b seed 0: its classes or their numbers of ground-truth boxes are not those"));
}

}  // namespace
}  // namespace mrsn::experiments
