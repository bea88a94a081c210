#include "ops/dropout/person_dropout.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

namespace mrsn::ops {
namespace {

thread_local PersonDropoutScope* current = nullptr;

}  // namespace

PersonDropoutScope::PersonDropoutScope(const std::vector<int64_t>& own, int64_t all, uint64_t seed)
    : own_(at::tensor(own, at::kLong)),
      all_(all),
      random_(at::detail::createCPUGenerator(seed)),
      outer_(current) {
  current = this;
}

PersonDropoutScope::~PersonDropoutScope() { current = outer_; }

at::Tensor PersonDropout(const at::Tensor& x, double p, bool training) {
  PersonDropoutScope* const scope = current;
  const bool shared = scope != nullptr && training && p > 0 && p < 1 && x.is_cpu() && x.dim() > 0 &&
                      x.size(0) == scope->own_.size(0) && x.numel() > 0;
  if (!shared) return at::dropout(x, p, training);
  std::vector<int64_t> sizes = x.sizes().vec();
  sizes[0] = scope->all_;
  const at::Tensor whole = at::empty(sizes, x.options(), x.suggest_memory_format());
  whole.bernoulli_(1 - p, scope->random_);
  return x * whole.index_select(0, scope->own_).div_(1 - p);
}

}  // namespace mrsn::ops
