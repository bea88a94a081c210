// The one place that decides which vector instructions the project's own kernels use.
#ifndef MRSN_OPS_CPU_INSTRUCTION_SET_H_
#define MRSN_OPS_CPU_INSTRUCTION_SET_H_

#include <string_view>

// A kernel is a template body, forced inline into one function for each instruction set. So one program
// runs on every x86-64 processor, and on others.
#if defined(__x86_64__) && defined(__GNUC__)
#define MRSN_X86_TARGETS 1
#define MRSN_TARGET_AVX2 __attribute__((target("avx2,fma")))
#define MRSN_TARGET_AVX512 __attribute__((target("avx512f,avx2,fma")))
#endif
#define MRSN_ALWAYS_INLINE inline __attribute__((always_inline))

namespace mrsn::ops {

// Every set contains the sets before it.
enum class InstructionSet {
  kBaseline,  // of every processor of the architecture
  kAvx2,      // AVX2 and FMA
  kAvx512,    // AVX-512F
};

// The best set that the processor has and that the environment variable ATEN_CPU_CAPABILITY allows.
// LibTorch obeys the same variable. The variable is read once.
InstructionSet BestInstructionSet();

// Whether kernels may use `set` here.
inline bool Runs(InstructionSet set) { return set <= BestInstructionSet(); }

// `best`, or the lower set that `capability` names: "default", "avx2" or "avx512". Any other text
// lowers nothing, as in LibTorch.
InstructionSet Lowered(InstructionSet best, std::string_view capability);

}  // namespace mrsn::ops

#endif  // MRSN_OPS_CPU_INSTRUCTION_SET_H_
