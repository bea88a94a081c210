#include "experiments/run/cost_estimate.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "experiments/counts/complexity.h"
#include "ops/base/status_macros.h"

namespace mrsn::experiments {
namespace {

// Multiply-adds a second of the best case: a square matrix product that fits the caches' blocking.
double MatrixProductRate(int threads) {
  at::set_num_threads(threads);
  constexpr int64_t kSize = 1024;
  const at::Tensor a = at::randn({kSize, kSize}), b = at::randn({kSize, kSize});
  at::matmul(a, b);
  const absl::Time start = absl::Now();
  int products = 0;
  while (absl::Now() - start < absl::Milliseconds(300)) {
    at::matmul(a, b);
    ++products;
  }
  return products * std::pow(kSize, 3) / absl::ToDoubleSeconds(absl::Now() - start);
}

std::string Duration(double seconds) {
  if (seconds < 120) return absl::StrFormat("%.0f seconds", seconds);
  if (seconds < 7200) return absl::StrFormat("%.0f minutes", seconds / 60);
  if (seconds < 48 * 3600) return absl::StrFormat("%.0f hours", seconds / 3600);
  return absl::StrFormat("%.0f days", seconds / 86400);
}

}  // namespace

absl::StatusOr<CostEstimate> EstimateCost(const OpenedRun& run, int threads) {
  const Experiment& experiment = run.node->resolved->experiment;
  MRSN_ASSIGN_OR_RETURN(const ComplexityReport counted,
                        CountComplexity(run.node->resolved->name, experiment, SettingOf(experiment)));
  const int64_t batch = experiment.train().batch_size();
  CostEstimate cost;
  cost.parameters = counted.parameters.total;
  cost.macs_per_second = MatrixProductRate(threads);
  if (run.train_data == nullptr) return cost;
  cost.iterations = std::llround(experiment.train().epochs() * (run.train_data->size() / batch));
  cost.training_macs = 3.0 * counted.macs.total * batch * *cost.iterations;
  return cost;
}

std::string CostText(const CostEstimate& cost) {
  std::string text = absl::StrFormat("  parameters  %.4g M\n", cost.parameters / 1e6);
  if (!cost.iterations) return absl::StrCat(text, "  training    unknown without the training data\n");
  absl::StrAppendFormat(
      &text,
      "  training    %d iterations, %.3g TMACs; not under %s at the %.3g GMAC/s of a matrix "
      "product here\n",
      *cost.iterations, cost.training_macs / 1e12, Duration(cost.training_macs / cost.macs_per_second),
      cost.macs_per_second / 1e9);
  return text;
}

}  // namespace mrsn::experiments
