#include "eval/analysis/precision_recall.h"

#include <algorithm>
#include <cstdint>

namespace mrsn::eval {
namespace {

constexpr size_t kMaxPoints = 400;
constexpr int kRecalls = 100;  // steps of the mean curve

// Adds the class's highest precision at each recall.
void AddEnvelope(const ClassMatches& matched, std::vector<double>* sums) {
  std::vector<double> best(kRecalls + 1, 0);  // at a recall of exactly this step, rounded down
  int64_t hits = 0;
  for (size_t i = 0; i < matched.matches.size(); ++i) {
    if (matched.matches[i].ground_truth == nullptr) continue;
    ++hits;
    const auto reached = static_cast<size_t>(kRecalls * hits / matched.num_gt);
    best[reached] = std::max(best[reached], static_cast<double>(hits) / static_cast<double>(i + 1));
  }
  double highest = 0;
  for (size_t r = best.size(); r-- > 0;) {
    highest = std::max(highest, best[r]);
    (*sums)[r] += highest;
  }
}

}  // namespace

std::vector<std::pair<double, double>> PrecisionRecall(const ClassMatches& matched) {
  std::vector<std::pair<double, double>> points;
  if (matched.num_gt == 0) return points;
  const size_t step = matched.matches.size() / kMaxPoints + 1;
  int64_t hits = 0;
  for (size_t i = 0; i < matched.matches.size(); ++i) {
    hits += matched.matches[i].ground_truth != nullptr;
    if (i % step != 0 && i + 1 != matched.matches.size()) continue;
    points.emplace_back(static_cast<double>(hits) / static_cast<double>(matched.num_gt),
                        static_cast<double>(hits) / static_cast<double>(i + 1));
  }
  return points;
}

std::vector<std::pair<double, double>> MeanPrecision(const MatchedFrames& matched,
                                                     const std::vector<int>& classes) {
  std::vector<double> sums(kRecalls + 1, 0);
  int counted = 0;
  for (const int c : classes) {
    if (matched.classes[c].num_gt == 0) continue;
    AddEnvelope(matched.classes[c], &sums);
    ++counted;
  }
  std::vector<std::pair<double, double>> points;
  for (int r = 0; counted > 0 && r <= kRecalls; ++r) {
    points.emplace_back(static_cast<double>(r) / kRecalls, sums[r] / counted);
  }
  return points;
}

}  // namespace mrsn::eval
