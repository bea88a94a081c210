// STEP's initial proposals, and the way from one step's result to the next step's proposals.
//
// A proposal cuboid has a box at each of P temporal positions; cuboids lie one after the other.
#ifndef MRSN_MRSN_BASELINES_STEP_PROPOSALS_H_
#define MRSN_MRSN_BASELINES_STEP_PROPOSALS_H_

#include <vector>

#include "mrsn/baselines/anchors/box_coding.h"
#include "ops/base/box.h"

namespace mrsn::baselines {

// Squares (of the frame, as normalised) evenly spread over it, per_axis in a row and a column;
// a single one is in the middle.
struct ProposalGrid {
  double size = 1;
  int per_axis = 1;
};

// Grid by grid, row by row.
std::vector<Box> InitialProposals(const std::vector<ProposalGrid>& grids);

// Each box `times` times: cuboids that stand still.
std::vector<Box> Repeat(const std::vector<Box>& boxes, int times);

// Moves each box by its offsets (Decode, variances 1) and cuts it to the frame. A box with a side below
// kLeastProposalSide, or one that is not finite, becomes the whole frame, as in the public code.
constexpr float kLeastProposalSide = 0.005f;
std::vector<Box> Refine(const std::vector<Box>& proposals, const std::vector<BoxOffsets>& offsets);

// Cuboids of `positions` boxes each, joined in time.
std::vector<Box> Join(const std::vector<Box>& before, const std::vector<Box>& now,
                      const std::vector<Box>& after, int positions);

}  // namespace mrsn::baselines

#endif  // MRSN_MRSN_BASELINES_STEP_PROPOSALS_H_
