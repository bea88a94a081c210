#include "ops/device/constants.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <c10/core/InferenceMode.h>

#include <deque>
#include <map>
#include <mutex>
#include <tuple>
#include <utility>

namespace mrsn {
namespace {

constexpr size_t kMost = 256;

using Key = std::tuple<std::string, std::vector<double>, std::string, at::ScalarType>;

struct Cache {
  std::mutex mutex;
  std::map<Key, at::Tensor> tensors;
  std::deque<Key> order;  // the oldest first
};

// Never destroyed: a device's library may end before static variables do.
Cache& TheCache() {
  static auto* cache = new Cache;
  return *cache;
}

}  // namespace

at::Tensor Constant(const char* kind, const std::vector<double>& numbers, const c10::TensorOptions& options,
                    absl::FunctionRef<at::Tensor()> make) {
  const at::ScalarType type = c10::typeMetaToScalarType(options.dtype());
  // Meta tensors are made to be counted: a count must not depend on what was counted before.
  if (options.device().is_meta()) return make().to(options.device(), type);
  const Key key(kind, numbers, options.device().str(), type);
  Cache& cache = TheCache();
  const std::lock_guard<std::mutex> lock(cache.mutex);
  const auto found = cache.tensors.find(key);
  if (found != cache.tensors.end()) return found->second;
  // Later callers may need gradients that go by this tensor.
  const c10::InferenceMode no_inference(false);
  const at::NoGradGuard no_grad;
  at::Tensor made = make().to(options.device(), type);
  cache.tensors.emplace(key, made);
  cache.order.push_back(key);
  if (cache.order.size() > kMost) {
    cache.tensors.erase(cache.order.front());
    cache.order.pop_front();
  }
  return made;
}

}  // namespace mrsn
