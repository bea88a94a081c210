// The backbones (mrsn/backbone) as nodes.
#ifndef MRSN_MRSN_ONNX_BACKBONE_GRAPH_H_
#define MRSN_MRSN_ONNX_BACKBONE_GRAPH_H_

#include "mrsn/backbone_from_config.h"
#include "mrsn/onnx/scope.h"

namespace mrsn::onnx {

// Shapes as ops/clip/clip_tensors.h gives them; "" is a tensor that the backbone does not read.
struct ClipValues {
  Value slow, fast, flow;
};

// F [B,C,h,w]. `scope` is the module "backbone" of a detector. B, T, H and W are free.
Value BackboneGraph(const Scope& scope, const BackboneOptions& options, const ClipValues& clip);

int64_t StrideOf(const BackboneOptions& options);  // pixels of the frame per cell of F

}  // namespace mrsn::onnx

#endif  // MRSN_MRSN_ONNX_BACKBONE_GRAPH_H_
