#include "ops/dropout/clip_dropout.h"

#include <ATen/ATen.h>

#include <tuple>
#include <utility>

#include "ops/base/random.h"

namespace mrsn::ops {
namespace {

thread_local ClipDropoutScope* current = nullptr;

constexpr int kUnused = 11;  // low bits of 64; the others are a float64 in [0,1)

// FNV-1a.
uint64_t HashOf(absl::string_view text) {
  uint64_t hash = 0xcbf29ce484222325u;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return hash;
}

// ---- MixBits and HashSeed (ops/base/random.h) of int64 tensors, whose products and sums wrap around

at::Tensor ShiftedRight(const at::Tensor& x, int64_t bits) {
  return at::bitwise_right_shift(x, bits).bitwise_and((int64_t{1} << (64 - bits)) - 1);
}

int64_t Signed(uint64_t value) { return static_cast<int64_t>(value); }

at::Tensor Mixed(at::Tensor x) {
  x = x.bitwise_xor(ShiftedRight(x, 30)) * Signed(0xbf58476d1ce4e5b9u);
  x = x.bitwise_xor(ShiftedRight(x, 27)) * Signed(0x94d049bb133111ebu);
  return x.bitwise_xor(ShiftedRight(x, 31));
}

// The number of each row among the rows of its clip.
at::Tensor NumbersOf(const at::Tensor& clip_index) {
  const auto [sorted, order] = clip_index.sort(/*stable=*/true, /*dim=*/0, /*descending=*/false);
  const at::Tensor place = at::arange(clip_index.size(0), clip_index.options());
  return at::zeros_like(clip_index).scatter(0, order, place - at::searchsorted(sorted, sorted));
}

void CheckClips(const at::Tensor& clip_index) {
  TORCH_CHECK(clip_index.dim() == 1 && clip_index.scalar_type() == at::kLong,
              "clip_index: expected [R] int64, got ", clip_index.sizes(), " ", clip_index.scalar_type());
}

// [R,width] on clip_index's device.
at::Tensor Uniform(const std::vector<uint64_t>& seeds, const at::Tensor& clip_index, absl::string_view layer,
                   int64_t width) {
  return clip_index.is_cpu() ? clip_dropout::UniformByLoops(seeds, clip_index, HashOf(layer), width)
                             : clip_dropout::UniformByTensors(seeds, clip_index, HashOf(layer), width);
}

}  // namespace

namespace clip_dropout {

at::Tensor UniformByLoops(const std::vector<uint64_t>& seeds, const at::Tensor& clip_index, uint64_t layer,
                          int64_t width) {
  CheckClips(clip_index);
  const at::Tensor clips = clip_index.contiguous();
  const at::Tensor uniform = at::empty({clips.size(0), width}, at::kDouble);
  const auto* const clip = clips.const_data_ptr<int64_t>();
  double* out = uniform.mutable_data_ptr<double>();
  std::vector<uint64_t> numbers(seeds.size(), 0);
  for (int64_t row = 0; row < clips.size(0); ++row) {
    TORCH_CHECK(clip[row] >= 0 && clip[row] < static_cast<int64_t>(seeds.size()), "clip_index[", row, "] is ",
                clip[row], ", but the scope has ", seeds.size(), " clips");
    uint64_t state = HashSeed(seeds[clip[row]], layer, numbers[clip[row]]++);
    for (int64_t i = 0; i < width; ++i) {
      *out++ = static_cast<double>(MixBits(state += kSplitMix64Step) >> kUnused) * 0x1p-53;
    }
  }
  return uniform;
}

at::Tensor UniformByTensors(const std::vector<uint64_t>& seeds, const at::Tensor& clip_index, uint64_t layer,
                            int64_t width) {
  CheckClips(clip_index);
  const int64_t step = Signed(kSplitMix64Step);
  const std::vector<int64_t> as_signed(seeds.begin(), seeds.end());
  const at::Tensor seed =
      at::tensor(as_signed, at::kLong).to(clip_index.device()).index_select(0, clip_index);
  // HashSeed(seed, layer, number)
  const at::Tensor with_layer = Mixed(Mixed(seed + step) + Signed(layer) + step);
  const at::Tensor state = Mixed(with_layer + NumbersOf(clip_index) + step).unsqueeze(1);
  const at::Tensor steps = at::arange(1, width + 1, clip_index.options()) * step;
  return ShiftedRight(Mixed(state + steps), kUnused).to(at::kDouble) * 0x1p-53;
}

}  // namespace clip_dropout

ClipDropoutScope::ClipDropoutScope(std::vector<uint64_t> seeds)
    : ClipDropoutScope(std::make_shared<const std::vector<uint64_t>>(std::move(seeds))) {}

ClipDropoutScope::ClipDropoutScope(Seeds seeds) : seeds_(std::move(seeds)), outer_(current) {
  current = this;
}

ClipDropoutScope::~ClipDropoutScope() { current = outer_; }

ClipDropoutScope::Seeds ClipDropoutScope::Current() { return current != nullptr ? current->seeds_ : nullptr; }

at::Tensor ClipDropout(const at::Tensor& x, const at::Tensor& clip_index, absl::string_view layer, double p,
                       bool training) {
  const ClipDropoutScope::Seeds seeds = ClipDropoutScope::Current();
  if (seeds == nullptr || !training || !(p > 0 && p < 1) || x.numel() == 0) {
    return at::dropout(x, p, training);
  }
  TORCH_CHECK(x.size(0) == clip_index.size(0), "ClipDropout: ", x.size(0), " rows and ", clip_index.size(0),
              " clips of rows");
  const at::Tensor uniform = Uniform(*seeds, clip_index, layer, x.numel() / x.size(0));
  const at::Tensor kept = (uniform >= p).to(x.scalar_type()).div_(1 - p).view(x.sizes());
  return x * kept.contiguous(x.suggest_memory_format());
}

at::Tensor ClipUniform(const at::Tensor& clip_index, absl::string_view layer) {
  const ClipDropoutScope::Seeds seeds = ClipDropoutScope::Current();
  if (seeds == nullptr) return at::rand(clip_index.sizes(), clip_index.options().dtype(at::kFloat));
  return Uniform(*seeds, clip_index, layer, 1).squeeze(1).to(at::kFloat);
}

uint64_t ClipSeed(uint64_t seed, absl::string_view video, int64_t second) {
  return HashSeed(seed, HashOf(video), static_cast<uint64_t>(second));
}

}  // namespace mrsn::ops
