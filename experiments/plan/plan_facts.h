// Looks up and measures what the plan of a training follows from.
#ifndef MRSN_EXPERIMENTS_PLAN_PLAN_FACTS_H_
#define MRSN_EXPERIMENTS_PLAN_PLAN_FACTS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "experiments/config/config.h"
#include "experiments/counts/complexity_setting.h"
#include "experiments/plan/training_plan.h"
#include "experiments/run/opened_run.h"

namespace mrsn::experiments {

struct PlanOptions {
  int devices = 1;
  double clips_per_second = 0;  // of all devices; 0: that of the last step in the log of an earlier training
  std::string output_root;      // with the runs/<label>/.../train.jsonl of earlier trainings
  int looked_at = 8;            // clips of each data set that are read, for bytes and persons
};

// Reads a few clips of the run's data, spread evenly. What the model does is counted on the meta device, for
// the first of these clips or, without data, for a square one. Input and activations are those of other
// devices than the CPU; experiments/plan/plan_memory_test.cc compares them with a real step. In bfloat16 and
// float16 activations take half of float32's bytes, and weights and input have copies in that type. The rate
// of earlier trainings is that of trainings in the same precision. Errors: the model cannot be built for
// clips of this size.
absl::StatusOr<PlanFacts> PlanFactsOf(const OpenedRun& run, const PlanOptions& options);

// The part of the facts that follows from the model and the size of a clip.
absl::Status AddModelFacts(const ResolvedExperiment& resolved, const ComplexitySetting& wanted,
                           PlanFacts* facts);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_PLAN_PLAN_FACTS_H_
