// Comparing a baseline head with the public code's own outputs and gradients
// (testdata/README.md).
#ifndef MRSN_MRSN_BASELINES_TESTING_GOLDEN_H_
#define MRSN_MRSN_BASELINES_TESTING_GOLDEN_H_

#include <torch/nn/module.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "mrsn/checkpoint/import_weights.h"
#include "mrsn/checkpoint/name_map.h"
#include "mrsn/testing/compare.h"
#include "ops/testing/golden.h"

namespace mrsn::baselines {

inline const ops::GoldenBundle& Golden() {
  static const auto* golden =
      new ops::GoldenBundle(ops::ReadGoldenBundle("mrsn/baselines/testdata/baseline_heads"));
  return *golden;
}

// How names of a case become ours: as names of the framework's checkpoints, by its name map.
struct PublicNames {
  std::string format;  // of the name map: "acar"
  std::string theirs;  // before the names of the case in a checkpoint: "head.module."
  std::string ours;    // before the names of the module in a detector: "head."
};

inline NameMapper MapperOf(const PublicNames& names) {
  return ChooseNameMap(names.format, {}, /*two_pathways=*/false, "golden").value();
}

// Imports the weights of the case "<prefix>" as those of a checkpoint; returns the parameters and buffers
// that it lacks. It must have no others, and none of another shape.
inline std::vector<std::string> LoadGolden(torch::nn::Module& module, const std::string& prefix,
                                           const PublicNames& names) {
  const std::string start = prefix + "w/";
  NamedTensors file, model;
  for (const auto& [name, value] : Golden().tensors) {
    if (name.compare(0, start.size(), start) == 0) {
      file.emplace_back(names.theirs + name.substr(start.size()), value);
    }
  }
  for (const auto& item : module.named_parameters())
    model.emplace_back(names.ours + item.key(), item.value());
  for (const auto& item : module.named_buffers()) model.emplace_back(names.ours + item.key(), item.value());
  ImportOptions options;
  options.allow_partial = true;
  const auto report = ImportWeights(file, "golden", MapperOf(names), options, model);
  if (!report.ok()) return {std::string(report.status().message())};
  EXPECT_TRUE(report->unexpected.empty() && report->mismatched.empty()) << report->Text();
  std::vector<std::string> missing;
  for (const std::string& name : report->missing) missing.push_back(name.substr(names.ours.size()));
  return missing;
}

// Compares every gradient of the case; `inputs` by the bundle's names. Biases of keys
// add the same to all scores of a softmax: their gradients are 0.
inline void ExpectGoldenGradients(const torch::nn::Module& module,
                                  const std::vector<std::pair<std::string, at::Tensor>>& inputs,
                                  const std::string& prefix, const PublicNames& names, double tolerance) {
  const NameMapper mapper = MapperOf(names);
  std::map<std::string, at::Tensor> ours(inputs.begin(), inputs.end());
  for (const auto& parameter : module.named_parameters()) {
    ours[names.ours + parameter.key()] = parameter.value();
  }
  int compared = 0;
  const std::string start = prefix + "grad/";
  for (const auto& [name, expected] : Golden().tensors) {
    if (name.compare(0, start.size(), start) != 0) continue;
    const std::string theirs = name.substr(start.size());
    auto found = ours.find(theirs);
    if (found == ours.end()) found = ours.find(mapper.ToNative(names.theirs + theirs));
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
