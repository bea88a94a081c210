#include "experiments/engine/shared_persons.h"

#include <mutex>
#include <optional>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "ops/distributed/thread_group.h"

namespace mrsn::experiments {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

datasets::Sample Clip(size_t persons, int width = 32) {
  datasets::Sample clip;
  clip.slow.height = 24;
  clip.slow.width = width;
  clip.actors.resize(persons);
  return clip;
}

using Shares = std::vector<std::vector<datasets::Sample>>;  // by rank

std::vector<std::optional<SharedPersons>> Found(const Shares& shares, int64_t clips) {
  std::vector<std::optional<SharedPersons>> found(shares.size());
  RunAsRanks(static_cast<int>(shares.size()), [&](ProcessGroup& group) {
    const auto persons = PersonsAmongAll(shares[group.rank()], clips, group);
    ASSERT_TRUE(persons.ok()) << persons.status();
    found[group.rank()] = *persons;
  });
  return found;
}

// The batch has clips with 2, 1, 0, 3 persons: places 0 1, 2, none, 3 4 5.
TEST(SharedPersonsTest, PlacesInTheBatch) {
  const auto found = Found({{Clip(2), Clip(0)}, {Clip(1), Clip(3)}}, 4);
  ASSERT_TRUE(found[0].has_value() && found[1].has_value());
  EXPECT_THAT(found[0]->own, ElementsAre(0, 1));
  EXPECT_THAT(found[1]->own, ElementsAre(2, 3, 4, 5));
  EXPECT_EQ(found[0]->all, 6);
  EXPECT_EQ(found[1]->all, 6);
  const auto empty = Found({{Clip(0)}, {Clip(1)}}, 2);
  EXPECT_THAT(empty[0]->own, IsEmpty());
  EXPECT_EQ(empty[0]->all, 1);
}

TEST(SharedPersonsTest, NobodyIsPlacedIfOneProcessWouldComputeParts) {
  for (const Shares& shares : {Shares{{Clip(2), Clip(1, 48)}, {Clip(1), Clip(3)}},  // two sizes in a rank
                               Shares{{Clip(2), Clip(1)}, {Clip(1, 48), Clip(3, 48)}},
                               Shares{{Clip(2)}, {Clip(1), Clip(3)}},  // a clip could not be read
                               Shares{{}, {Clip(1), Clip(3)}}}) {
    const auto found = Found(shares, 4);
    EXPECT_FALSE(found[0].has_value());
    EXPECT_FALSE(found[1].has_value());
  }
}

}  // namespace
}  // namespace mrsn::experiments
