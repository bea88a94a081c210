// Comparing a baseline head with the public code's own outputs and gradients
// (testdata/README.md).
#ifndef MRSN_MRSN_BASELINES_TESTING_GOLDEN_H_
#define MRSN_MRSN_BASELINES_TESTING_GOLDEN_H_

#include <torch/nn/module.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "mrsn/testing/compare.h"
#include "ops/testing/golden.h"

namespace mrsn::baselines {

inline const ops::GoldenBundle& Golden() {
  static const auto* golden =
      new ops::GoldenBundle(ops::ReadGoldenBundle("mrsn/baselines/testdata/baseline_heads"));
  return *golden;
}

// Pairs {ours, theirs}: parts of our parameter names and what the public code calls them.
using Renames = std::vector<std::pair<std::string, std::string>>;

// The first occurrence of each pair's first is replaced, in the order given.
inline std::string Renamed(std::string name, const Renames& renames) {
  for (const auto& [ours, theirs] : renames) {
    const size_t at = name.find(ours);
    if (at != std::string::npos) name.replace(at, ours.size(), theirs);
  }
  return name;
}

// Sets each parameter and buffer that the case "<prefix>" has; returns those it lacks.
inline std::vector<std::string> LoadGolden(torch::nn::Module& module, const std::string& prefix,
                                           const Renames& renames) {
  at::NoGradGuard no_grad;
  std::vector<std::string> missing;
  const auto set = [&](const std::string& name, at::Tensor value) {
    const std::string theirs = prefix + "w/" + Renamed(name, renames);
    if (Golden().contains(theirs)) {
      value.copy_(Golden()[theirs].reshape(value.sizes()));
    } else {
      missing.push_back(name);
    }
  };
  for (const auto& parameter : module.named_parameters()) set(parameter.key(), parameter.value());
  for (const auto& buffer : module.named_buffers()) set(buffer.key(), buffer.value());
  return missing;
}

// Compares every gradient of the case; `inputs` by the bundle's names. Biases of keys
// add the same to all scores of a softmax: their gradients are 0.
inline void ExpectGoldenGradients(const torch::nn::Module& module,
                                  const std::vector<std::pair<std::string, at::Tensor>>& inputs,
                                  const std::string& prefix, const Renames& renames, double tolerance) {
  std::map<std::string, at::Tensor> ours(inputs.begin(), inputs.end());
  for (const auto& parameter : module.named_parameters()) {
    ours[Renamed(parameter.key(), renames)] = parameter.value();
  }
  int compared = 0;
  const std::string start = prefix + "grad/";
  for (const auto& [name, expected] : Golden().tensors) {
    if (name.compare(0, start.size(), start) != 0) continue;
    const auto found = ours.find(name.substr(start.size()));
    if (found == ours.end() || !found->second.grad().defined()) {
      ADD_FAILURE() << "no gradient for " << name;
      continue;
    }
    const at::Tensor gradient = found->second.grad().reshape(expected.sizes());
    ++compared;
    if (expected.abs().max().item<double>() < 1e-6) {  // 0 but for rounding
      EXPECT_LT(gradient.abs().max().item<double>(), 1e-6) << name;
      continue;
    }
    EXPECT_TRUE(Close(gradient, expected, tolerance)) << name;
  }
  EXPECT_GT(compared, 0) << "no gradients at " << start;
}

}  // namespace mrsn::baselines

#endif  // MRSN_MRSN_BASELINES_TESTING_GOLDEN_H_
