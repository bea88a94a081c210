// One of the taps of a forward pass.
#ifndef MRSN_MRSN_TESTING_TAP_NAMED_H_
#define MRSN_MRSN_TESTING_TAP_NAMED_H_

#include <string>

#include "gtest/gtest.h"
#include "mrsn/taps.h"

namespace mrsn {

inline at::Tensor TapNamed(const Taps& taps, const std::string& name) {
  for (const auto& [tap, tensor] : taps) {
    if (tap == name) return tensor;
  }
  ADD_FAILURE() << "no tap " << name;
  return {};
}

}  // namespace mrsn

#endif  // MRSN_MRSN_TESTING_TAP_NAMED_H_
