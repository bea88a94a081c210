#include "ops/plausibility/side_facts.h"

#include <algorithm>
#include <cmath>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace mrsn::plausibility {
namespace {

using formats::Row;
using formats::RowBlock;

constexpr double kSlack = 0.03;  // detectors' boxes reach a little beyond the frame
constexpr int64_t kManyRows = 1000;
constexpr double kLeastReach = 0.7;

bool Outside(const formats::BoxD& box, const Options& options) {
  const double dx = kSlack * options.width, dy = kSlack * options.height;
  return std::min(box.x1, box.x2) < -dx || std::min(box.y1, box.y2) < -dy ||
         std::max(box.x1, box.x2) > options.width + dx || std::max(box.y1, box.y2) > options.height + dy;
}

bool Keeps(const Threshold& threshold, double score) {
  return score > threshold.value || (threshold.keeps_equal && score == threshold.value);
}

std::string ScoreText(const Side& side, const Place& place) {
  std::string text = KeyframeText(place.block->keyframes, place.row->keyframe);
  if (side.role != Role::kBoxes) absl::StrAppend(&text, ",", place.row->class_id);
  return absl::StrCat(text, ": score ", place.row->score);
}

Finding Make(Kind kind, const Side& side, const Tally& tally, int64_t of) {
  Finding finding;
  finding.kind = kind;
  finding.file = side.file;
  finding.count = tally.count;
  finding.of = of;
  if (tally.first.row != nullptr) finding.first = BoxText(side, tally.first);
  return finding;
}

void CheckUnit(const Side& side, const SideFacts& facts, const Options& options,
               std::vector<Finding>& findings) {
  const bool fractions = options.width == 1 && options.height == 1;
  if (fractions && facts.far_above_one.count > 0) {
    Finding finding = Make(Kind::kPixels, side, facts.far_above_one, facts.rows);
    finding.text = absl::StrCat(
        finding.count, " of ", finding.of,
        " boxes have coordinates above 2, where fractions of the frame in [0,1] are expected; the "
        "greatest x is ",
        facts.max_x, ", the greatest y ", facts.max_y, ": are they pixels?");
    findings.push_back(std::move(finding));
    return;
  }
  if (!fractions && 10 * facts.in_unit_square.count >= facts.rows) {
    Finding finding = Make(Kind::kFractions, side, facts.in_unit_square, facts.rows);
    finding.text =
        absl::StrCat(finding.count, " of ", finding.of, " boxes lie within [0,1], where pixels of ",
                     options.width, "x", options.height, " are expected: are they fractions of the frame?");
    findings.push_back(std::move(finding));
    return;
  }
  if (facts.outside_frame.count > 0 && 100 * facts.outside_frame.count >= facts.rows) {
    Finding finding = Make(Kind::kOutsideFrame, side, facts.outside_frame, facts.rows);
    finding.text =
        absl::StrCat(finding.count, " of ", finding.of, " boxes reach beyond the frame of ", options.width,
                     "x", options.height, " by more than 3 %; the greatest x is ", facts.max_x,
                     ", the greatest y ", facts.max_y, ": are they of frames of another size?");
    if (2 * finding.count >= finding.of) finding.severity = Severity::kError;
    findings.push_back(std::move(finding));
    return;
  }
  // Of many persons somebody stands at the right border and somebody at the lower one.
  if (facts.rows >= kManyRows && facts.max_x < kLeastReach * options.width &&
      facts.max_y < kLeastReach * options.height) {
    Finding finding;
    finding.kind = Kind::kOtherFrameSize;
    finding.file = side.file;
    finding.count = finding.of = facts.rows;
    finding.text =
        absl::StrCat("no box reaches beyond ", facts.max_x, " of ", options.width, " to the right and ",
                     facts.max_y, " of ", options.height, " down: are they of frames of another size?");
    findings.push_back(std::move(finding));
  }
}

void CheckScores(const Side& side, const SideFacts& facts, const Options& options,
                 std::vector<Finding>& findings) {
  const int64_t rows = facts.rows;
  if (side.role == Role::kAnnotations) {
    if (10 * facts.broken_id.count < rows) return;
    Finding finding = Make(Kind::kIdsAreScores, side, facts.broken_id, rows);
    finding.text = absl::StrCat(finding.count, " of ", rows,
                                " person ids are no whole numbers: is this a file of detections?");
    findings.push_back(std::move(finding));
    return;
  }
  const auto add = [&](Kind kind, const Tally& tally, std::string text) {
    Finding finding = Make(kind, side, tally, rows);
    finding.first = ScoreText(side, tally.first);
    finding.text = std::move(text);
    findings.push_back(std::move(finding));
  };
  const bool varies = !facts.ScoresAreEqual();
  if (facts.ScoresAreWhole() && (facts.max_score > 1 || (varies && rows >= 2))) {
    Tally tally = facts.whole_score;
    if (facts.above_one.count > 0) tally.first = facts.above_one.first;
    add(Kind::kScoresAreIds, tally,
        absl::StrCat("all ", rows, " scores are whole numbers from ", facts.min_score, " to ",
                     facts.max_score, ", as person ids are: is this a file of annotations?"));
  } else if (!varies && (facts.ScoresAreWhole() ? rows >= 2 : rows >= 3)) {
    Tally all = facts.whole_score;
    all.count = rows;
    if (all.first.row == nullptr) all.first = facts.highest;
    add(Kind::kScoresConstant, all,
        absl::StrCat("all ", rows, " scores are ", facts.max_score, ": were the real ones lost?"));
  } else if (facts.score_out_of_range.count > 0) {
    add(Kind::kScoresOutOfRange, facts.score_out_of_range,
        absl::StrCat(facts.score_out_of_range.count, " of ", rows, " scores are outside [0,1]; they go from ",
                     facts.min_score, " to ", facts.max_score));
  }
  if (options.threshold.has_value() && 100 * facts.above_threshold.count < rows) {
    const Threshold& threshold = *options.threshold;
    Tally left = facts.above_threshold;
    left.first = facts.highest;
    add(Kind::kNothingAboveThreshold, left,
        absl::StrCat(left.count == 0 ? std::string("none") : absl::StrCat("only ", left.count), " of ", rows,
                     left.count == 0 ? " rows is left: " : " rows are left: ", threshold.name,
                     " keeps scores ", threshold.keeps_equal ? "from " : "above ", threshold.value,
                     ", the highest is ", facts.max_score));
    if (left.count == 0) findings.back().severity = Severity::kError;
  }
}

void CheckRepeats(const Side& side, const Options& options, std::vector<Finding>& findings) {
  if (side.role == Role::kAnnotations) return;  // the readers warn
  const bool labels = side.role == Role::kDetections;
  using Key = std::tuple<absl::string_view, Timestamp, int, double, double, double, double>;
  absl::flat_hash_set<Key> seen;
  int64_t rows = 0;
  for (const RowBlock& block : side.blocks) rows += block.rows.size();
  seen.reserve(std::min(rows, options.max_rows_for_repeats));
  Tally repeats;
  int64_t looked_at = 0;
  for (const RowBlock& block : side.blocks) {
    for (const Row& row : block.rows) {
      if (looked_at == options.max_rows_for_repeats) break;
      ++looked_at;
      const formats::KeyframeTable::Entry& entry = block.keyframes.keyframes()[row.keyframe];
      const formats::BoxD& box = row.box;
      if (!seen.insert(Key(block.keyframes.videos()[entry.video], entry.timestamp, labels ? row.class_id : 0,
                           box.x1, box.y1, box.x2, box.y2))
               .second) {
        repeats.Add(block, row);
      }
    }
  }
  if (repeats.count == 0 || 100 * repeats.count < looked_at) return;
  Finding finding = Make(labels ? Kind::kDuplicateRows : Kind::kDuplicateBoxes, side, repeats, looked_at);
  const std::string counts =
      absl::StrCat(repeats.count, " of ",
                   looked_at < options.max_rows_for_repeats ? std::string() : "the first ", looked_at);
  if (labels) {
    finding.text = absl::StrCat(counts, " rows repeat the key frame, class and box of a row above");
  } else {
    finding.severity = Severity::kNote;
    finding.text = absl::StrCat(counts,
                                " rows repeat the key frame and box of a row above, as lists with a row "
                                "for each label do; one box is made of them");
  }
  findings.push_back(std::move(finding));
}

}  // namespace

std::string KeyframeText(const formats::KeyframeTable& table, int keyframe) {
  const formats::KeyframeTable::Entry& entry = table.keyframes()[keyframe];
  return absl::StrCat(table.videos()[entry.video], ",", entry.timestamp.Text());
}

std::string BoxText(const Side& side, const Place& place) {
  std::string text = KeyframeText(place.block->keyframes, place.row->keyframe);
  if (side.role != Role::kBoxes) absl::StrAppend(&text, ",", place.row->class_id);
  const formats::BoxD& box = place.row->box;
  return absl::StrCat(text, ": box ", box.x1, ",", box.y1, ",", box.x2, ",", box.y2);
}

SideFacts FactsOf(const Side& side, const Options& options) {
  SideFacts facts;
  const double dx = (1 + kSlack) * options.width, dy = (1 + kSlack) * options.height;
  std::vector<uint8_t> small_ids(1024, 0);
  for (const RowBlock& block : side.blocks) {
    for (const Row& row : block.rows) {
      const formats::BoxD& box = row.box;
      const double x = std::max(box.x1, box.x2), y = std::max(box.y1, box.y2);
      const double least = std::min(std::min(box.x1, box.x2), std::min(box.y1, box.y2));
      facts.max_x = std::max(facts.max_x, x);
      facts.max_y = std::max(facts.max_y, y);
      const double greatest = std::max(x, y);
      if (greatest > 2) facts.far_above_one.Add(block, row);
      if (greatest <= 1 && least >= 0) facts.in_unit_square.Add(block, row);
      if (Outside(box, options)) facts.outside_frame.Add(block, row);
      if (box.Inverted()) facts.inverted.Add(block, row);
      if (least >= 0 && box.x1 + box.x2 <= dx && box.y1 + box.y2 <= dy) facts.inside_as_xywh.Add(block, row);
      if (row.score >= 0 && row.score == std::floor(row.score)) facts.whole_score.Add(block, row);
      if (row.score > 1) facts.above_one.Add(block, row);
      if (!(row.score >= 0 && row.score <= 1)) facts.score_out_of_range.Add(block, row);
      if (row.person_id != std::floor(row.person_id)) facts.broken_id.Add(block, row);
      if (options.threshold.has_value() && Keeps(*options.threshold, row.score))
        facts.above_threshold.Add(block, row);
      if (facts.rows == 0 || row.score > facts.max_score) {
        facts.max_score = row.score;
        facts.highest = {&block, &row};
      }
      if (facts.rows == 0 || row.score < facts.min_score) facts.min_score = row.score;
      if (row.class_id >= 0 && row.class_id < static_cast<int>(small_ids.size())) {
        small_ids[row.class_id] = 1;
      } else {
        facts.classes.insert(row.class_id);
      }
      ++facts.rows;
    }
  }
  for (int id = 0; id < static_cast<int>(small_ids.size()); ++id) {
    if (small_ids[id]) facts.classes.insert(id);
  }
  return facts;
}

std::vector<Finding> SideFindings(const Side& side, const SideFacts& facts, const Options& options) {
  std::vector<Finding> findings;
  if (facts.rows == 0) return findings;
  CheckUnit(side, facts, options, findings);
  CheckScores(side, facts, options, findings);
  CheckRepeats(side, options, findings);
  return findings;
}

}  // namespace mrsn::plausibility
