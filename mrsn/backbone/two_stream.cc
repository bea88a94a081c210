#include "mrsn/backbone/two_stream.h"

#include <ATen/ATen.h>

#include <utility>
#include <variant>

namespace mrsn {

TwoStream::Stream TwoStream::Register(const std::string& name, TwoStreamOptions::Stream options,
                                      int64_t input_channels) {
  std::visit([&](auto& network) { network.input_channels = input_channels; }, options);
  Stream stream;
  if (const auto* resnet = std::get_if<ResNet3dOptions>(&options)) {
    stream.resnet = register_module(name, std::make_shared<ResNet3d>(*resnet));
    stream.channels = stream.resnet->channels();
    stream.stride = stream.resnet->stride();
  } else {
    stream.inception =
        register_module(name, std::make_shared<Inception3d>(std::get<Inception3dOptions>(options)));
    stream.channels = stream.inception->channels();
    stream.stride = stream.inception->stride();
  }
  return stream;
}

TwoStream::TwoStream(TwoStreamOptions options)
    : needs_(NeedsOf(options)),
      fusion_(options.fusion),
      pool_(options.pool),
      rgb_(Register("rgb", std::move(options.rgb), 3)),
      flow_(Register("flow", std::move(options.flow), 2)) {
  TORCH_CHECK(rgb_.stride == flow_.stride, "TwoStream: streams of strides ", rgb_.stride, " and ",
              flow_.stride);
  TORCH_CHECK(fusion_ == TwoStreamOptions::Fusion::kConcatenate || rgb_.channels == flow_.channels,
              "TwoStream: an average of streams of ", rgb_.channels, " and ", flow_.channels, " channels");
}

at::Tensor TwoStream::Run(const Stream& stream, const at::Tensor& x, Taps* taps,
                          const std::string& prefix) const {
  return PoolOverTime(
      stream.resnet ? stream.resnet->Forward(x, taps, prefix) : stream.inception->Forward(x, taps, prefix),
      pool_);
}

at::Tensor TwoStream::Forward(const Clip& clip, Taps* taps) {
  const at::Tensor &slow = clip.slow, &flow = clip.flow;
  TORCH_CHECK(flow.defined(), "flow: expected [", slow.size(0), ",2,", slow.size(2), ",", slow.size(3), ",",
              slow.size(4), "], got none");
  TORCH_CHECK(flow.dim() == 5 && flow.size(0) == slow.size(0) && flow.size(1) == 2 &&
                  flow.sizes().slice(2) == slow.sizes().slice(2),
              "flow: expected [", slow.size(0), ",2,", slow.size(2), ",", slow.size(3), ",", slow.size(4),
              "], got ", flow.sizes());
  const at::Tensor rgb_map = Run(rgb_, slow, taps, "rgb.");
  const at::Tensor flow_map = Run(flow_, flow, taps, "flow.");
  switch (fusion_) {
    case TwoStreamOptions::Fusion::kAverage:
      return (rgb_map + flow_map) / 2;
    case TwoStreamOptions::Fusion::kConcatenate:
      return at::cat({rgb_map, flow_map}, 1);
  }
  TORCH_CHECK(false, "unknown fusion");
}

int64_t TwoStream::channels() const {
  return fusion_ == TwoStreamOptions::Fusion::kAverage ? rgb_.channels : rgb_.channels + flow_.channels;
}

}  // namespace mrsn
