#include "ops/cpu/one_dnn.h"

#include <ATen/Context.h>

#include <cstdlib>
#include <string_view>

#include "gtest/gtest.h"
#include "ops/cpu/instruction_set.h"

namespace mrsn::ops {
namespace {

TEST(OneDnnTest, IsOnUntilTheUserSwitchesItOff) {
  EXPECT_TRUE(OneDnnIsOn());  // the LibTorch of //third_party has it
  at::globalContext().setUserEnabledMkldnn(false);
  EXPECT_FALSE(OneDnnIsOn());
  at::globalContext().setUserEnabledMkldnn(true);
  EXPECT_TRUE(OneDnnIsOn());
}

// The variants of this test set the variable: see mrsn_cc_test_with_cpus.
TEST(OneDnnTest, Bfloat16NeedsWhatTheEnvironmentAllows) {
  const char* variable = std::getenv("ONEDNN_MAX_CPU_ISA");
  const std::string_view isa = variable == nullptr ? "" : variable;
  if (isa == "SSE41" || isa == "AVX2") {
    EXPECT_FALSE(OneDnnHasBfloat16());
  }
#ifdef MRSN_X86_TARGETS
  if (isa.empty() || isa == "AVX512_CORE") {
    if (__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512dq")) {
      EXPECT_TRUE(OneDnnHasBfloat16());
    }
  }
#endif
}

}  // namespace
}  // namespace mrsn::ops
