#include "mrsn/head/mrsn_head_counts.h"

namespace mrsn {
namespace {

// The letters of the header's formulas.
struct Sizes {
  explicit Sizes(const MrsnHeadOptions& options)
      : C(options.channels),
        K(options.classes),
        d(options.mrse.width),
        f(options.mrse.hidden),
        g(NeedsOf(options).relation_width),
        p(options.patch_size),
        L((options.support_size / p) * (options.support_size / p)),
        a(options.actor_token == ActorToken::kFlatten ? C * options.roi_size * options.roi_size : C),
        acre(options.blocks * options.mrse.acre_layers),
        aare(options.blocks * options.mrse.aare_layers),
        rse(options.blocks * options.mrse.rse_layers) {}

  int64_t C, K, d, f, g, p, L, a;
  int64_t acre, aare, rse;  // M of each
};

}  // namespace

int64_t MrsnHeadParameters(const MrsnHeadOptions& options) {
  const Sizes s(options);
  const int64_t layer = (4 * s.d * s.d + 4 * s.d) + (2 * s.d * s.f + s.f + s.d) + 4 * s.d;
  int64_t count = s.a * s.d + s.d;
  if (s.acre > 0) {
    count += s.p * s.p * s.C * s.d + s.d;
    count += (1 + s.L) * s.d;
    if (options.position_in_acre) count += s.L * s.d;
  }
  if (s.aare > 0 && options.position_in_aare) count += s.L * s.d;
  count += (s.acre + s.aare + 2 * s.rse) * layer;
  if (options.long_term) {
    const int64_t c = options.long_term->inner_width;
    count += (4 * s.g * c + 3 * c + s.g) + 2 * s.g;
    if (options.long_term->distance_embedding) count += (2 * options.long_term->window_seconds + 1) * s.g;
    if (options.long_term->bank_width > 0) count += (options.long_term->bank_width + 1) * s.g;
  }
  int64_t classifier_inputs = s.g;
  if (options.mlp_layers == 2) {
    count += s.g * s.d + s.d;
    classifier_inputs = s.d;
  }
  return count + classifier_inputs * s.K + s.K;
}

int64_t MrsnHeadPlainMacs(const MrsnHeadOptions& options, int64_t persons, int64_t bank_entries) {
  const Sizes s(options);
  const int64_t N = persons, n = bank_entries, T = s.L + 1;
  const int64_t token = 4 * s.d * s.d + 2 * s.d * s.f;  // one token through one encoder layer's products
  int64_t macs = N * s.a * s.d;
  if (s.acre > 0) macs += s.L * s.p * s.p * s.C * s.d;
  macs += s.acre * N * (T * token + 2 * T * T * s.d);
  macs += s.aare * (N * token + 2 * N * N * s.d);
  macs += s.rse * N * ((T + 1) * token + 4 * T * s.d);
  if (options.long_term) {
    const int64_t c = options.long_term->inner_width;
    macs += 2 * N * s.g * c + 2 * n * s.g * c + 2 * N * n * c + n * options.long_term->bank_width * s.g;
  }
  macs += options.mlp_layers == 2 ? N * (s.g * s.d + s.d * s.K) : N * s.g * s.K;
  return macs;
}

}  // namespace mrsn
