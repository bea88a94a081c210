// One pass over the rows of a file: how coordinates and scores are distributed.
#ifndef MRSN_OPS_PLAUSIBILITY_SIDE_FACTS_H_
#define MRSN_OPS_PLAUSIBILITY_SIDE_FACTS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "ops/formats/annotation_rows.h"
#include "ops/plausibility/finding.h"

namespace mrsn::plausibility {

// A row, and the block whose table names its key frame.
struct Place {
  const formats::RowBlock* block = nullptr;
  const formats::Row* row = nullptr;
};

// Counts rows of one property and keeps the first.
struct Tally {
  int64_t count = 0;
  Place first;
  void Add(const formats::RowBlock& block, const formats::Row& row) {
    if (count++ == 0) first = {&block, &row};
  }
};

struct SideFacts {
  int64_t rows = 0;
  double max_x = 0, max_y = 0;
  Tally far_above_one;   // a coordinate greater than 2
  Tally in_unit_square;  // all coordinates in [0,1]
  Tally outside_frame;   // by more than 3 % of the frame
  Tally inverted;        // x2 < x1 or y2 < y1
  Tally inside_as_xywh;  // corner plus size stays in the frame
  double min_score = 0, max_score = 0;
  Place highest;             // the row of max_score
  Tally whole_score;         // a whole number from 0
  Tally above_one;           // a score greater than 1
  Tally score_out_of_range;  // outside [0,1]
  Tally broken_id;           // a person id that is no whole number
  Tally above_threshold;     // scores that options.threshold keeps
  absl::flat_hash_set<int> classes;

  bool ScoresAreWhole() const { return rows > 0 && whole_score.count == rows; }
  bool ScoresAreEqual() const { return rows > 0 && min_score == max_score; }
};

SideFacts FactsOf(const Side& side, const Options& options);

// Unit, scores, threshold, repeated rows.
std::vector<Finding> SideFindings(const Side& side, const SideFacts& facts, const Options& options);

// "vidA,902", "vidA,902.5".
std::string KeyframeText(const formats::KeyframeTable& table, int keyframe);
// "vidA,902,12: box 0.1,0.2,0.5,0.9", without the class for Role::kBoxes.
std::string BoxText(const Side& side, const Place& place);

}  // namespace mrsn::plausibility

#endif  // MRSN_OPS_PLAUSIBILITY_SIDE_FACTS_H_
