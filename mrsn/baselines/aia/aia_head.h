// AIA's head (Tang et al. 2020, "Asynchronous Interaction Aggregation for Action
// Detection"); layers, order and settings the paper leaves out from
// github.com/MVIG-SJTU/AlphAction (IA_structure.py, roi_action_feature_extractor.py,
// config_files/resnet50_4x16f_*.yaml).
//
//   S_n = max over the person's RoI [N,C]; o = S_n W_q                   person query [N,d]
//   keys  persons of the clip (S W_p), objects of the clip (max over their RoI, W_o),
//         memory: the bank's window (W_m), told apart by learnt positions, one a second
//   P, O, M = non-local layers (non_local.h) over those keys
//   serial        o through P, O, M, P, O, M; P's keys are the persons' o so far
//   dense serial  from the third block on, o is a learnt average over all blocks before
//   parallel      P, P and O, O and M, M side by side; the sum of the three
//   G = ReLU(Linear(ReLU(Linear(S + o))));  logits = Linear(dropout(G))
//
// The last block (parallel: each of the last three) leads from d back to C.
//
// Memory, of one of two kinds.
//  - asynchronous_memory, the paper's (sec. 3.3): S of the persons of the other seconds as
//    each was when its clip was last trained on, weighed by how far the loss has gone since
//    (experiments/engine/memory_pool.h); the clip's own second is S itself, without gradient.
//    For evaluation all S are computed first, with the final weights.
//  - a bank of a frozen model (the linear head's S, as LFB has it), the clip's own second
//    included: nothing is written or weighed in training.
//
// Objects. Blocks exist if `objects`; where a clip has none, or nobody detects any, an
// O block adds nothing and what it was given goes on, through W^S if it is a last one.
// The same holds for M and an empty window.
//
// Padding. The public code fills each person's keys up with zero vectors (persons and
// objects to a fixed number a clip, memory to a number a second), and these take part
// in softmax; of more than fit, it draws some at random. Here only what is there is
// seen, unless `padding` asks for that: weights trained there need it. More than fit
// are all seen.
//
// Keys are reduced once per clip, not once per person: the same result and fewer
// multiply-adds than in the public code, where each person has its own 305 memory
// entries.
#ifndef MRSN_MRSN_BASELINES_AIA_AIA_HEAD_H_
#define MRSN_MRSN_BASELINES_AIA_AIA_HEAD_H_

#include <torch/nn/modules/linear.h>

#include <memory>
#include <optional>
#include <vector>

#include "mrsn/baselines/aia/aia_config.h"
#include "mrsn/baselines/non_local.h"
#include "mrsn/head/relation_head.h"
#include "ops/dropout/shared_dropout.h"

namespace mrsn::baselines {

// Taps: interactions (o after the last block [N,C]), G.
class AiaHead : public RelationHead {
 public:
  explicit AiaHead(const AiaHeadOptions& options);
  HeadOutput Forward(const HeadInput& input, Taps* taps = nullptr) override;
  HeadNeeds needs() const override { return NeedsOf(options_); }

 private:
  enum Kind { kPerson, kObject, kMemory };
  struct Block {
    Kind kind;
    std::shared_ptr<NonLocalLayer> layer;
  };
  // Everything the blocks of one Forward() read.
  struct Keys {
    at::Tensor persons;           // [N,d] keys of the first P block
    at::Tensor person_padding;    // [P,d] zeros after the persons in P blocks; P may be 0
    at::Tensor person_log_count;  // [N,N+P]
    NonLocalKeys objects, memory;
  };

  // Whether the bank that the head reads is its own memory (BankNeeds::own_memory).
  bool KeepsMemory() const {
    const std::optional<BankNeeds> bank = needs().bank;
    return bank.has_value() && bank->own_memory;
  }
  at::Tensor Reduce(torch::nn::Linear& reduce, const at::Tensor& features,
                    const std::vector<ops::RowBlock>& rows);
  Keys MakeKeys(const HeadInput& input, const at::Tensor& persons);
  NonLocalKeys Memory(const HeadInput& input, const at::Tensor& persons);
  at::Tensor Run(const Block& block, const at::Tensor& query, const at::Tensor& persons, const Keys& keys);
  at::Tensor Serial(at::Tensor query, const Keys& keys);
  at::Tensor Parallel(const at::Tensor& query, const Keys& keys);

  AiaHeadOptions options_;
  torch::nn::Linear person_query_{nullptr}, person_key_{nullptr}, object_key_{nullptr}, memory_key_{nullptr};
  std::vector<Kind> kinds_;          // P, and O and M if they are there
  std::vector<Block> blocks_;        // in order: repeat by repeat
  std::vector<at::Tensor> mixture_;  // dense serial: [b,d] of block b = 2, 3, ..
  torch::nn::Linear hidden0_{nullptr}, hidden1_{nullptr}, classifier_{nullptr};
};

}  // namespace mrsn::baselines

#endif  // MRSN_MRSN_BASELINES_AIA_AIA_HEAD_H_
