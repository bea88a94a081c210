// The options of MrsnHead, from its message in ModelConfig; without LibTorch.
#ifndef MRSN_MRSN_HEAD_MRSN_HEAD_CONFIG_H_
#define MRSN_MRSN_HEAD_MRSN_HEAD_CONFIG_H_

#include <cstdint>
#include <optional>
#include <variant>

#include "absl/status/statusor.h"
#include "mrsn/head/head_shape.h"
#include "mrsn/head/linear_head_config.h"
#include "mrsn/head/residual.h"
#include "mrsn/model_needs.h"

namespace mrsn {

class MrsnHeadConfig;  // mrsn/model_config.pb.h

enum class ActorToken {
  kMax,      // max over the RoI's cells, Linear(C, d)
  kAverage,  // mean over the RoI's cells, Linear(C, d)
  kFlatten,  // all cells, Linear(C roi_size^2, d)
};

struct MrseOptions {
  int64_t width = 1024;  // d
  int64_t heads = 8;
  int64_t hidden = 1024;  // of every feed-forward layer
  // Layers of each encoder; 0 leaves it out. rse_layers > 0 needs the other two.
  int64_t acre_layers = 1, aare_layers = 1, rse_layers = 1;
  Residual residual = Residual::kBranch;
};

struct MrsnLongTermOptions {
  int64_t window_seconds = 10;
  int64_t inner_width = 1024;
  bool distance_embedding = true, own_second = true;
  int64_t bank_width = 0;  // of features that are not G; 0: the bank holds G
};

struct MrsnHeadOptions {
  int64_t channels = 2048;  // C
  int64_t classes = 80;     // K
  int64_t roi_size = 7;
  int64_t support_size = 16;  // S
  int64_t patch_size = 2;     // p
  ActorToken actor_token = ActorToken::kMax;
  MrseOptions mrse;  // at least one of ACRE and AARE
  int64_t blocks = 1;
  std::optional<MrsnLongTermOptions> long_term;  // MRSN_L; without, MRSN_S
  int64_t mlp_layers = 2;
  double dropout = 0.5;
  bool position_in_aare = true;   // E_A^n of Eq. 3
  bool position_in_acre = false;  // a place's embedding beside E_A
};

// Without ACRE and AARE (the first row of Table 4) the linear head is left.
using MrsnOrLinearHeadOptions = std::variant<MrsnHeadOptions, LinearHeadOptions>;

// InvalidArgument names the field ("model.mrsn.patch_size"), its value and what is allowed.
absl::StatusOr<MrsnOrLinearHeadOptions> ReadHead(const MrsnHeadConfig& config, const HeadShape& shape);

// Whether an option departs from the paper: one of Variations or of the last three of MrsnLongTermOptions.
bool DepartsFromPaper(const MrsnHeadOptions& options);

// G is 3 d wide; with ACRE only 2 d, with AARE only d.
HeadNeeds NeedsOf(const MrsnHeadOptions& options);

}  // namespace mrsn

#endif  // MRSN_MRSN_HEAD_MRSN_HEAD_CONFIG_H_
