#include "ops/cpu/instruction_set.h"

#include <algorithm>
#include <cstdlib>

namespace mrsn::ops {
namespace {

InstructionSet OfTheProcessor() {
#ifdef MRSN_X86_TARGETS
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return InstructionSet::kBaseline;
  return __builtin_cpu_supports("avx512f") ? InstructionSet::kAvx512 : InstructionSet::kAvx2;
#else
  return InstructionSet::kBaseline;
#endif
}

}  // namespace

InstructionSet Lowered(InstructionSet best, std::string_view capability) {
  if (capability == "default") return InstructionSet::kBaseline;
  if (capability == "avx2") return std::min(best, InstructionSet::kAvx2);
  return best;
}

InstructionSet BestInstructionSet() {
  static const InstructionSet best = [] {
    const char* capability = std::getenv("ATEN_CPU_CAPABILITY");
    return Lowered(OfTheProcessor(), capability == nullptr ? "" : capability);
  }();
  return best;
}

}  // namespace mrsn::ops
