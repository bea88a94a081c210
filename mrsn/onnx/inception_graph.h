// Inception3d (mrsn/backbone/inception3d.h) as nodes.
#ifndef MRSN_MRSN_ONNX_INCEPTION_GRAPH_H_
#define MRSN_MRSN_ONNX_INCEPTION_GRAPH_H_

#include "mrsn/backbone/backbone_options.h"
#include "mrsn/onnx/scope.h"

namespace mrsn::onnx {

// All steps up to options.last. `scope` is the module of the network.
Value Inception(const Scope& scope, const Inception3dOptions& options, Value x);

}  // namespace mrsn::onnx

#endif  // MRSN_MRSN_ONNX_INCEPTION_GRAPH_H_
