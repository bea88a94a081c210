// The paper's head: tokens (Eq. 1, 3), MRSE blocks (Eq. 2-6), and short- or
// long-term consensus (Eq. 7, 8).
#ifndef MRSN_MRSN_HEAD_MRSN_HEAD_H_
#define MRSN_MRSN_HEAD_MRSN_HEAD_H_

#include <memory>
#include <optional>
#include <vector>

#include "mrsn/head/actor_position.h"
#include "mrsn/head/consensus_mlp.h"
#include "mrsn/head/mrse.h"
#include "mrsn/head/mrsn_head_config.h"
#include "mrsn/head/rcm_long.h"
#include "mrsn/head/rcm_short.h"
#include "mrsn/head/relation_head.h"
#include "mrsn/head/token_embedder.h"

namespace mrsn {

// Taps, in this order and if computed: R_context, R_actor, X, Y, G, G_long.
class MrsnHead : public RelationHead {
 public:
  explicit MrsnHead(const MrsnHeadOptions& options);

  // G is Eq. 7's, before long-term support, so that MRSN_S and MRSN_L store the same.
  HeadOutput Forward(const HeadInput& input, Taps* taps = nullptr) override;
  HeadNeeds needs() const override { return NeedsOf(options_); }
  const MrsnHeadOptions& options() const { return options_; }

 private:
  MrsnHeadOptions options_;
  std::shared_ptr<TokenEmbedder> embedder_;
  std::shared_ptr<ActorPosition> actor_position_;  // with AARE
  std::shared_ptr<ActorPosition> acre_position_;   // with position_in_acre
  std::vector<std::shared_ptr<Mrse>> blocks_;
  std::shared_ptr<LongTermSupport> long_term_;
  std::shared_ptr<ConsensusMlp> mlp_;
};

}  // namespace mrsn

#endif  // MRSN_MRSN_HEAD_MRSN_HEAD_H_
