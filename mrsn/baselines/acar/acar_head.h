// ACAR-Net's head (Pan et al. 2021, "Actor-Context-Actor Relation Network for
// Spatio-Temporal Action Localization"); layers, order and settings that the paper
// leaves out from github.com/Siyu-C/ACAR-Net, models/heads/acar.py.
//
//   F_r = conv 1x1 (F)                                        reduced map [B,r,h,w]
//   A_n = max over RoIAlign(F_r)                              person [N,r]
//   F_n = ReLU(conv 3x3 (ReLU(conv 1x1 [F_r, A_n tiled])))    relations of n to the context
//   F_n = max pooling 3x3, stride 2                           [N,c,(h-1)/2 rounded down, ..]
//   H   = HR2O(..HR2O(F))                                     persons of one clip
//   H   = HR2O(H, bank)                                       with the feature bank only
//   logits = [ReLU(A_n W), average of H_n] W'                 no bias in any layer but GN
//
// The actor-context feature bank (ACFB) was never released. Its features are the
// F_n of a trained ACAR head without bank and are not updated (github.com/Siyu-C/
// ACAR-Net/issues/15); what is our own reading:
//   - F_n is stored averaged to a grid of bank_grid x bank_grid cells, so that videos of
//     all sizes have one width, and read by nearest cell; a 16 x 16 map is stored as is
//     with the default of 7;
//   - long-term HR2O layers stand after the short-term ones and take the bank's maps
//     of the window as keys and values;
//   - a clip with an empty window keeps its short-term H.
#ifndef MRSN_MRSN_BASELINES_ACAR_ACAR_HEAD_H_
#define MRSN_MRSN_BASELINES_ACAR_ACAR_HEAD_H_

#include <torch/nn/modules/linear.h>

#include <memory>
#include <optional>
#include <vector>

#include "mrsn/baselines/acar/acar_config.h"
#include "mrsn/baselines/acar/hr2o.h"
#include "mrsn/head/relation_head.h"

namespace mrsn::baselines {

// Needs maps of at least 3 x 3 cells and HeadInput::roi_align. Taps: relations (F_n
// after pooling), high_order (H after all layers).
class AcarHead : public RelationHead {
 public:
  explicit AcarHead(const AcarHeadOptions& options);

  // G: the F_n on the bank's grid, [N, c bank_grid^2] ordered (c, y, x), with and
  // without bank alike.
  HeadOutput Forward(const HeadInput& input, Taps* taps = nullptr) override;
  HeadNeeds needs() const override { return NeedsOf(options_); }

 private:
  at::Tensor BankMaps(const LongTermWindow& bank, at::IntArrayRef size) const;

  AcarHeadOptions options_;
  torch::nn::Conv2d reduce_{nullptr}, relate_{nullptr}, mix_{nullptr};
  std::vector<std::shared_ptr<Hr2o>> short_term_, long_term_;
  torch::nn::Linear actor_{nullptr}, classifier_{nullptr};
};

}  // namespace mrsn::baselines

#endif  // MRSN_MRSN_BASELINES_ACAR_ACAR_HEAD_H_
