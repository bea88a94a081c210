// Boxes of a file, grouped by key frame: annotations, detected persons, objects.
#ifndef MRSN_DATASETS_BOX_TABLE_H_
#define MRSN_DATASETS_BOX_TABLE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/types/span.h"
#include "datasets/dataset.h"
#include "ops/base/box.h"
#include "ops/base/keyframe.h"
#include "ops/formats/annotation_rows.h"
#include "ops/formats/read_options.h"

namespace mrsn::datasets {

// A row without its key frame. A file of annotations has no score, a box list neither class nor person.
struct BoxRow {
  Box box;  // normalised
  float score = 1;
  int class_id = 0;
  int person_id = 0;
};

class BoxTable {
 public:
  struct NamedRow {
    Keyframe keyframe;
    BoxRow row;
  };

  BoxTable() = default;
  explicit BoxTable(const std::vector<NamedRow>& rows);
  // The boxes are in pixels of a frame of `frame`, or normalised if that is {0,0}. A key frame that the file
  // names without a box is in the table, with no rows.
  explicit BoxTable(const formats::CsvContents& contents, FrameSize frame = {});

  // The key frames without equals, ordered by video, then time.
  const std::vector<Keyframe>& keyframes() const { return keyframes_; }
  // The rows of key frame number `i`, in the order of the file.
  absl::Span<const BoxRow> rows(size_t i) const {
    return absl::MakeConstSpan(rows_).subspan(first_[i], first_[i + 1] - first_[i]);
  }
  int64_t num_rows() const { return rows_.size(); }

 private:
  std::vector<Keyframe> keyframes_;
  std::vector<BoxRow> rows_;
  std::vector<int64_t> first_ = {0};  // of each key frame, and the end
};

// Key frame number `number` of a block of rows.
Keyframe KeyframeOf(const formats::RowBlock& block, int number);

// The rows of a file whose class is none of `ids`.
struct RowsOfOtherClasses {
  int64_t rows = 0;
  Keyframe first;  // of the first of these rows
  int class_id = 0;
};
RowsOfOtherClasses FindRowsOfOtherClasses(const formats::CsvContents& contents,
                                          const absl::flat_hash_set<int>& ids);

// The names of the videos, in order.
std::vector<std::string> VideosOf(const BoxTable& table);

// Calls visit(keyframe, rows of a, rows of b) for every key frame of either table, in order.
template <typename Visit>
void VisitBoth(const BoxTable& a, const BoxTable& b, const Visit& visit) {
  size_t i = 0, j = 0;
  while (i < a.keyframes().size() || j < b.keyframes().size()) {
    const bool has_a =
        i < a.keyframes().size() && (j == b.keyframes().size() || !(b.keyframes()[j] < a.keyframes()[i]));
    const bool has_b =
        j < b.keyframes().size() && (i == a.keyframes().size() || !(a.keyframes()[i] < b.keyframes()[j]));
    visit(has_a ? a.keyframes()[i] : b.keyframes()[j], has_a ? a.rows(i) : absl::Span<const BoxRow>(),
          has_b ? b.rows(j) : absl::Span<const BoxRow>());
    i += has_a;
    j += has_b;
  }
}

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_BOX_TABLE_H_
