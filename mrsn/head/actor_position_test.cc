// Eq. 3.
#include "mrsn/head/actor_position.h"

#include <ATen/ATen.h>

#include <array>
#include <cmath>
#include <limits>

#include "gtest/gtest.h"
#include "mrsn/testing/golden_names.h"
#include "mrsn/testing/seeded_test.h"

namespace mrsn {
namespace {

using ActorPositionTest = SeededTest;

TEST_F(ActorPositionTest, ActorCellMatchesGolden) {
  EXPECT_TRUE(
      at::equal(ActorCell(RelationsGolden()["cell/boxes"], 8), RelationsGolden()["cell/flat_0based"]));
}

TEST_F(ActorPositionTest, ActorCellAtTheEdges) {
  const double nan = std::nan(""), inf = std::numeric_limits<double>::infinity();
  const struct {
    std::array<double, 4> box;
    int64_t cell;  // of the 8 x 8 grid
  } cases[] = {
      {{0, 0, 1, 1}, 3 * 8 + 3},          // centre 1/2: ceil(4) = 4, the lower cell of the two
      {{0, 0, 1.02, 1.02}, 4 * 8 + 4},    // just beyond
      {{0, 0, 0, 0}, 0},                  // ceil(0) = 0 would leave the grid
      {{1, 1, 1, 1}, 63},                 //
      {{0.9, 0, 1, 0.1}, 7},              // upper right: first row, last column
      {{0, 0.9, 0.1, 1}, 56},             // lower left
      {{-0.5, -0.5, 0.1, 0.1}, 0},        // centre outside
      {{1, 1, 1.5, 1.5}, 63},             //
      {{nan, nan, nan, nan}, 0},          //
      {{-inf, 0.3, -inf, 0.3}, 2 * 8},    //
      {{inf, 0.3, inf, 0.3}, 2 * 8 + 7},  //
  };
  for (const auto& [box, cell] : cases) {
    for (const auto type : {at::kFloat, at::kDouble}) {
      const at::Tensor boxes = at::tensor(at::ArrayRef<double>(box), type).view({1, 4});
      EXPECT_EQ(ActorCell(boxes, 8).item<int64_t>(), cell) << boxes;
    }
  }
}

TEST_F(ActorPositionTest, ActorPositionLooksUpItsCell) {
  ActorPosition position(4, 6);
  const at::Tensor boxes = at::tensor({0.3, 0.6, 0.4, 0.7, 0.9, 0.0, 1.0, 0.2}, at::kDouble).view({2, 4});
  const at::Tensor table = position.parameters()[0];
  // centres (.35, .65) -> i 2, j 3; (.95, .1) -> i 4, j 1
  EXPECT_TRUE(at::equal(position.Forward(boxes), at::stack({table[2 * 4 + 1], table[3]})));
}

}  // namespace
}  // namespace mrsn
