#!/bin/bash
# With --config=cuda: programs are linked with LibTorch's CUDA libraries, find every library that these load,
# and say in one line if there is no CUDA device. Without it: says that nothing was tested.
set -euo pipefail
folder=experiments/programs
if [[ ! -e $folder/gpu_check ]]; then
    echo "skipped: this build is without --config=cuda, which needs nvcc of CUDA 13"
    exit 0
fi
for program in train evaluate forward gpu_check; do
    libraries=$(ldd "$folder/$program")
    if ! grep -q libtorch_cuda.so <<<"$libraries"; then
        echo "FAILED: $program is not linked with libtorch_cuda.so" && exit 1
    fi
    if grep "not found" <<<"$libraries"; then
        echo "FAILED: $program lacks libraries" && exit 1
    fi
done
status=0
output=$("$folder/gpu_check" --experiments=micro/none --clips=1 --steps=1 2>&1) || status=$?
if ls /dev/nvidia[0-9]* >/dev/null 2>&1; then
    echo "$output"
    exit "$status"
fi
if [[ $status != 1 || $output != "error: --device: device cuda: there is no CUDA device, or this program was built without --config=cuda" ]]; then
    echo "FAILED: without a GPU gpu_check ended with $status and said: $output" && exit 1
fi
echo "programs are linked with CUDA; no CUDA device, so nothing was computed on one"
