#include "eval/matching.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <iterator>
#include <tuple>

#include "eval/frame_order.h"
#include "ops/base/parallel.h"

namespace mrsn::eval {
namespace {

// TF Object Detection's arithmetic, which the AVA scripts share.
template <typename Real>
double OverlapWithoutPlusOne(const formats::BoxD& a, const formats::BoxD& b) {
  const Real ax1 = a.x1, ay1 = a.y1, ax2 = a.x2, ay2 = a.y2;
  const Real bx1 = b.x1, by1 = b.y1, bx2 = b.x2, by2 = b.y2;
  const Real height = std::max(Real{0}, std::min(ay2, by2) - std::max(ay1, by1));
  const Real width = std::max(Real{0}, std::min(ax2, bx2) - std::max(ax1, bx1));
  const Real intersection = height * width;
  const Real area_a = (ay2 - ay1) * (ax2 - ax1), area_b = (by2 - by1) * (bx2 - bx1);
  const Real overlap = intersection / (area_a + area_b - intersection);
  return overlap;
}

double OverlapPlusOne(const ProtocolRules& rules, const formats::BoxD& a, const formats::BoxD& b) {
  double width = std::min(a.x2, b.x2) - std::max(a.x1, b.x1) + 1;
  double height = std::min(a.y2, b.y2) - std::max(a.y1, b.y1) + 1;
  if (rules.second_choice) {  // ACT: negative extents count as 0
    width = std::max(0.0, width);
    height = std::max(0.0, height);
  } else if (a.x1 > b.x2 || b.x1 > a.x2 || a.y2 < b.y1 || a.y1 > b.y2) {
    return 0;  // YOWO: disjoint although the extra pixel may touch
  }
  const double intersection = width * height;
  const double area_a = (a.x2 - a.x1 + 1) * (a.y2 - a.y1 + 1);
  const double area_b = (b.x2 - b.x1 + 1) * (b.y2 - b.y1 + 1);
  return intersection / (area_a + area_b - intersection);
}

struct Candidate {
  double score;
  const formats::Row* row;
  int32_t class_index;
  int32_t order;  // as added
};

bool Flag(const std::vector<uint8_t>& flags, int keyframe) {
  return keyframe < static_cast<int>(flags.size()) && flags[keyframe] != 0;
}

// Python's tuple order of (first, class, y1, x1, y2, x2). The scripts' first number of a detection is its
// score, that of a ground truth row its person id.
struct TupleLess {
  const std::vector<int>& class_ids;
  double formats::Row::*first;
  bool operator()(const formats::Row* a, const formats::Row* b) const {
    return std::tie(a->*first, class_ids[a->class_id], a->box.y1, a->box.x1, a->box.y2, a->box.x2) <
           std::tie(b->*first, class_ids[b->class_id], b->box.y1, b->box.x1, b->box.y2, b->box.x2);
  }
};

// Matches one range of frames; several run at once on ranges of their own.
class RangeMatcher {
 public:
  RangeMatcher(const MatchInput& input, const ProtocolRules& rules, double threshold, MatchedFrames& all)
      : input_(input), rules_(rules), threshold_(threshold), all_(all), classes_(input.class_ids.size()) {}

  void Run(int begin, int end) {
    for (int i = begin; i < end; ++i) MatchFrame(i);
  }

  std::vector<ClassMatches>& classes() { return classes_; }
  int64_t num_keyframes() const { return num_keyframes_; }
  int64_t num_unannotated() const { return num_unannotated_; }
  const DroppedRows& dropped() const { return dropped_; }

 private:
  void MatchFrame(int index) {
    const MatchedFrame& frame = all_.frames[index];
    if (frame.excluded) {
      dropped_.excluded_gt += frame.num_gt;
      dropped_.excluded_detections += frame.num_detections;
      return;
    }
    const bool listed =
        rules_.empty_frames == EmptyFrames::kIgnoredUnlessListed && Flag(input_.listed, frame.keyframe);
    num_keyframes_ += frame.num_gt > 0 || listed;
    for (int i = 0; i < frame.num_gt; ++i) ++classes_[frame.ground_truth[i]->class_id].num_gt;
    if (frame.num_gt == 0 && !listed && rules_.empty_frames != EmptyFrames::kFalsePositives) {
      dropped_.unannotated_detections += frame.num_detections;
      return;
    }
    CollectDetections(frame);
    if (frame.num_gt == 0) num_unannotated_ += candidates_.size();
    if (candidates_.empty()) return;
    OrderGroundTruth(frame);
    const formats::Row* const* ground_truth = ground_truth_.data();
    const formats::Row* const* const last = ground_truth + ground_truth_.size();
    for (size_t at = 0; at < candidates_.size();) {
      const int class_index = candidates_[at].class_index;
      while (ground_truth != last && (*ground_truth)->class_id < class_index) ++ground_truth;
      const formats::Row* const* end = ground_truth;
      while (end != last && (*end)->class_id == class_index) ++end;
      taken_.assign(end - ground_truth, false);
      std::vector<Match>& matches = classes_[class_index].matches;
      for (; at < candidates_.size() && candidates_[at].class_index == class_index; ++at) {
        const Candidate& candidate = candidates_[at];
        const formats::Row* hit = Hit(*candidate.row, ground_truth, static_cast<int>(end - ground_truth));
        matches.push_back({candidate.score, candidate.row, hit, index});
      }
      ground_truth = end;
    }
  }

  // The ground truth box this detection takes, or null.
  const formats::Row* Hit(const formats::Row& detection, const formats::Row* const* ground_truth, int count) {
    const formats::BoxD box = ScoredBox(rules_, detection.box);
    int best = -1;
    double best_overlap = 0;
    for (int i = 0; i < count; ++i) {
      if (rules_.second_choice && taken_[i]) continue;
      const double overlap = Overlap(rules_, box, ground_truth[i]->box);
      if (best < 0 || overlap > best_overlap) {
        best = i;
        best_overlap = overlap;
      }
    }
    if (best < 0 || !(best_overlap >= threshold_) || taken_[best]) return nullptr;
    taken_[best] = true;
    return ground_truth[best];
  }

  // Fills candidates_ with what is scored, by class, descending score, as added.
  void CollectDetections(const MatchedFrame& frame) {
    kept_.clear();
    for (int i = 0; i < frame.num_detections; ++i) {
      const formats::Row* row = frame.detections[i];
      if (!(row->score > rules_.min_score)) {
        ++dropped_.low_score_detections;
      } else {
        kept_.push_back(row);
      }
    }
    if (rules_.cap > 0 && static_cast<int>(kept_.size()) > rules_.cap) Cap();
    candidates_.clear();
    int order = 0;
    for (const formats::Row* row : kept_) {
      if (rules_.drops_invalid_detections && !row->box.Valid()) {
        ++dropped_.invalid_detections;
        continue;
      }
      candidates_.push_back({row->score, row, row->class_id, order++});
    }
    std::sort(candidates_.begin(), candidates_.end(), [](const Candidate& a, const Candidate& b) {
      if (a.class_index != b.class_index) return a.class_index < b.class_index;
      if (a.score != b.score) return a.score > b.score;
      return a.order < b.order;
    });
  }

  // The scripts keep a heap of `cap` rows; a row that scores more than the
  // heap's least score replaces the heap's least tuple.
  void Cap() {
    const TupleLess less{input_.class_ids, &formats::Row::score};
    const auto greater = [&](const formats::Row* a, const formats::Row* b) { return less(b, a); };
    std::vector<const formats::Row*> heap(kept_.begin(), kept_.begin() + rules_.cap);
    std::make_heap(heap.begin(), heap.end(), greater);
    for (size_t i = rules_.cap; i < kept_.size(); ++i) {
      if (!(kept_[i]->score > heap.front()->score)) continue;
      std::pop_heap(heap.begin(), heap.end(), greater);
      heap.back() = kept_[i];
      std::push_heap(heap.begin(), heap.end(), greater);
    }
    dropped_.over_cap_detections += kept_.size() - heap.size();
    std::sort(heap.begin(), heap.end());
    kept_.erase(std::remove_if(kept_.begin(), kept_.end(),
                               [&](const formats::Row* row) {
                                 return !std::binary_search(heap.begin(), heap.end(), row);
                               }),
                kept_.end());
  }

  // Fills ground_truth_ by class; within a class in the protocol's order.
  void OrderGroundTruth(const MatchedFrame& frame) {
    ground_truth_.assign(frame.ground_truth, frame.ground_truth + frame.num_gt);
    if (frame.num_gt < 2) return;
    const auto by_person = [](const formats::Row* a, const formats::Row* b) {
      return a->person_id > b->person_id;
    };
    switch (rules_.ground_truth_order) {
      case GroundTruthOrder::kFile:
        break;
      case GroundTruthOrder::kPersonHeap:
        PushAllOnPythonHeap();
        std::stable_sort(ground_truth_.begin(), ground_truth_.end(), by_person);
        break;
      case GroundTruthOrder::kPersonDescending:
        std::stable_sort(ground_truth_.begin(), ground_truth_.end(), by_person);
        break;
    }
    std::stable_sort(ground_truth_.begin(), ground_truth_.end(),
                     [](const formats::Row* a, const formats::Row* b) { return a->class_id < b->class_id; });
  }

  // Leaves ground_truth_ in the array layout of Python's heapq after one
  // heappush a row: the scripts sort that array, stably, by person id alone.
  void PushAllOnPythonHeap() {
    const TupleLess less{input_.class_ids, &formats::Row::person_id};
    for (size_t pushed = 1; pushed < ground_truth_.size(); ++pushed) {
      const formats::Row* row = ground_truth_[pushed];
      size_t at = pushed;
      while (at > 0 && less(row, ground_truth_[(at - 1) / 2])) {
        ground_truth_[at] = ground_truth_[(at - 1) / 2];
        at = (at - 1) / 2;
      }
      ground_truth_[at] = row;
    }
  }

  const MatchInput& input_;
  const ProtocolRules& rules_;
  const double threshold_;
  const MatchedFrames& all_;
  std::vector<ClassMatches> classes_;
  DroppedRows dropped_;
  int64_t num_keyframes_ = 0, num_unannotated_ = 0;
  // Reused from frame to frame.
  std::vector<const formats::Row*> kept_, ground_truth_;
  std::vector<Candidate> candidates_;
  std::vector<char> taken_;
};

// Row pointers grouped by frame, in the order added; begin[i] .. begin[i + 1]
// are frame i's.
std::vector<const formats::Row*> GroupByFrame(const std::vector<std::vector<formats::Row>>& blocks,
                                              const std::vector<int>& frame_of,
                                              std::vector<uint32_t>& begin) {
  begin.assign(frame_of.size() + 1, 0);
  for (const auto& block : blocks) {
    for (const formats::Row& row : block) ++begin[frame_of[row.keyframe] + 1];
  }
  for (size_t i = 1; i < begin.size(); ++i) begin[i] += begin[i - 1];
  std::vector<const formats::Row*> grouped(begin.back());
  std::vector<uint32_t> next(begin.begin(), begin.end() - 1);
  for (const auto& block : blocks) {
    for (const formats::Row& row : block) grouped[next[frame_of[row.keyframe]]++] = &row;
  }
  return grouped;
}

// All parts' matches of one class, in the documented order.
void JoinClass(std::vector<RangeMatcher>& parts, int class_index, ClassMatches& joined) {
  size_t count = 0;
  for (RangeMatcher& part : parts) count += part.classes()[class_index].matches.size();
  joined.matches.reserve(count);
  for (RangeMatcher& part : parts) {
    ClassMatches& own = part.classes()[class_index];
    joined.num_gt += own.num_gt;
    joined.matches.insert(joined.matches.end(), own.matches.begin(), own.matches.end());
    std::vector<Match>().swap(own.matches);
  }
  std::stable_sort(joined.matches.begin(), joined.matches.end(),
                   [](const Match& a, const Match& b) { return a.score > b.score; });
}

}  // namespace

double Overlap(const ProtocolRules& rules, const formats::BoxD& a, const formats::BoxD& b) {
  if (rules.plus_one) return OverlapPlusOne(rules, a, b);
  return rules.float_iou ? OverlapWithoutPlusOne<float>(a, b) : OverlapWithoutPlusOne<double>(a, b);
}

formats::BoxD ScoredBox(const ProtocolRules& rules, const formats::BoxD& box) {
  if (!rules.rounds_detections) return box;
  return {std::nearbyint(box.x1), std::nearbyint(box.y1), std::nearbyint(box.x2), std::nearbyint(box.y2)};
}

void DroppedRows::Add(const DroppedRows& other) {
  other_class_gt += other.other_class_gt;
  other_class_detections += other.other_class_detections;
  excluded_gt += other.excluded_gt;
  excluded_detections += other.excluded_detections;
  unannotated_detections += other.unannotated_detections;
  low_score_detections += other.low_score_detections;
  over_cap_detections += other.over_cap_detections;
  invalid_detections += other.invalid_detections;
}

MatchedFrames MatchFrames(const MatchInput& input, const ProtocolRules& rules, double iou_threshold,
                          int num_threads) {
  MatchedFrames matched;
  const std::vector<int> order = FrameOrder(input.keyframes, rules.dataset);
  const int num_frames = static_cast<int>(order.size());
  std::vector<int> frame_of(num_frames);
  for (int i = 0; i < num_frames; ++i) frame_of[order[i]] = i;
  std::vector<uint32_t> gt_begin, detection_begin;
  matched.ground_truth_rows = GroupByFrame(input.ground_truth, frame_of, gt_begin);
  matched.detection_rows = GroupByFrame(input.detections, frame_of, detection_begin);
  matched.frames.resize(num_frames);
  for (int i = 0; i < num_frames; ++i) {
    MatchedFrame& frame = matched.frames[i];
    frame.keyframe = order[i];
    frame.ground_truth = matched.ground_truth_rows.data() + gt_begin[i];
    frame.detections = matched.detection_rows.data() + detection_begin[i];
    frame.num_gt = gt_begin[i + 1] - gt_begin[i];
    frame.num_detections = detection_begin[i + 1] - detection_begin[i];
    frame.excluded = rules.honours_exclusions && Flag(input.excluded, order[i]);
  }

  // Ranges of about equal numbers of rows.
  const int tasks = std::max(1, std::min(num_threads, num_frames));
  std::vector<RangeMatcher> parts(tasks, RangeMatcher(input, rules, iou_threshold, matched));
  std::vector<int> cuts(tasks + 1, num_frames);
  cuts[0] = 0;
  const int64_t total = matched.detection_rows.size() + matched.ground_truth_rows.size();
  for (int task = 1, frame = 0; task < tasks; ++task) {
    while (frame < num_frames && int64_t{detection_begin[frame]} + gt_begin[frame] < total * task / tasks)
      ++frame;
    cuts[task] = frame;
  }
  RunTasks(tasks, [&](int task) { parts[task].Run(cuts[task], cuts[task + 1]); });

  const int num_classes = static_cast<int>(input.class_ids.size());
  matched.classes.resize(num_classes);
  std::atomic<int> next_class{0};
  RunTasks(std::min(num_threads, num_classes), [&](int) {
    for (int c = next_class++; c < num_classes; c = next_class++) JoinClass(parts, c, matched.classes[c]);
  });
  for (const RangeMatcher& part : parts) {
    matched.num_keyframes += part.num_keyframes();
    matched.num_unannotated += part.num_unannotated();
    matched.dropped.Add(part.dropped());
  }
  return matched;
}

}  // namespace mrsn::eval
