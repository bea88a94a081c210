// The properties of every head, and the helpers of their tests.
#ifndef MRSN_MRSN_BASELINES_TESTING_HEAD_TEST_H_
#define MRSN_MRSN_BASELINES_TESTING_HEAD_TEST_H_

#include <ATen/ATen.h>

#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "mrsn/head/relation_head.h"
#include "mrsn/testing/compare.h"
#include "mrsn/testing/head_input.h"
#include "mrsn/testing/seeded_test.h"
#include "mrsn/testing/tap_named.h"
#include "mrsn/testing/variables.h"

namespace mrsn::baselines {

inline at::Tensor Rows(const at::Tensor& clips, int64_t clip) { return (clips == clip).nonzero().squeeze(1); }

// What the head would be given if the batch were that clip alone.
inline HeadInput OnlyClip(const HeadInput& input, int64_t clip) {
  const auto rows = [](const at::Tensor& x, const at::Tensor& at) { return x.index_select(0, at); };
  const at::Tensor persons = Rows(input.clip_index, clip), entries = Rows(input.bank.clip_index, clip),
                   objects = Rows(input.object_clip_index, clip);
  HeadInput only;
  only.features = input.features.slice(0, clip, clip + 1);
  only.boxes = rows(input.boxes, persons);
  only.clip_index = at::zeros_like(persons);
  SetRois(&only);
  only.bank = {rows(input.bank.features, entries), at::zeros_like(entries), rows(input.bank.offset, entries)};
  only.objects = rows(input.objects, objects);
  only.object_clip_index = at::zeros_like(objects);
  return only;
}

// Batch or not, clip by clip: the same to rounding. A single person is among the clips.
inline void ExpectClipsDoNotInfluenceEachOther(RelationHead& head, const HeadInput& input) {
  const HeadOutput together = head.Forward(input);
  for (int64_t clip = 0; clip < input.features.size(0); ++clip) {
    const at::Tensor persons = Rows(input.clip_index, clip);
    if (persons.size(0) == 0) continue;
    const HeadOutput alone = head.Forward(OnlyClip(input, clip));
    EXPECT_TRUE(Close(alone.logits, together.logits.index_select(0, persons), 1e-10)) << "clip " << clip;
    EXPECT_TRUE(Close(alone.G, together.G.index_select(0, persons), 1e-10)) << "clip " << clip;
  }
}

// Persons, bank entries and objects in another order: persons' results in that order.
inline void ExpectOrderDoesNotMatter(RelationHead& head, const HeadInput& input) {
  const at::Tensor order = at::tensor({2, 0, 1, 3, 5, 4, 6}, at::kLong);  // within each clip
  const at::Tensor entries = at::tensor({6, 1, 3, 2, 5, 4, 0}, at::kLong);
  const at::Tensor objects = at::tensor({3, 2, 1, 0}, at::kLong);
  HeadInput other = input;
  other.boxes = input.boxes.index_select(0, order);
  SetRois(&other);
  other.bank = {input.bank.features.index_select(0, entries), input.bank.clip_index.index_select(0, entries),
                input.bank.offset.index_select(0, entries)};
  other.objects = input.objects.index_select(0, objects);
  other.object_clip_index = input.object_clip_index.index_select(0, objects);
  EXPECT_TRUE(Close(head.Forward(other).logits, head.Forward(input).logits.index_select(0, order), 1e-10));
}

// Gradients of the logits by central differences: every parameter and input.
inline void ExpectHeadGradientsRight(RelationHead& head, HeadInput input, bool bank, bool objects) {
  std::vector<std::pair<std::string, at::Tensor>> variables = {{"features", input.features}};
  if (bank) variables.emplace_back("bank", input.bank.features);
  if (objects) variables.emplace_back("objects", input.objects);
  for (auto& [name, variable] : variables) variable.set_requires_grad(true);
  for (const auto& parameter : head.named_parameters()) {
    variables.emplace_back(parameter.key(), parameter.value());
  }
  ExpectGradientsRight(
      [&] {
        SetRois(&input);
        return head.Forward(input).logits;
      },
      variables, 3);
}

// `head` has dropout, `without` is the same head with every dropout at 0: in training the
// former is random, the latter what it is in evaluation.
inline void ExpectDropoutInTrainingOnly(RelationHead& head, RelationHead& without, const HeadInput& input) {
  const at::Tensor evaluated = head.Forward(input).logits;
  EXPECT_TRUE(at::equal(head.Forward(input).logits, evaluated));
  head.train();
  EXPECT_FALSE(Close(head.Forward(input).logits, head.Forward(input).logits, 1e-6));
  const at::Tensor expected = without.Forward(input).logits;
  without.train();
  EXPECT_TRUE(at::equal(without.Forward(input).logits, expected));
}

using HeadTest = SeededTest;

}  // namespace mrsn::baselines

#endif  // MRSN_MRSN_BASELINES_TESTING_HEAD_TEST_H_
