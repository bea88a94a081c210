#include "ops/cpu/instruction_set.h"

#include <cstdlib>
#include <string_view>

#include "gtest/gtest.h"

namespace mrsn::ops {
namespace {

TEST(LoweredTest, NeverRaises) {
  for (const InstructionSet best :
       {InstructionSet::kBaseline, InstructionSet::kAvx2, InstructionSet::kAvx512}) {
    EXPECT_EQ(Lowered(best, ""), best);
    EXPECT_EQ(Lowered(best, "avx512"), best);
    EXPECT_EQ(Lowered(best, "vsx"), best);
    EXPECT_EQ(Lowered(best, "default"), InstructionSet::kBaseline);
  }
  EXPECT_EQ(Lowered(InstructionSet::kBaseline, "avx2"), InstructionSet::kBaseline);
  EXPECT_EQ(Lowered(InstructionSet::kAvx2, "avx2"), InstructionSet::kAvx2);
  EXPECT_EQ(Lowered(InstructionSet::kAvx512, "avx2"), InstructionSet::kAvx2);
}

// The variants of this test set the variable: see mrsn_cc_test_with_cpus.
TEST(BestInstructionSetTest, ObeysTheEnvironment) {
  EXPECT_TRUE(Runs(InstructionSet::kBaseline));
  const char* variable = std::getenv("ATEN_CPU_CAPABILITY");
  const std::string_view capability = variable == nullptr ? "" : variable;
  if (capability == "default") {
    EXPECT_FALSE(Runs(InstructionSet::kAvx2));
  }
  if (capability == "avx2") {
    EXPECT_FALSE(Runs(InstructionSet::kAvx512));
  }
#ifdef MRSN_X86_TARGETS
  if (capability != "default") {
    EXPECT_EQ(Runs(InstructionSet::kAvx2), __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"));
  }
#endif
}

}  // namespace
}  // namespace mrsn::ops
