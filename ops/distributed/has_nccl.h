// MRSN_NCCL: 1 in builds with --config=cuda where NCCL's header stands beside CUDA's, otherwise 0.
#ifndef MRSN_OPS_DISTRIBUTED_HAS_NCCL_H_
#define MRSN_OPS_DISTRIBUTED_HAS_NCCL_H_

#if defined(MRSN_CUDA) && __has_include(<nccl.h>)
#define MRSN_NCCL 1
#else
#define MRSN_NCCL 0
#endif

#endif  // MRSN_OPS_DISTRIBUTED_HAS_NCCL_H_
