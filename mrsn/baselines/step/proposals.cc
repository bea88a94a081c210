#include "mrsn/baselines/step/proposals.h"

namespace mrsn::baselines {

std::vector<Box> InitialProposals(const std::vector<ProposalGrid>& grids) {
  std::vector<Box> proposals;
  for (const ProposalGrid& grid : grids) {
    const auto start = [&](int i) {
      return grid.per_axis == 1 ? (1 - grid.size) / 2 : i * (1 - grid.size) / (grid.per_axis - 1);
    };
    for (int row = 0; row < grid.per_axis; ++row) {
      for (int column = 0; column < grid.per_axis; ++column) {
        const double x = start(column), y = start(row);
        proposals.push_back({static_cast<float>(x), static_cast<float>(y), static_cast<float>(x + grid.size),
                             static_cast<float>(y + grid.size)});
      }
    }
  }
  return proposals;
}

std::vector<Box> Repeat(const std::vector<Box>& boxes, int times) {
  std::vector<Box> cuboids;
  cuboids.reserve(boxes.size() * times);
  for (const Box& box : boxes) cuboids.insert(cuboids.end(), times, box);
  return cuboids;
}

std::vector<Box> Refine(const std::vector<Box>& proposals, const std::vector<BoxOffsets>& offsets) {
  std::vector<Box> refined;
  refined.reserve(proposals.size());
  for (size_t i = 0; i < proposals.size(); ++i) {
    const Box box = ClipToFrame(Decode(offsets[i], proposals[i], BoxCoding{}));
    const bool good = box.x2 - box.x1 >= kLeastProposalSide && box.y2 - box.y1 >= kLeastProposalSide;
    refined.push_back(good ? box : Box{0, 0, 1, 1});
  }
  return refined;
}

std::vector<Box> Join(const std::vector<Box>& before, const std::vector<Box>& now,
                      const std::vector<Box>& after, int positions) {
  std::vector<Box> joined;
  joined.reserve(3 * now.size());
  for (size_t first = 0; first < now.size(); first += positions) {
    for (const std::vector<Box>* part : {&before, &now, &after}) {
      joined.insert(joined.end(), part->begin() + first, part->begin() + first + positions);
    }
  }
  return joined;
}

}  // namespace mrsn::baselines
