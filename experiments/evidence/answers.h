// From contrasts and runs to answers, by the rules of experiments/EVIDENCE.md.
#ifndef MRSN_EXPERIMENTS_EVIDENCE_ANSWERS_H_
#define MRSN_EXPERIMENTS_EVIDENCE_ANSWERS_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "experiments/evidence/contrast_statistics.h"
#include "experiments/evidence/contrasts.h"
#include "experiments/evidence/scale_file.h"
#include "experiments/evidence/scored_runs.h"

namespace mrsn::experiments {

// One side of a contrast; values in percent, the mean of the worlds' means.
struct SettingScore {
  std::string name, results;
  double value = 0;
  std::optional<double> headroom;  // the share, 1 = the oracle; none without the scale of every world
};

struct AnsweredContrast {
  std::string question, text, on;
  bool main = false, holm = false;
  // What is not there, "" if nothing is missing. A contrast with a missing part has no estimate.
  std::string missing;
  SettingScore setting, baseline;
  std::optional<ContrastEstimate> estimate;      // on `on`
  std::optional<ContrastEstimate> on_frame_map;  // beside it
  std::vector<std::string> reasons;  // for which the answer is "not decided" whatever the interval
  Answer answer = Answer::kNotDecided;
  std::optional<double> adjusted_p;  // of the Holm family
  Answer after_holm = Answer::kNotDecided;
  std::optional<int> pairs_needed;  // if not decided
};

struct Answers {
  std::vector<AnsweredContrast> contrasts;  // a row for each kind that a contrast names
  std::vector<std::string> probe;           // a sentence for each head of the probe
  std::vector<std::string> commits;         // of the runs that were used, each once
  int runs = 0;                             // that were used
};

// InvalidArgument, naming both runs, if a contrast's runs have other seeds, rooms, data, classes or protocol
// on its two sides, if runs of one setting have different configurations, if two worlds have the same data,
// or if a kind does not exist.
absl::StatusOr<Answers> AnswerContrasts(const Contrasts& contrasts, const std::vector<ScaleOfData>& scales,
                                        ScoredRuns* runs);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_EVIDENCE_ANSWERS_H_
