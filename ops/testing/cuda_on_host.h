// Runs CUDA kernels on the CPU, one thread after the other, to test their index arithmetic without a device.
//
// Include this first, then the header that holds the kernels. Kernels must not use
// shared memory, warp functions or atomics. Outside nvcc only.
//
//   RunOnHost(/*blocks=*/3, /*threads=*/32, [&] { SomeKernel<float>(n, in, out); });
#ifndef MRSN_OPS_TESTING_CUDA_ON_HOST_H_
#define MRSN_OPS_TESTING_CUDA_ON_HOST_H_

#ifdef __CUDACC__
#error "cuda_on_host.h stands in for CUDA; nvcc has the real thing"
#endif

#define __global__

namespace mrsn::ops {

struct HostDim3 {
  unsigned x = 0, y = 0, z = 0;
};

}  // namespace mrsn::ops

// The names CUDA gives a kernel; one copy per thread that runs kernels.
inline thread_local mrsn::ops::HostDim3 blockIdx, threadIdx, blockDim, gridDim;

namespace mrsn::ops {

template <typename Kernel>
void RunOnHost(unsigned blocks, unsigned threads, const Kernel& kernel) {
  gridDim = {blocks, 1, 1};
  blockDim = {threads, 1, 1};
  for (blockIdx = {}; blockIdx.x < blocks; ++blockIdx.x) {
    for (threadIdx = {}; threadIdx.x < threads; ++threadIdx.x) kernel();
  }
}

}  // namespace mrsn::ops

#endif  // MRSN_OPS_TESTING_CUDA_ON_HOST_H_
