// The options of every backbone: plain structs, without LibTorch.
#ifndef MRSN_MRSN_BACKBONE_BACKBONE_OPTIONS_H_
#define MRSN_MRSN_BACKBONE_BACKBONE_OPTIONS_H_

#include <array>
#include <cstdint>
#include <variant>
#include <vector>

#include "mrsn/model_needs.h"

namespace mrsn {

struct NonLocalOptions {
  enum class Affinity {
    kDotProduct,  // f = theta phi^T / positions
    kSoftmax,     // f = softmax(theta phi^T / sqrt(inner))
  };
  Affinity affinity = Affinity::kDotProduct;
  std::array<int64_t, 3> pool = {1, 2, 2};  // max pooling of keys and values over t, y, x; 1s: none
};

struct ResNet3dOptions {
  enum class Block {
    kBottleneck,  // a: t x 1 x 1, b: 1 x 3 x 3 (stride, dilation), c: 1 x 1 x 1
    kBasic,       // a: t x 3 x 3 (stride, dilation), b: 1 x 3 x 3 (dilation)
  };
  struct Stage {
    int64_t blocks = 0;
    int64_t channels = 0;                // out
    int64_t inner_channels = 0;          // of a bottleneck's a and b
    int64_t stride = 1;                  // spatial, of the first block
    int64_t dilation = 1;                // spatial, of every block
    int64_t temporal_kernel = 1;         // odd
    int64_t temporal_blocks = 0;         // the first so many blocks have it, the others 1
    int64_t lateral_channels = 0;        // what a lateral connection adds to the stage's input
    std::vector<int64_t> nonlocal = {};  // blocks (from 0) that a non-local block follows
  };
  Block block = Block::kBottleneck;
  int64_t input_channels = 3;
  int64_t stem_channels = 64;
  int64_t stem_temporal_kernel = 1;
  int64_t stem_kernel = 7;
  int64_t stem_stride = 2;
  bool stem_pool = true;          // 1 x 3 x 3 max pooling, stride 2 ...
  bool stem_pool_padding = true;  // ... with one cell around; without, the map is one cell smaller
  int64_t res2_pool = 1;          // max pooling over so many frames, a shorter rest included, after res2
  std::vector<Stage> stages;
  NonLocalOptions nonlocal;
  double batch_norm_epsilon = 1e-5;
  double batch_norm_momentum = 0.1;
  bool zero_init_last_batch_norm = false;
};

int64_t ChannelsOf(const ResNet3dOptions& options);  // of the last stage
int64_t StrideOf(const ResNet3dOptions& options);    // spatial, of the whole network

// The four stages of R-50 (blocks 3, 4, 6, 3) or R-101 (3, 4, 23, 3) with stem width
// `width` (64), as a Slow pathway has them on AVA: temporal kernel 3 in the last two,
// the last one not strided but dilated by 2. Any other depth counts as 50.
std::vector<ResNet3dOptions::Stage> SlowStages(int64_t depth, int64_t width);

// How a pathway's last stage becomes one map per clip.
enum class TemporalPool { kAverage, kMax };

struct SlowOnlyOptions {
  ResNet3dOptions resnet;
  TemporalPool pool = TemporalPool::kAverage;
};

// The steps of Inception-v1 in order: convolutions, max pools and Inception modules.
enum class InceptionStep {
  kConv1a,
  kPool2a,
  kConv2b,
  kConv2c,
  kPool3a,
  kMixed3b,
  kMixed3c,
  kPool4a,
  kMixed4b,
  kMixed4c,
  kMixed4d,
  kMixed4e,
  kMixed4f,
  kPool5a,
  kMixed5b,
  kMixed5c,
};
constexpr int kInceptionSteps = 16;

const char* NameOf(InceptionStep step);  // "conv3d_1a_7x7", "maxpool3d_2a_3x3", ..., "mixed_5c"

// Channels out of a module's convolutions: 1 x 1 x 1; 1 x 1 x 1, 3 x 3 x 3; the same once
// more; 1 x 1 x 1 after a max pooling. The module's are b0 + b1b + b2b + b3b.
struct InceptionModuleWidths {
  int64_t b0 = 0, b1a = 0, b1b = 0, b2a = 0, b2b = 0, b3b = 0;
};

struct Inception3dOptions {
  int64_t input_channels = 3;  // 3 RGB, 2 flow
  InceptionStep last = InceptionStep::kMixed4e;
  // k x k x k convolutions become 1 x k x k and k x 1 x 1, each with batch norm and ReLU: S3D.
  bool separable = false;
  // sigmoid(W mean(x) + b) x after conv3d_2c and each branch of the modules: S3D-G, with separable.
  bool gating = false;
  int64_t last_stride = 2;    // spatial, of the pooling before mixed_5b; with 1 it pools over time only
  int64_t width_divisor = 1;  // 1, 2, 4 or 8: channels are divided by this
  double batch_norm_epsilon = 1e-3;
  double batch_norm_momentum = 0.01;
};

InceptionModuleWidths WidthsOf(const Inception3dOptions& options, InceptionStep module);  // 0 for others
int64_t ChannelsAfter(const Inception3dOptions& options, InceptionStep step);
int64_t StrideAfter(const Inception3dOptions& options, InceptionStep step);  // spatial

struct Inception3dBackboneOptions {
  Inception3dOptions inception;
  TemporalPool pool = TemporalPool::kAverage;
};

// Two networks of the same stride. Their input_channels are filled in by TwoStream's constructor.
struct TwoStreamOptions {
  using Stream = std::variant<ResNet3dOptions, Inception3dOptions>;
  enum class Fusion {
    kAverage,      // (rgb + flow) / 2; the same channels in both
    kConcatenate,  // rgb before flow
  };
  Stream rgb, flow;
  Fusion fusion = Fusion::kAverage;
  TemporalPool pool = TemporalPool::kAverage;
};

// A convolution k x 1 x 1 of stride alpha in time, from c to ratio c channels, whose
// result is concatenated to the Slow pathway. The frameworks differ in the rest.
struct LateralOptions {
  int64_t kernel = 7;  // k, odd: 7 or 5
  int64_t ratio = 2;
  bool norm_and_relu = true;  // PySlowFast, PyTorchVideo; others take the bare convolution
  bool bias = false;          // AlphAction
};

struct SlowFastOptions {
  // The same number of stages and the same strides in both. Their lateral_channels are
  // filled in by SlowFast's constructor.
  ResNet3dOptions slow, fast;
  int64_t alpha = 4;
  LateralOptions lateral;
  TemporalPool pool = TemporalPool::kAverage;
};

// The Fast pathway that goes with a Slow one.
struct FastPathwayOptions {
  int64_t beta_inverse = 8;          // slow channels per fast channel
  int64_t stem_temporal_kernel = 5;  // odd
  int64_t temporal_kernel = 3;       // odd, of every stage
};

// 1 / beta_inverse of the Slow pathway's widths, temporal kernels everywhere, but in those blocks only that
// have one in a stage of the Slow pathway with any (SlowFast "50-50": the first 6 of res4's 23). No
// non-local blocks.
ResNet3dOptions FastPathway(const ResNet3dOptions& slow, const FastPathwayOptions& options);

// The feature map of a whole backbone: its channels C, and the pixels of the frame for a cell.
int64_t ChannelsOf(const Inception3dOptions& options);
int64_t ChannelsOf(const TwoStreamOptions::Stream& stream);
int64_t ChannelsOf(const SlowOnlyOptions& options);
int64_t ChannelsOf(const SlowFastOptions& options);
int64_t ChannelsOf(const Inception3dBackboneOptions& options);
int64_t ChannelsOf(const TwoStreamOptions& options);
int64_t StrideOf(const Inception3dOptions& options);
int64_t StrideOf(const TwoStreamOptions::Stream& stream);

BackboneNeeds NeedsOf(const SlowOnlyOptions& options);
BackboneNeeds NeedsOf(const SlowFastOptions& options);
BackboneNeeds NeedsOf(const Inception3dBackboneOptions& options);
BackboneNeeds NeedsOf(const TwoStreamOptions& options);

}  // namespace mrsn

#endif  // MRSN_MRSN_BACKBONE_BACKBONE_OPTIONS_H_
