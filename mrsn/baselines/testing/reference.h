// A second non-local layer for tests: plain loops over doubles, one person at a time.
#ifndef MRSN_MRSN_BASELINES_TESTING_REFERENCE_H_
#define MRSN_MRSN_BASELINES_TESTING_REFERENCE_H_

#include <algorithm>
#include <cmath>
#include <vector>

#include "mrsn/testing/reference.h"

namespace mrsn::baselines {

using reference::FromTensor;
using reference::Linear;
using reference::Matrix;
using reference::Row;
using reference::ToTensor;
using reference::Weights;

inline Row MaxOver(const at::Tensor& roi) {  // [C,a,b] -> [C]
  Row row;
  for (const Row& cells : FromTensor(roi.flatten(1)))
    row.push_back(*std::max_element(cells.begin(), cells.end()));
  return row;
}

// `keys` are those x sees; `positions` theirs, or empty.
inline Row NonLocal(const Weights& layer, const Row& x, const Matrix& keys,
                    const std::vector<int64_t>& positions = {}) {
  const Row shortcut = layer.Has("shortcut.weight") ? Linear(layer.In("shortcut."), x) : x;
  if (keys.empty()) return shortcut;
  const Row query = Linear(layer.In("query."), x);
  const size_t c = query.size();
  Row score, attention(c, 0.0);
  Matrix values;
  double total = 0;
  for (size_t m = 0; m < keys.size(); ++m) {
    Row key = Linear(layer.In("key."), keys[m]), value = Linear(layer.In("value."), keys[m]);
    if (!positions.empty()) {
      key = reference::Add(key, layer.At("key_position")[positions[m]]);
      value = reference::Add(value, layer.At("value_position")[positions[m]]);
    }
    double dot = 0;
    for (size_t i = 0; i < c; ++i) dot += query[i] * key[i];
    score.push_back(std::exp(dot / std::sqrt(static_cast<double>(c))));
    total += score.back();
    values.push_back(value);
  }
  for (size_t m = 0; m < keys.size(); ++m) {
    for (size_t i = 0; i < c; ++i) attention[i] += score[m] / total * values[m][i];
  }
  double mean = 0, variance = 0;
  for (double value : attention) mean += value / static_cast<double>(c);
  for (double value : attention) variance += (value - mean) * (value - mean) / static_cast<double>(c);
  for (size_t i = 0; i < c; ++i) {
    attention[i] = (attention[i] - mean) / std::sqrt(variance + 1e-5);
    if (layer.Has("norm.weight")) {
      attention[i] = attention[i] * layer.At("norm.weight")[0][i] + layer.At("norm.bias")[0][i];
    }
    attention[i] = std::max(attention[i], 0.0);
  }
  return reference::Add(shortcut, Linear(layer.In("output."), attention));
}

}  // namespace mrsn::baselines

#endif  // MRSN_MRSN_BASELINES_TESTING_REFERENCE_H_
