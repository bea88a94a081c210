// ResNet3d (mrsn/backbone/resnet3d.h) as nodes.
#ifndef MRSN_MRSN_ONNX_RESNET_GRAPH_H_
#define MRSN_MRSN_ONNX_RESNET_GRAPH_H_

#include <cstddef>

#include "mrsn/backbone/backbone_options.h"
#include "mrsn/onnx/scope.h"

namespace mrsn::onnx {

// `scope` is the module of the network. Channels and kernels are those of its weights.
Value ResNetStem(const Scope& scope, const ResNet3dOptions& options, const Value& x);
Value ResNetStage(const Scope& scope, const ResNet3dOptions& options, size_t index, Value x);
Value ResNet(const Scope& scope, const ResNet3dOptions& options, const Value& x);  // stem and all stages

}  // namespace mrsn::onnx

#endif  // MRSN_MRSN_ONNX_RESNET_GRAPH_H_
