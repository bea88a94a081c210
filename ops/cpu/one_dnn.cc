#include "ops/cpu/one_dnn.h"

#include <ATen/Context.h>
#include <ATen/core/dispatch/Dispatcher.h>

namespace mrsn::ops {

bool OneDnnIsOn() { return at::hasMKLDNN() && at::globalContext().userEnabledMkldnn(); }

bool OneDnnHasBfloat16() {
  // LibTorch's own check, which its operators make before they throw, has no C++ function.
  static const bool has = [] {
    const auto check = c10::Dispatcher::singleton().findSchema({"mkldnn::_is_mkldnn_bf16_supported", ""});
    return check && check->typed<bool()>().call();
  }();
  return has;
}

}  // namespace mrsn::ops
