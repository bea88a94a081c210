// Inception-v1 over clips: I3D (Carreira and Zisserman 2017), S3D and S3D-G (Xie et al.
// 2018).
//
// Shapes: x [B,C,T,H,W], C = 3 (RGB) or 2 (flow). Time is strided by 2 in conv3d_1a,
// maxpool3d_4a and maxpool3d_5a, space in these and in maxpool3d_2a and _3a:
//
//   after      time   space  channels
//   mixed_3c   T/2    H/8    480
//   mixed_4e   T/4    H/16   528    Gu et al. 2018, Sec. 5
//   mixed_4f   T/4    H/16   832
//   mixed_5c   T/8    H/32   1024   H/16 with last_stride 1
//
// Padding is TensorFlow's "SAME", which the published weights need: ceil(size / stride)
// cells come out, and of the cells this needs around, max((out - 1) stride + kernel -
// size, 0), the smaller half is in front. At even sizes a strided step therefore pads
// less in front than at odd ones. Max pools pad with zeros, as the public PyTorch port
// (piergiaj/pytorch-i3d); what they pool comes from ReLU, so that this is the same as
// TensorFlow's leaving the padding out.
//
// Gates stand where the public code of S3D-G has them (tensorflow/models, slim): after
// conv3d_2c and after each of a module's four branches.
//
// In an ops::RecomputeScope (ops/recompute) the modules keep their inputs only.
//
// Parameters are named as in piergiaj/pytorch-i3d, in small letters:
// "mixed_4f.b1b.conv3d.weight", "mixed_4f.b1b.bn.running_mean"; of a separable convolution
// this is the spatial part, and "conv3d_t", "bn_t" is the temporal one; a gate is "gate".
//
// The map at mixed_4f with time kept, and the later steps on what was cut out of it (without
// maxpool3d_5a, as detectors run them):
//
//   options.last = InceptionStep::kMixed5c;
//   Inception3d net(options);
//   at::Tensor map = net.Forward(clips, InceptionStep::kConv1a, InceptionStep::kMixed4f);  // [B,832,T/4,..]
//   at::Tensor rois = ...                                                                  // [N,832,T/4,7,7]
//   rois = net.Forward(rois, InceptionStep::kMixed5b, InceptionStep::kMixed5c);
//   // [N,1024,T/4,7,7]
#ifndef MRSN_MRSN_BACKBONE_INCEPTION3D_H_
#define MRSN_MRSN_BACKBONE_INCEPTION3D_H_

#include <torch/nn/module.h>
#include <torch/nn/modules/linear.h>

#include <memory>
#include <string>
#include <vector>

#include "mrsn/backbone/backbone.h"
#include "mrsn/backbone/backbone_options.h"
#include "mrsn/backbone/conv_norm.h"
#include "mrsn/taps.h"

namespace mrsn {

// One convolution, or a spatial and a temporal one, with batch norm and ReLU; a gate on request.
class InceptionUnit : public torch::nn::Module {
 public:
  InceptionUnit(const Inception3dOptions& options, int64_t in, int64_t out, int64_t kernel, int64_t stride,
                bool gated);
  at::Tensor Forward(at::Tensor x);  // [B,in,T,H,W] -> [B,out,ceil(T / stride),...]

 private:
  int64_t kernel_, stride_;
  ConvNorm conv_, temporal_;
  torch::nn::Linear gate_{nullptr};
};

class InceptionModule : public torch::nn::Module {
 public:
  InceptionModule(const Inception3dOptions& options, int64_t in, const InceptionModuleWidths& widths);
  at::Tensor Forward(const at::Tensor& x);  // four branches put together; T, H, W are kept

 private:
  std::shared_ptr<InceptionUnit> b0_, b1a_, b1b_, b2a_, b2b_, b3b_;
};

// Convolutions start Kaiming-normal over their fan-out, batch norms at scale 1 and shift 0,
// gates normal with deviation 0.01 and bias 0.
class Inception3d : public torch::nn::Module {
 public:
  explicit Inception3d(const Inception3dOptions& options);

  // All steps up to options.last. Taps: <prefix>conv3d_1a_7x7, <prefix>mixed_3b, ...
  at::Tensor Forward(const at::Tensor& x, Taps* taps = nullptr, const std::string& prefix = "");

  // The steps `from` to `to`, both included; x [B,C,T,h,w] is what the step before `from`
  // returns, or a part of it (never negative, any B and size). Throws c10::Error if the
  // network ends before `to` or x has other channels.
  at::Tensor Forward(at::Tensor x, InceptionStep from, InceptionStep to, Taps* taps = nullptr,
                     const std::string& prefix = "");

  const Inception3dOptions& options() const { return options_; }
  int64_t channels() const { return ChannelsAfter(options_, options_.last); }
  int64_t stride() const { return StrideAfter(options_, options_.last); }  // spatial

 private:
  at::Tensor Step(InceptionStep step, const at::Tensor& x);

  Inception3dOptions options_;
  std::shared_ptr<InceptionUnit> conv1a_, conv2b_, conv2c_;
  std::vector<std::shared_ptr<InceptionModule>> modules_;  // by step; null for the others
};

class Inception3dBackbone : public Backbone {
 public:
  explicit Inception3dBackbone(const Inception3dBackboneOptions& options)
      : inception_(register_module("inception", std::make_shared<Inception3d>(options.inception))),
        pool_(options.pool) {}

  // clip.slow [B,3,T,H,W] -> F [B,C,h,w]. Taps: rgb.conv3d_1a_7x7, rgb.mixed_3b, ...
  at::Tensor Forward(const Clip& clip, Taps* taps = nullptr) override {
    return PoolOverTime(inception_->Forward(clip.slow, taps, "rgb."), pool_);
  }
  int64_t channels() const override { return inception_->channels(); }
  int64_t stride() const override { return inception_->stride(); }

 private:
  std::shared_ptr<Inception3d> inception_;
  TemporalPool pool_;
};

}  // namespace mrsn

#endif  // MRSN_MRSN_BACKBONE_INCEPTION3D_H_
