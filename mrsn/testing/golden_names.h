// The golden bundle mrsn/head/testdata/relations, and the names it gives our parameters.
#ifndef MRSN_MRSN_TESTING_GOLDEN_NAMES_H_
#define MRSN_MRSN_TESTING_GOLDEN_NAMES_H_

#include <torch/nn/module.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "mrsn/testing/compare.h"
#include "ops/testing/golden.h"

namespace mrsn {

inline const ops::GoldenBundle& RelationsGolden() {
  static const auto* golden = new ops::GoldenBundle(ops::ReadGoldenBundle("mrsn/head/testdata/relations"));
  return *golden;
}

// "mrse0.rse.x_layer0.ffn.expand.weight" -> "rse.0.fcx1.weight"
inline std::string GoldenName(std::string name) {
  const auto replace = [&](const std::string& from, const std::string& to) {
    const size_t at = name.find(from);
    if (at != std::string::npos) name.replace(at, from.size(), to);
    return at != std::string::npos;
  };
  replace("long_term.attention.", "mca_l.");
  replace("long_term.norm.", "norml.");
  replace("long_term.distance_embedding", "dist");
  replace("mlp.hidden.", "cls1.");
  replace("mlp.classifier.", "cls2.");
  replace("embedder.actor_embedding", "pos_actor");
  replace("embedder.context_embedding", "pos");
  replace("actor_position.embedding", "pos_aare");
  replace("embedder.", "");
  replace("mrse0.", "");
  replace("acre.layer0.", "acre.0.");
  replace("aare.layer0.", "aare.0.");
  replace("rse.x_layer0.", "rse.0.x_layer0.");
  replace("rse.y_layer0.", "rse.0.y_layer0.");
  for (const std::string side : {"x", "y"}) {
    if (!replace(side + "_layer0.", "")) continue;
    replace("attention.", "mca_" + side + ".") || replace("attention_norm.", "norm" + side + "1.") ||
        replace("ffn_norm.", "norm" + side + "2.") || replace("ffn.expand.", "fc" + side + "1.") ||
        replace("ffn.contract.", "fc" + side + "2.");
    return name;
  }
  replace("layer0.", "a.");
  replace("layer1.", "b.");
  replace("attention.", "msa.") || replace("attention_norm.", "norm1.") || replace("ffn_norm.", "norm2.") ||
      replace("ffn.expand.", "fc1.") || replace("ffn.contract.", "fc2.");
  return name;
}

// Sets every parameter from "<prefix>w/<golden name>"; a missing name throws.
inline void LoadGoldenWeights(torch::nn::Module& module, const ops::GoldenBundle& golden,
                              const std::string& prefix) {
  at::NoGradGuard no_grad;
  for (auto& parameter : module.named_parameters()) {
    at::Tensor& value = parameter.value();
    value.copy_(golden[prefix + "w/" + GoldenName(parameter.key())].reshape(value.sizes()));
  }
}

// Compares every gradient of the case in the bundle; `inputs` by the bundle's names.
inline void ExpectGoldenGradients(const torch::nn::Module& module,
                                  const std::vector<std::pair<std::string, at::Tensor>>& inputs,
                                  const ops::GoldenBundle& golden, const std::string& prefix,
                                  double tolerance) {
  std::map<std::string, at::Tensor> ours(inputs.begin(), inputs.end());
  for (const auto& parameter : module.named_parameters())
    ours[GoldenName(parameter.key())] = parameter.value();
  int compared = 0;
  const std::string start = prefix + "grad/";
  for (const auto& [name, expected] : golden.tensors) {
    if (name.compare(0, start.size(), start) != 0) continue;
    const auto found = ours.find(name.substr(start.size()));
    if (found == ours.end() || !found->second.grad().defined()) {
      ADD_FAILURE() << "no gradient for " << name;
      continue;
    }
    EXPECT_TRUE(Close(found->second.grad().reshape(expected.sizes()), expected, tolerance)) << name;
    ++compared;
  }
  EXPECT_GT(compared, 0) << "no gradients at " << start;
}

}  // namespace mrsn

#endif  // MRSN_MRSN_TESTING_GOLDEN_NAMES_H_
