// What the readers of ground truth and detections take and return.
#ifndef MRSN_EVAL_CSV_CONTENTS_H_
#define MRSN_EVAL_CSV_CONTENTS_H_

#include <cstdint>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "eval/io/lines.h"
#include "eval/rows.h"

namespace mrsn::eval {

struct CsvOptions {
  // AVA: a keyframe is its second to six decimals (official_2020), not the whole second.
  bool fractional_timestamps = false;
  // AVA: rows may have 2 columns, video,timestamp: a keyframe without anybody
  // (official_2020's ground truth).
  bool allow_keyframe_rows = false;
  // When given, rows of other classes are warned of; they are returned all the same.
  const absl::flat_hash_set<int>* classes = nullptr;
  int num_threads = 0;  // 0 = the machine's
};

struct CsvContents {
  std::vector<RowBlock> blocks;  // in file order
  std::vector<Warning> warnings;
  int64_t num_rows = 0;
};

}  // namespace mrsn::eval

#endif  // MRSN_EVAL_CSV_CONTENTS_H_
