#include "eval/analysis/error_breakdown.h"

#include <algorithm>

#include "absl/container/flat_hash_set.h"
#include "eval/average_precision.h"
#include "ops/base/parallel.h"

namespace mrsn::eval {
namespace {

enum class Kind : uint8_t { kHit, kDuplicate, kWrongClass, kBadlyPlaced, kFalsePerson };

constexpr double kNear = 0.1;

struct Judged {
  Kind kind;
  const formats::Row* nearest;  // the box of the class a badly placed detection is nearest to
};

Judged Judge(const Match& match, const MatchedFrame& frame, const ProtocolRules& rules, double threshold) {
  if (match.ground_truth != nullptr) return {Kind::kHit, match.ground_truth};
  const formats::BoxD box = ScoredBox(rules, match.detection->box);
  double same = 0, other = 0;
  const formats::Row* nearest = nullptr;
  for (int g = 0; g < frame.num_gt; ++g) {
    const formats::Row* row = frame.ground_truth[g];
    const double overlap = Overlap(rules, box, row->box);
    if (row->class_id != match.detection->class_id) {
      other = std::max(other, overlap);
    } else if (overlap > same) {
      same = overlap;
      nearest = row;
    }
  }
  if (same >= threshold) return {Kind::kDuplicate, nearest};
  if (other >= threshold) return {Kind::kWrongClass, nullptr};
  if (same >= kNear) return {Kind::kBadlyPlaced, nearest};
  return {Kind::kFalsePerson, nullptr};
}

struct ClassErrors {
  std::optional<ErrorShares> shares;
  ErrorCounts counts;
};

ClassErrors BreakDownClass(const ClassMatches& matched, const std::vector<MatchedFrame>& frames,
                           const ProtocolRules& rules, double threshold) {
  ClassErrors result;
  std::vector<Judged> judged;
  judged.reserve(matched.matches.size());
  absl::flat_hash_set<const formats::Row*> hit;
  for (const Match& match : matched.matches) {
    judged.push_back(Judge(match, frames[match.frame], rules, threshold));
    if (match.ground_truth != nullptr) hit.insert(match.ground_truth);
    switch (judged.back().kind) {
      case Kind::kHit:
        break;
      case Kind::kDuplicate:
        ++result.counts.duplicate;
        break;
      case Kind::kWrongClass:
        ++result.counts.wrong_class;
        break;
      case Kind::kBadlyPlaced:
        ++result.counts.badly_placed;
        break;
      case Kind::kFalsePerson:
        ++result.counts.false_person;
        break;
    }
  }
  result.counts.missed = matched.num_gt - static_cast<int64_t>(hit.size());
  if (matched.num_gt == 0) {
    // ACT counts a class without anything as 0.
    const std::optional<double> ap = AveragePrecision(rules.ap, std::vector<uint8_t>(judged.size()), 0);
    if (ap.has_value() && rules.mean_over_all_classes) {
      result.shares = ErrorShares();
      result.shares->missed = 1 - *ap;
    }
    return result;
  }

  std::vector<uint8_t> hits;
  const auto ap = [&] { return *AveragePrecision(rules.ap, hits, matched.num_gt); };
  // AP with the kinds up to `mended` mended.
  const auto mended = [&](Kind last) {
    hits.clear();
    absl::flat_hash_set<const formats::Row*> taken;
    for (const Judged& one : judged) {
      if (one.kind == Kind::kHit) {
        hits.push_back(1);
      } else if (one.kind > last) {
        hits.push_back(0);
      } else if (one.kind == Kind::kBadlyPlaced && !hit.contains(one.nearest) &&
                 taken.insert(one.nearest).second) {
        hits.push_back(1);
      }
    }
    return ap();
  };
  ErrorShares shares;
  const double before = mended(Kind::kHit);
  const double duplicates = mended(Kind::kDuplicate), wrong = mended(Kind::kWrongClass);
  const double placed = mended(Kind::kBadlyPlaced), persons = mended(Kind::kFalsePerson);
  shares.duplicate = duplicates - before;
  shares.wrong_class = wrong - duplicates;
  shares.badly_placed = placed - wrong;
  shares.false_person = persons - placed;
  shares.missed = 1 - persons;
  result.shares = shares;
  return result;
}

}  // namespace

ErrorBreakdown BreakDownErrors(const FrameMapEvaluator& evaluator, const MatchedFrames& matched) {
  const ProtocolRules rules = RulesOf(evaluator.options().protocol);
  const int num_classes = static_cast<int>(matched.classes.size());
  std::vector<ClassErrors> classes(num_classes);
  const int tasks = std::max(1, std::min(evaluator.options().num_threads, num_classes));
  RunTasks(tasks, [&](int task) {
    for (int c = task; c < num_classes; c += tasks) {
      classes[c] =
          BreakDownClass(matched.classes[c], matched.frames, rules, evaluator.options().iou_threshold);
    }
  });
  ErrorBreakdown result;
  ErrorShares sum;
  int defined = 0;
  bool undefined = false;
  for (const ClassErrors& c : classes) {
    result.per_class.push_back(c.shares);
    result.counts.duplicate += c.counts.duplicate;
    result.counts.wrong_class += c.counts.wrong_class;
    result.counts.badly_placed += c.counts.badly_placed;
    result.counts.false_person += c.counts.false_person;
    result.counts.missed += c.counts.missed;
    if (!c.shares.has_value()) {
      undefined |= rules.mean_over_all_classes;
      continue;
    }
    ++defined;
    sum.duplicate += c.shares->duplicate;
    sum.wrong_class += c.shares->wrong_class;
    sum.badly_placed += c.shares->badly_placed;
    sum.false_person += c.shares->false_person;
    sum.missed += c.shares->missed;
  }
  if (defined == 0 || undefined) return result;
  for (double* share :
       {&sum.duplicate, &sum.wrong_class, &sum.badly_placed, &sum.false_person, &sum.missed}) {
    *share /= defined;
  }
  result.shares = sum;
  return result;
}

}  // namespace mrsn::eval
