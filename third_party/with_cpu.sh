#!/bin/bash
# Runs a program as on a lesser processor: with_cpu.sh default|avx2|avx512 PROGRAM [ARGUMENT...]
# LibTorch and this project's kernels obey ATEN_CPU_CAPABILITY, oneDNN obeys ONEDNN_MAX_CPU_ISA.
set -eu

cpu=$1
shift
case "$cpu" in
  default) isa=SSE41 ;;
  avx2) isa=AVX2 ;;
  avx512) isa=AVX512_CORE ;;
  *)
    echo "with_cpu.sh: processor '$cpu'; allowed: default, avx2, avx512" >&2
    exit 2
    ;;
esac

# LibTorch believes the variable and would execute instructions that the processor lacks.
flags=" $(grep -m1 '^flags' /proc/cpuinfo | cut -d: -f2) "
for flag in $([[ "$cpu" == avx2 ]] && echo avx2 fma; [[ "$cpu" == avx512 ]] && echo avx512{f,bw,vl,dq}); do
  if [[ "$flags" != *" $flag "* ]]; then
    echo "skipped: this processor has no $flag"
    exit 0
  fi
done

export ATEN_CPU_CAPABILITY=$cpu ONEDNN_MAX_CPU_ISA=$isa
exec "$@"
