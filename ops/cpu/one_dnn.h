// The one place that decides what may be asked of oneDNN, LibTorch's library of products and convolutions.
#ifndef MRSN_OPS_CPU_ONE_DNN_H_
#define MRSN_OPS_CPU_ONE_DNN_H_

namespace mrsn::ops {

// LibTorch was built with oneDNN, and at::globalContext().setUserEnabledMkldnn(false) was not called.
bool OneDnnIsOn();

// oneDNN's operators take bfloat16: the processor has AVX-512 (BW, VL, DQ) or AVX-NE-CONVERT, and the
// environment variable ONEDNN_MAX_CPU_ISA allows it. The operators throw where this is false.
bool OneDnnHasBfloat16();

}  // namespace mrsn::ops

#endif  // MRSN_OPS_CPU_ONE_DNN_H_
