#include "ops/device/arithmetic.h"

#include <ATen/Context.h>
#include <ATen/autocast_mode.h>

namespace mrsn {
namespace {

// Of CUDA. The older functions, setAllowTF32CuBLAS and its kin, print a warning, and the two kinds of
// functions must not be mixed.
int Get(at::Float32Op op) {
  return static_cast<int>(at::globalContext().float32Precision(at::Float32Backend::CUDA, op));
}

void Set(at::Float32Op op, at::Float32Precision precision) {
  at::globalContext().setFloat32Precision(at::Float32Backend::CUDA, op, precision);
}

}  // namespace

Autocast::Autocast(c10::DeviceType device, c10::ScalarType type)
    : device_(device), active_(type != c10::kFloat && at::autocast::is_autocast_available(device)) {
  if (!active_) return;
  was_enabled_ = at::autocast::is_autocast_enabled(device_);
  was_type_ = at::autocast::get_autocast_dtype(device_);
  was_cached_ = at::autocast::is_autocast_cache_enabled();
  at::autocast::set_autocast_enabled(device_, true);
  at::autocast::set_autocast_dtype(device_, type);
  // The cache of weights in the other type belongs to the process, and the end of any thread's region clears
  // it. With ranks that are threads, the time would decide whether two uses of a weight share one copy, and
  // so how their gradients are rounded.
  at::autocast::set_autocast_cache_enabled(false);
}

Autocast::~Autocast() {
  if (!active_) return;
  at::autocast::set_autocast_cache_enabled(was_cached_);
  at::autocast::set_autocast_enabled(device_, was_enabled_);
  at::autocast::set_autocast_dtype(device_, was_type_);
}

MathSettings::MathSettings(const Arithmetic& arithmetic)
    : products_(Get(at::Float32Op::MATMUL)),
      convolutions_(Get(at::Float32Op::CONV)),
      autotuned_(at::globalContext().benchmarkCuDNN()) {
  const auto precision = arithmetic.tf32 ? at::Float32Precision::TF32 : at::Float32Precision::IEEE;
  Set(at::Float32Op::MATMUL, precision);
  Set(at::Float32Op::CONV, precision);
  at::globalContext().setBenchmarkCuDNN(arithmetic.cudnn_autotune);
}

MathSettings::~MathSettings() {
  Set(at::Float32Op::MATMUL, static_cast<at::Float32Precision>(products_));
  Set(at::Float32Op::CONV, static_cast<at::Float32Precision>(convolutions_));
  at::globalContext().setBenchmarkCuDNN(autotuned_);
}

}  // namespace mrsn
