// Two streams (Simonyan and Zisserman 2014): one network over RGB frames, one over optical
// flow. Gu et al. 2018, Sec. 5, average the maps of two I3Ds.
//
// Shapes: slow [B,3,T,H,W], flow [B,2,T,H,W].
#ifndef MRSN_MRSN_BACKBONE_TWO_STREAM_H_
#define MRSN_MRSN_BACKBONE_TWO_STREAM_H_

#include <memory>
#include <string>

#include "mrsn/backbone/backbone.h"
#include "mrsn/backbone/inception3d.h"
#include "mrsn/backbone/resnet3d.h"

namespace mrsn {

// Submodules "rgb" and "flow", each a ResNet3d or an Inception3d.
class TwoStream : public Backbone {
 public:
  // Throws c10::Error for streams of different strides, and for an average of different channels.
  explicit TwoStream(TwoStreamOptions options);

  // Each stream is pooled over its own time. Throws c10::Error unless flow is there, of
  // slow's clips, frames and size.
  // Taps: the rgb stream's, "rgb.mixed_4e" or "rgb.res2", ...; then the flow stream's, "flow.", ...
  at::Tensor Forward(const Clip& clip, Taps* taps = nullptr) override;
  int64_t channels() const override;
  int64_t stride() const override { return rgb_.stride; }
  BackboneNeeds needs() const override { return needs_; }

 private:
  struct Stream {
    std::shared_ptr<ResNet3d> resnet;  // or
    std::shared_ptr<Inception3d> inception;
    int64_t channels = 0, stride = 0;
  };
  Stream Register(const std::string& name, TwoStreamOptions::Stream options, int64_t input_channels);
  at::Tensor Run(const Stream& stream, const at::Tensor& x, Taps* taps, const std::string& prefix) const;

  BackboneNeeds needs_;
  TwoStreamOptions::Fusion fusion_;
  TemporalPool pool_;
  Stream rgb_, flow_;
};

}  // namespace mrsn

#endif  // MRSN_MRSN_BACKBONE_TWO_STREAM_H_
