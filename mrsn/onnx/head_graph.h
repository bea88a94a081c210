// RoIAlign and the heads (mrsn/head, mrsn/baselines) as nodes.
#ifndef MRSN_MRSN_ONNX_HEAD_GRAPH_H_
#define MRSN_MRSN_ONNX_HEAD_GRAPH_H_

#include <cstdint>

#include "mrsn/model_options.h"
#include "mrsn/onnx/attention_graph.h"
#include "mrsn/onnx/scope.h"
#include "mrsn/roi_options.h"

namespace mrsn::onnx {

struct HeadValues {
  Value features;    // F [B,C,h,w]
  Value actors;      // A [N,C,s,s]
  Value boxes;       // [N,4]
  Value clip_index;  // [N]
  BankValues bank;   // "" unless the head reads a bank
};

// A [N,C,s,s]. `slow` gives the frames' size; `stride` pixels of the frame are one cell of F. Boxes are
// finite.
Value RoiGraph(const Scope& scope, const RoiFeatureOptions& options, const Value& features, const Value& slow,
               const Value& boxes, const Value& clip_index, int64_t stride);

// Logits [N,K] in evaluation mode; N may be 0. `scope` is the module "head" of a detector. The head is one
// that CheckHead (export_onnx.h) lets through.
Value HeadGraph(const Scope& scope, const HeadOptions& options, const HeadValues& input);

}  // namespace mrsn::onnx

#endif  // MRSN_MRSN_ONNX_HEAD_GRAPH_H_
