#include "experiments/counts/mrsn_plain_counts.h"

namespace mrsn::experiments {
namespace {

int64_t RelationWidth(const MrsnShape& shape) {  // g
  return shape.width * ((shape.acre_layers > 0 ? 2 : 0) + (shape.aare_layers > 0 ? 1 : 0));
}

}  // namespace

int64_t MrsnParameters(const MrsnShape& shape) {
  const int64_t d = shape.width, f = shape.hidden, g = RelationWidth(shape), c = shape.inner_width;
  const int64_t layer = (4 * d * d + 4 * d) + (2 * d * f + f + d) + 4 * d;
  int64_t count = shape.actor_inputs * d + d;
  if (shape.acre_layers > 0) {
    count += shape.patch_size * shape.patch_size * shape.channels * d + d;
    count += (1 + shape.context_tokens) * d;
  }
  if (shape.aare_layers > 0) count += shape.context_tokens * d;
  count += (shape.acre_layers + shape.aare_layers + 2 * shape.rse_layers) * layer;
  if (c > 0) count += (4 * g * c + 3 * c + g) + 2 * g + (2 * shape.window_seconds + 1) * g;
  int64_t classifier_inputs = g;
  if (shape.mlp_layers == 2) {
    count += g * d + d;
    classifier_inputs = d;
  }
  return count + classifier_inputs * shape.classes + shape.classes;
}

int64_t MrsnPlainMacs(const MrsnShape& shape, int64_t persons, int64_t bank_entries) {
  const int64_t N = persons, n = bank_entries, L = shape.context_tokens, T = L + 1;
  const int64_t d = shape.width, g = RelationWidth(shape), c = shape.inner_width;
  const int64_t token = 4 * d * d + 2 * d * shape.hidden;  // one token through one encoder layer's products
  int64_t macs = N * shape.actor_inputs * d;
  if (shape.acre_layers > 0) macs += L * shape.patch_size * shape.patch_size * shape.channels * d;
  macs += shape.acre_layers * N * (T * token + 2 * T * T * d);
  macs += shape.aare_layers * (N * token + 2 * N * N * d);
  macs += shape.rse_layers * N * ((T + 1) * token + 4 * T * d);
  if (c > 0) macs += 2 * N * g * c + 2 * n * g * c + 2 * N * n * c;
  macs += shape.mlp_layers == 2 ? N * (g * d + d * shape.classes) : N * g * shape.classes;
  return macs;
}

}  // namespace mrsn::experiments
