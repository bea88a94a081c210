// A module without its initial values: while this guard lives, random fills of its thread (uniform_ and
// normal_) leave tensors as they are and draw no number. Making a model of 60 million weights for its shapes
// takes a tenth of the time.
//
//   const ops::DeferredInit no_values;
//   auto module = std::make_shared<Conv3dImpl>(options);  // weight has a shape, and any values
#ifndef MRSN_OPS_META_KERNELS_DEFERRED_INIT_H_
#define MRSN_OPS_META_KERNELS_DEFERRED_INIT_H_

#include "c10/core/DispatchKey.h"
#include "c10/core/impl/LocalDispatchKeySet.h"

namespace mrsn::ops {

class DeferredInit {
 private:
  // LibTorch keeps this key for modules that get their values later, and leaves its kernels to others.
  const c10::impl::IncludeDispatchKeyGuard guard_{c10::DispatchKey::DeferredInit};
};

}  // namespace mrsn::ops

#endif  // MRSN_OPS_META_KERNELS_DEFERRED_INIT_H_
