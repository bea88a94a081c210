#include "experiments/engine/memory_pool.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace mrsn::experiments {
namespace {

constexpr char kIndices[] = "memory.indices";    // [E] int64, of the key frames that have entries
constexpr char kCounts[] = "memory.counts";      // [E] int64, their persons
constexpr char kLosses[] = "memory.losses";      // [E] float64
constexpr char kFeatures[] = "memory.features";  // [sum of counts, width] float16
constexpr char kLoss[] = "memory.loss";          // [1] float64

// min(a / b, b / a).
double Likeness(double a, double b) {
  const double larger = std::max(a, b);
  return larger > 0 ? std::min(a, b) / larger : 1;
}

at::Tensor Longs(const std::vector<int64_t>& values) { return at::tensor(values, at::kLong); }

bool Is(const at::Tensor& tensor, at::ScalarType type, at::IntArrayRef sizes) {
  return tensor.scalar_type() == type && tensor.sizes() == sizes;
}

}  // namespace

MemoryPool::MemoryPool(const datasets::Dataset& dataset, int64_t width, int64_t radius)
    : width_(width), radius_(radius) {
  for (int64_t i = 0; i < dataset.size(); ++i) keyframes_.push_back(dataset.keyframe(i));
  std::sort(keyframes_.begin(), keyframes_.end());
  entries_.resize(keyframes_.size());
}

LongTermWindow MemoryPool::Windows(const std::vector<Keyframe>& keyframes) const {
  std::vector<at::Tensor> features = {at::empty({0, width_})};
  std::vector<int64_t> clips, offsets;
  for (size_t clip = 0; clip < keyframes.size(); ++clip) {
    const Keyframe& now = keyframes[clip];
    const Keyframe first{now.video, now.timestamp - radius_};
    for (size_t i = std::lower_bound(keyframes_.begin(), keyframes_.end(), first) - keyframes_.begin();
         i < keyframes_.size() && keyframes_[i].video == now.video &&
         keyframes_[i].timestamp <= now.timestamp + radius_;
         ++i) {
      const Entry& entry = entries_[i];
      const int64_t offset = (keyframes_[i].timestamp - now.timestamp).Rounded();
      if (!entry.features.defined() || offset == 0) continue;
      features.push_back(entry.features.to(at::kFloat) * Likeness(loss_, entry.loss));
      clips.insert(clips.end(), entry.features.size(0), clip);
      offsets.insert(offsets.end(), entry.features.size(0), offset);
    }
  }
  return {at::cat(features), Longs(clips), Longs(offsets)};
}

absl::Status MemoryPool::Write(const std::vector<Keyframe>& keyframes, const at::Tensor& clip_index,
                               const at::Tensor& features, double loss) {
  TORCH_CHECK(features.dim() == 2 && features.size(0) == clip_index.size(0) && features.size(1) == width_,
              "memory: expected [", clip_index.size(0), ",", width_, "], got ", features.sizes());
  const at::Tensor held = features.detach().cpu().to(at::kHalf);
  if (!held.isfinite().all().item<bool>()) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "memory: a feature of one of %d clips (first %s second %s) is larger than float16's 65504",
        keyframes.size(), keyframes[0].video, keyframes[0].timestamp.Text()));
  }
  const at::Tensor clips = clip_index.cpu();
  for (size_t clip = 0; clip < keyframes.size(); ++clip) {
    const auto found = std::lower_bound(keyframes_.begin(), keyframes_.end(), keyframes[clip]);
    TORCH_CHECK(found != keyframes_.end() && *found == keyframes[clip], "memory: no key frame ",
                keyframes[clip].video, " ", keyframes[clip].timestamp);
    const at::Tensor rows = (clips == static_cast<int64_t>(clip)).nonzero().squeeze(1);
    entries_[found - keyframes_.begin()] = {held.index_select(0, rows), loss, /*changed=*/true};
  }
  loss_ = loss;
  return absl::OkStatus();
}

MemoryPool::Changes MemoryPool::TakeChanges() {
  int64_t all = 0, changed = 0;
  for (const Entry& entry : entries_) {
    all += entry.features.defined();
    changed += entry.changed;
  }
  Changes taken;
  taken.whole = saved_ == 0 || saved_ + changed > 2 * all;
  saved_ = taken.whole ? all : saved_ + changed;
  std::vector<int64_t> indices, counts;
  std::vector<double> losses;
  std::vector<at::Tensor> features = {at::empty({0, width_}, at::kHalf)};
  for (size_t i = 0; i < entries_.size(); ++i) {
    Entry& entry = entries_[i];
    if (taken.whole ? !entry.features.defined() : !entry.changed) continue;
    entry.changed = false;
    indices.push_back(i);
    counts.push_back(entry.features.size(0));
    losses.push_back(entry.loss);
    features.push_back(entry.features);
  }
  taken.tensors = {{kIndices, Longs(indices)},
                   {kCounts, Longs(counts)},
                   {kLosses, at::tensor(losses, at::kDouble)},
                   {kFeatures, at::cat(features)},
                   {kLoss, at::tensor({loss_}, at::kDouble)}};
  return taken;
}

absl::Status MemoryPool::Apply(const std::string& origin, const std::map<std::string, at::Tensor>& tensors) {
  std::map<std::string, at::Tensor> state;
  for (const char* name : {kIndices, kCounts, kLosses, kFeatures, kLoss}) {
    const auto found = tensors.find(name);
    if (found == tensors.end()) {
      return absl::DataLossError(absl::StrCat(origin, ": holds no tensor '", name, "'"));
    }
    state.insert(*found);
  }
  const auto wrong = [&](const char* name, const std::string& what) {
    return absl::DataLossError(absl::StrCat(origin, ": tensor '", name, "' ", what));
  };
  const int64_t count = state[kIndices].numel();
  if (!Is(state[kIndices], at::kLong, {count})) return wrong(kIndices, "is no list of int64");
  if (!Is(state[kCounts], at::kLong, {count})) return wrong(kCounts, "does not fit 'memory.indices'");
  if (!Is(state[kLosses], at::kDouble, {count})) return wrong(kLosses, "does not fit 'memory.indices'");
  if (!Is(state[kLoss], at::kDouble, {1})) return wrong(kLoss, "is not one float64");
  const auto indices = state[kIndices].accessor<int64_t, 1>(), counts = state[kCounts].accessor<int64_t, 1>();
  const auto losses = state[kLosses].accessor<double, 1>();
  int64_t rows = 0;
  for (int64_t e = 0; e < count; ++e) {
    if (indices[e] < 0 || indices[e] >= static_cast<int64_t>(entries_.size())) {
      return wrong(kIndices, absl::StrFormat("names key frame %d of %d", indices[e],
                                             static_cast<int>(entries_.size())));
    }
    if (counts[e] < 0) return wrong(kCounts, absl::StrCat("holds ", counts[e]));
    rows += counts[e];
  }
  if (!Is(state[kFeatures], at::kHalf, {rows, width_})) {
    return wrong(kFeatures, absl::StrFormat("is not float16 of shape [%d,%d]", rows, width_));
  }
  rows = 0;
  for (int64_t e = 0; e < count; ++e) {
    // Each entry is a copy: entries are replaced one by one, and a view would keep the whole tensor alive.
    entries_[indices[e]] = {state[kFeatures].narrow(0, rows, counts[e]).clone(), losses[e]};
    rows += counts[e];
  }
  loss_ = state[kLoss].item<double>();
  saved_ += count;
  return absl::OkStatus();
}

}  // namespace mrsn::experiments
