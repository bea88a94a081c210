// Dropout whose masks follow from the clips, and not from who computes which part of a batch: a batch that is
// one process's, several processes', cut into parts or sorted by the size of its frames has the same masks.
//
//   ClipDropoutScope scope({ClipSeed(seed, "video", 902), ClipSeed(seed, "video", 903)});
//   x = ClipDropout(x, clip_index, "classifier", 0.5, is_training());  // rows of these two clips
//
// A bit of a mask is a hash of the clip's seed, the name of the layer, the row's number among the rows of its
// clip, and the place in the row. Whoever asks for the same one twice gets the same bit twice.
#ifndef MRSN_OPS_DROPOUT_CLIP_DROPOUT_H_
#define MRSN_OPS_DROPOUT_CLIP_DROPOUT_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/strings/string_view.h"

namespace mrsn::ops {

// at::dropout of x [R,...]. clip_index [R] int64: the clip of each row; the rows of a clip are the same ones
// in the same order in every process, whatever stands between them. `layer` is a name that no other dropout
// of the model has. Without a ClipDropoutScope on this thread it is at::dropout itself.
at::Tensor ClipDropout(const at::Tensor& x, const at::Tensor& clip_index, absl::string_view layer, double p,
                       bool training);

// Uniform in [0,1) for each row, [R] float32 on clip_index's device, for layers that choose rows at random;
// from at::rand without a scope.
at::Tensor ClipUniform(const at::Tensor& clip_index, absl::string_view layer);

// Different for each clip and each `seed`.
uint64_t ClipSeed(uint64_t seed, absl::string_view video, int64_t second);

// While it lives, layers that run on this thread draw the masks of these clips. They nest; the innermost one
// counts.
class ClipDropoutScope {
 public:
  using Seeds = std::shared_ptr<const std::vector<uint64_t>>;

  explicit ClipDropoutScope(std::vector<uint64_t> seeds);  // one for each clip
  explicit ClipDropoutScope(Seeds seeds);                  // those of another scope, or null: none
  ~ClipDropoutScope();
  ClipDropoutScope(const ClipDropoutScope&) = delete;
  ClipDropoutScope& operator=(const ClipDropoutScope&) = delete;

  static Seeds Current();  // of the scope of this thread; null: there is none

 private:
  const Seeds seeds_;
  ClipDropoutScope* const outer_;
};

// The two ways to the same numbers. For tests.
namespace clip_dropout {
// [R,width] float64 in [0,1) on the CPU: in loops, and by operations that every device has.
at::Tensor UniformByLoops(const std::vector<uint64_t>& seeds, const at::Tensor& clip_index, uint64_t layer,
                          int64_t width);
at::Tensor UniformByTensors(const std::vector<uint64_t>& seeds, const at::Tensor& clip_index, uint64_t layer,
                            int64_t width);
}  // namespace clip_dropout

}  // namespace mrsn::ops

#endif  // MRSN_OPS_DROPOUT_CLIP_DROPOUT_H_
