// Classes of the two sides: which occur, and whether they are numbered alike.
#include <algorithm>
#include <array>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "ops/plausibility/overlap.h"
#include "ops/plausibility/pair.h"

namespace mrsn::plausibility {
namespace {

std::vector<int> Sorted(const absl::flat_hash_set<int>& ids) {
  std::vector<int> sorted(ids.begin(), ids.end());
  std::sort(sorted.begin(), sorted.end());
  return sorted;
}

std::string Range(const absl::flat_hash_set<int>& ids) {
  const std::vector<int> sorted = Sorted(ids);
  return absl::StrCat(sorted.front(), "..", sorted.back());
}

void CheckSets(const Pair& pair, const SideFacts facts[2], std::vector<Finding>& findings) {
  const absl::flat_hash_set<int>&annotated = facts[0].classes, &detected = facts[1].classes;
  if (annotated.empty() || detected.empty()) return;
  std::vector<int> missing, strange;
  for (int id : Sorted(annotated)) {
    if (!detected.contains(id)) missing.push_back(id);
  }
  for (int id : Sorted(detected)) {
    if (!annotated.contains(id)) strange.push_back(id);
  }
  const int64_t common = annotated.size() - missing.size();
  if (common > 0 && 2 * common >= static_cast<int64_t>(annotated.size())) return;
  Finding finding;
  finding.kind = Kind::kClassesInCommon;
  finding.severity = common == 0 ? Severity::kError : Severity::kWarning;
  finding.file = pair.side(Pair::kOther).file;
  finding.count = common;
  finding.of = annotated.size();
  finding.first = absl::StrCat("class ", missing.front());
  finding.text = absl::StrCat(common == 0 ? std::string("none") : absl::StrCat("only ", common), " of the ",
                              annotated.size(), " classes of ", pair.side(Pair::kAnnotated).file, " (ids ",
                              Range(annotated), ") occurs among the ", detected.size(), " of this file (ids ",
                              Range(detected), ")");
  findings.push_back(std::move(finding));
}

// Shift s: an id of the other file plus s is the annotations' id.
constexpr int kShifts[] = {-1, 0, 1};

struct Evidence {
  std::array<double, 3> weight{};  // summed scores of the boxes that meet, of the class under each shift
};

}  // namespace

void CheckClasses(const Pair& pair, const SideFacts facts[2], const Options& options,
                  std::vector<Finding>& findings) {
  if (pair.side(Pair::kOther).role != Role::kDetections) return;
  CheckSets(pair, facts, findings);

  // Scores weigh the evidence, so that files in which each box carries all classes can be told, too.
  const bool weighs = facts[1].score_out_of_range.count == 0 && !facts[1].ScoresAreWhole();
  absl::flat_hash_map<int, Evidence> by_class;
  std::array<int64_t, 3> rows{};
  std::array<Place, 3> first;  // met under this shift and not as it is
  int64_t met = 0;
  for (int keyframe : pair.sample()) {
    const absl::Span<const Place> others = pair.Rows(Pair::kOther, keyframe);
    for (const Place& annotated : pair.Rows(Pair::kAnnotated, keyframe)) {
      std::array<double, 3> best = {-1, -1, -1};
      bool any = false;
      for (const Place& other : others) {
        if (Overlap(annotated.row->box, other.row->box) < kMeets) continue;
        any = true;
        for (int s = 0; s < 3; ++s) {
          if (other.row->class_id + kShifts[s] != annotated.row->class_id) continue;
          best[s] = std::max(best[s], weighs ? std::max(1e-6, other.row->score) : 1.0);
        }
      }
      met += any;
      if (!any) continue;
      Evidence& evidence = by_class[annotated.row->class_id];
      for (int s = 0; s < 3; ++s) {
        if (best[s] < 0) continue;
        ++rows[s];
        evidence.weight[s] += best[s];
        if (first[s].row == nullptr && best[1] < 0) first[s] = annotated;
      }
    }
  }
  for (int s : {0, 2}) {
    double total = 0, total_as_is = 0;
    int64_t votes = 0;
    for (const auto& [id, evidence] : by_class) {
      total += evidence.weight[s];
      total_as_is += evidence.weight[1];
      votes += evidence.weight[s] > 0 && evidence.weight[s] >= 2 * evidence.weight[1];
    }
    // An id beyond the list on the side where the shift leads back into it.
    const std::vector<int> allowed = Sorted(options.classes != nullptr ? *options.classes : facts[0].classes);
    const bool beyond = !allowed.empty() &&
                        facts[1].classes.contains(kShifts[s] > 0 ? allowed.front() - 1 : allowed.back() + 1);
    if (rows[s] < 2 || total < 2 * total_as_is || 2 * votes < static_cast<int64_t>(by_class.size())) continue;
    if (votes < 2 && !beyond) continue;
    Finding finding;
    finding.kind = Kind::kClassesShifted;
    finding.file = pair.side(Pair::kOther).file;
    finding.count = rows[s];
    finding.of = met;
    const Place& place = first[s];
    if (place.row != nullptr) finding.first = BoxText(pair.side(Pair::kAnnotated), place);
    finding.text = absl::StrCat(
        rows[s], " of ", met, " annotated boxes that meet a box of this file find their class when 1 is ",
        kShifts[s] > 0 ? "added to" : "subtracted from", " its ids, ", rows[1], " as they are: ids from ",
        kShifts[s] > 0 ? "0 instead of 1?" : "1 instead of 0?");
    findings.push_back(std::move(finding));
    return;
  }
}

}  // namespace mrsn::plausibility
