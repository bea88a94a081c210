// AIA's head against plain loops, the public code's tensors, and invariances.
#include "mrsn/baselines/aia/aia_head.h"

#include <ATen/ATen.h>

#include <map>
#include <memory>
#include <string>

#include "gtest/gtest.h"
#include "mrsn/baselines/testing/golden.h"
#include "mrsn/baselines/testing/head_test.h"
#include "mrsn/baselines/testing/reference.h"

namespace mrsn::baselines {
namespace {

constexpr int64_t kChannels = 5, kBankWidth = 4;

AiaHeadOptions Small(AiaStructure structure) {
  AiaHeadOptions options;
  options.channels = kChannels;
  options.classes = 3;
  options.bank_width = kBankWidth;
  options.structure = structure;
  options.width = 6;
  options.window_seconds = 2;
  options.mlp_width = 4;
  return options;
}

std::vector<AiaHeadOptions> Variants() {
  std::vector<AiaHeadOptions> variants;
  for (const AiaStructure structure :
       {AiaStructure::kSerial, AiaStructure::kDenseSerial, AiaStructure::kParallel}) {
    variants.push_back(Small(structure));
    variants.push_back(Small(structure));
    variants.back().padding = {4, 3, 2};
    variants.push_back(Small(structure));
    variants.back().objects = false;
    variants.back().repeats = 3;
    variants.push_back(Small(structure));
    variants.back().memory = false;
    variants.push_back(Small(structure));
    variants.back().objects = variants.back().memory = false;
  }
  return variants;
}

// The definition once more, person by person; padding is written out.
class Reference {
 public:
  Reference(const AiaHead& head, const AiaHeadOptions& options, const HeadInput& input)
      : weights_(head), options_(options), input_(input), persons_(input.clip_index.size(0)) {
    for (int64_t n = 0; n < persons_; ++n) {
      pooled_.push_back(MaxOver(input.actors[n]));
      Matrix objects, memory;
      std::vector<int64_t> positions;
      for (int64_t o = 0; o < input.object_clip_index.size(0); ++o) {
        if (Clip(input.object_clip_index, o) == Person(n)) {
          objects.push_back(MaxOver(input.objects[o]));
        }
      }
      while (objects.size() < static_cast<size_t>(options.padding.objects)) {
        objects.push_back(Row(kChannels, 0.0));
      }
      for (int64_t s = 0; s <= 2 * options.window_seconds; ++s) {
        int64_t here = 0;
        for (int64_t m = 0; m < input.bank.clip_index.size(0); ++m) {
          if (Clip(input.bank.clip_index, m) != Person(n)) continue;
          if (input.bank.offset[m].item<int64_t>() != s - options.window_seconds) continue;
          memory.push_back(FromTensor(input.bank.features)[m]);
          positions.push_back(s);
          ++here;
        }
        for (; here < options.padding.memory_per_second; ++here) {
          memory.push_back(Row(kBankWidth, 0.0));
          positions.push_back(s);
        }
      }
      if (options.memory) {
        for (Row& row : memory) row = Linear(weights_.In("memory_key."), row);
      }
      if (options.objects) {
        for (Row& row : objects) row = Linear(weights_.In("object_key."), row);
      }
      objects_.push_back(objects);
      memory_.push_back(memory);
      positions_.push_back(positions);
    }
  }

  at::Tensor Logits() const {
    Matrix query, keys;
    for (const Row& pooled : pooled_) {
      query.push_back(Linear(weights_.In("person_query."), pooled));
      keys.push_back(Linear(weights_.In("person_key."), pooled));
    }
    std::vector<std::string> kinds = {"person"};
    if (options_.objects) kinds.push_back("object");
    if (options_.memory) kinds.push_back("memory");
    Matrix sum;
    if (options_.structure == AiaStructure::kParallel) {
      for (const std::string& kind : kinds) {
        Matrix o = query, person_keys = keys;
        for (int64_t repeat = 0; repeat < options_.repeats; ++repeat) {
          o = Block(kind, repeat, o, person_keys);
          person_keys = o;
        }
        for (int64_t n = 0; n < persons_; ++n) {
          if (sum.size() <= static_cast<size_t>(n)) {
            sum.push_back(o[n]);
          } else {
            sum[n] = reference::Add(sum[n], o[n]);
          }
        }
      }
    } else {
      std::vector<Matrix> history;
      for (int64_t repeat = 0; repeat < options_.repeats; ++repeat) {
        for (const std::string& kind : kinds) {
          if (options_.structure == AiaStructure::kDenseSerial && history.size() >= 2) {
            query = keys = Mixed(history);
          }
          query = keys = Block(kind, repeat, query, keys);
          history.push_back(query);
        }
      }
      sum = query;
    }
    Matrix logits;
    for (int64_t n = 0; n < persons_; ++n) {
      Row g = reference::Add(pooled_[n], sum[n]);
      for (const char* layer : {"hidden0.", "hidden1."}) {
        g = Linear(weights_.In(layer), g);
        for (double& value : g) value = std::max(value, 0.0);
      }
      logits.push_back(Linear(weights_.In("classifier."), g));
    }
    return ToTensor(logits);
  }

 private:
  static int64_t Clip(const at::Tensor& clips, int64_t i) { return clips[i].item<int64_t>(); }
  int64_t Person(int64_t n) const { return Clip(input_.clip_index, n); }

  Matrix Mixed(const std::vector<Matrix>& history) const {
    const Matrix& mixture = weights_.At("mixture" + std::to_string(history.size()));
    Matrix mixed(persons_, Row(options_.width, 0.0));
    for (int64_t i = 0; i < options_.width; ++i) {
      double total = 0;
      for (const Row& row : mixture) total += std::exp(row[i]);
      for (int64_t n = 0; n < persons_; ++n) {
        for (size_t b = 0; b < history.size(); ++b) {
          mixed[n][i] += std::exp(mixture[b][i]) / total * history[b][n][i];
        }
      }
    }
    return mixed;
  }

  Matrix Block(const std::string& kind, int64_t repeat, const Matrix& query,
               const Matrix& person_keys) const {
    const Weights layer = weights_.In(kind + std::to_string(repeat) + ".");
    Matrix result;
    for (int64_t n = 0; n < persons_; ++n) {
      if (kind == "object") {
        result.push_back(NonLocal(layer, query[n], objects_[n]));
      } else if (kind == "memory") {
        result.push_back(NonLocal(layer, query[n], memory_[n], positions_[n]));
      } else {
        Matrix keys;
        for (int64_t m = 0; m < persons_; ++m) {
          if (Person(m) == Person(n)) keys.push_back(person_keys[m]);
        }
        while (keys.size() < static_cast<size_t>(options_.padding.persons)) {
          keys.push_back(Row(options_.width, 0.0));
        }
        result.push_back(NonLocal(layer, query[n], keys));
      }
    }
    return result;
  }

  Weights weights_;
  AiaHeadOptions options_;
  const HeadInput& input_;
  int64_t persons_;
  Matrix pooled_;
  std::vector<Matrix> objects_, memory_;
  std::vector<std::vector<int64_t>> positions_;
};

using AiaHeadTest = HeadTest;

TEST_F(AiaHeadTest, EveryStructureEqualsThePlainLoops) {
  for (const AiaHeadOptions& options : Variants()) {
    const auto head = Scrambled(std::make_shared<AiaHead>(options));
    const HeadInput input = RandomHeadInput(kChannels, kBankWidth);
    const HeadOutput output = head->Forward(input);
    EXPECT_TRUE(Close(output.logits, Reference(*head, options, input).Logits(), 1e-11));
    EXPECT_EQ(output.G.size(1), head->needs().relation_width);
    ASSERT_EQ(head->needs().bank.has_value(), options.memory);
    if (options.memory) {
      EXPECT_EQ(head->needs().bank->width, kBankWidth);
      EXPECT_EQ(head->needs().bank->radius, 2);
    }
    EXPECT_EQ(head->needs().objects, options.objects);
  }
}

TEST_F(AiaHeadTest, GradientsAreRight) {
  for (AiaHeadOptions options :
       {Small(AiaStructure::kSerial), Small(AiaStructure::kDenseSerial), Small(AiaStructure::kParallel)}) {
    options.padding = {4, 3, 2};
    const auto head = Scrambled(std::make_shared<AiaHead>(options));
    ExpectHeadGradientsRight(*head, RandomHeadInput(kChannels, kBankWidth), true, true);
  }
}

TEST_F(AiaHeadTest, ClipsDoNotInfluenceEachOtherNorDoesOrder) {
  for (const AiaHeadOptions& options : Variants()) {
    const auto head = Scrambled(std::make_shared<AiaHead>(options));
    const HeadInput input = RandomHeadInput(kChannels, kBankWidth);
    ExpectClipsDoNotInfluenceEachOther(*head, input);
    ExpectOrderDoesNotMatter(*head, input);
  }
}

// No objects anywhere: as if the clips had none, which is what the tensors left out mean.
TEST_F(AiaHeadTest, MissingObjectsAndAnEmptyBankAreNothing) {
  for (const AiaHeadOptions& options : Variants()) {
    const auto head = Scrambled(std::make_shared<AiaHead>(options));
    HeadInput input = RandomHeadInput(kChannels, kBankWidth);
    const at::Tensor longs = at::empty({0}, at::kLong);
    input.objects = at::empty({0, kChannels, 3, 3}, at::kDouble);
    input.object_clip_index = longs;
    input.bank = {at::empty({0, kBankWidth}, at::kDouble), longs, longs};
    const at::Tensor expected = Reference(*head, options, input).Logits();
    EXPECT_TRUE(Close(head->Forward(input).logits, expected, 1e-11));
    input.objects = input.object_clip_index = at::Tensor();
    input.bank = {};
    EXPECT_TRUE(Close(head->Forward(input).logits, expected, 1e-11));
  }
}

std::shared_ptr<AiaHead> WithWeightsOf(const AiaHead& head, const AiaHeadOptions& options) {
  const auto copy = Scrambled(std::make_shared<AiaHead>(options));
  at::NoGradGuard no_grad;
  for (const auto& item : head.named_parameters()) copy->named_parameters()[item.key()].copy_(item.value());
  return copy;
}

// With a memory of its own: as if the bank held the persons' own features for the clip's second.
TEST_F(AiaHeadTest, ItsOwnSecondOfTheMemoryIsWhatItPools) {
  for (AiaHeadOptions options : Variants()) {
    if (!options.memory) continue;
    options.bank_width = kChannels;
    const auto with_bank = Scrambled(std::make_shared<AiaHead>(options));
    options.asynchronous_memory = true;
    const auto with_memory = WithWeightsOf(*with_bank, options);
    EXPECT_TRUE(with_memory->needs().bank->own_memory);
    EXPECT_FALSE(with_bank->needs().bank->own_memory);
    HeadInput input = RandomHeadInput(kChannels, kChannels);
    const at::Tensor pooled = MaxPoolRoi(input.actors);
    for (const bool empty : {false, true}) {
      if (empty) input.bank = {};
      HeadInput filled = input;
      filled.bank.features = empty ? pooled : at::cat({input.bank.features, pooled});
      filled.bank.clip_index = empty ? input.clip_index : at::cat({input.bank.clip_index, input.clip_index});
      const at::Tensor now = at::zeros_like(input.clip_index);
      filled.bank.offset = empty ? now : at::cat({input.bank.offset, now});
      const HeadOutput remembering = with_memory->Forward(input), reading = with_bank->Forward(filled);
      EXPECT_TRUE(Close(remembering.logits, reading.logits, 1e-12));
      EXPECT_TRUE(at::equal(remembering.memory, pooled));
      EXPECT_FALSE(reading.memory.defined());
      if (empty) continue;
      ExpectOrderDoesNotMatter(*with_memory, input);
      ExpectClipsDoNotInfluenceEachOther(*with_memory, input);
    }
  }
}

// The memory is of the past: nothing is learnt through it.
TEST_F(AiaHeadTest, NoGradientGoesThroughTheMemory) {
  AiaHeadOptions options = Small(AiaStructure::kSerial);
  options.bank_width = kChannels;
  options.asynchronous_memory = true;
  const auto head = Scrambled(std::make_shared<AiaHead>(options));
  HeadInput input = RandomHeadInput(kChannels, kChannels), filled = input;
  options.asynchronous_memory = false;
  const auto reader = WithWeightsOf(*head, options);
  input.actors = input.actors.detach().requires_grad_();
  filled.actors = input.actors.detach().requires_grad_();
  filled.bank = {at::cat({input.bank.features, MaxPoolRoi(input.actors).detach()}),
                 at::cat({input.bank.clip_index, input.clip_index}),
                 at::cat({input.bank.offset, at::zeros_like(input.clip_index)})};
  const HeadOutput output = head->Forward(input);
  output.logits.square().sum().backward();
  reader->Forward(filled).logits.square().sum().backward();
  EXPECT_TRUE(Close(input.actors.grad(), filled.actors.grad(), 1e-11));
  EXPECT_FALSE(output.memory.requires_grad());
}

TEST_F(AiaHeadTest, DropsOutInTrainingOnly) {
  AiaHeadOptions layers = Small(AiaStructure::kSerial), classifier = layers, none = layers;
  layers.dropout = classifier.layer_dropout = none.dropout = none.layer_dropout = 0;
  const HeadInput input = RandomHeadInput(kChannels, kBankWidth);
  for (const AiaHeadOptions& options : {layers, classifier}) {
    ExpectDropoutInTrainingOnly(*Scrambled(std::make_shared<AiaHead>(options)),
                                *Scrambled(std::make_shared<AiaHead>(none)), input);
  }
}

TEST_F(AiaHeadTest, RefusesWhatDoesNotFit) {
  const auto head = Scrambled(std::make_shared<AiaHead>(Small(AiaStructure::kSerial)));
  EXPECT_THROW(head->Forward(RandomHeadInput(kChannels, kBankWidth + 1)), c10::Error);
  HeadInput input = RandomHeadInput(kChannels, kBankWidth);
  input.bank.offset = input.bank.offset * 2;  // beyond the window
  EXPECT_ANY_THROW(head->Forward(input));
}

// The public code's tensors: two clips with 3 + 1 persons and 2 + 0 objects, padded to
// 6 persons and 3 objects; 5 seconds of memory with 2 entries each.
TEST_F(AiaHeadTest, StructuresMatchGolden) {
  const std::map<std::string, AiaStructure> structures = {{"aia_serial/", AiaStructure::kSerial},
                                                          {"aia_dense/", AiaStructure::kDenseSerial},
                                                          {"aia_parallel/", AiaStructure::kParallel}};
  const PublicNames names = {"alphaction", "roi_heads.action.feature_extractor.ia_structure.", "head."};
  for (const auto& [name, structure] : structures) {
    AiaHeadOptions options;
    options.channels = options.bank_width = 24;
    options.structure = structure;
    options.width = 16;
    options.window_seconds = 2;
    options.padding = {6, 3, 2};
    AiaHead head(options);
    head.eval();
    for (const std::string& missing : LoadGolden(head, name, names)) {
      EXPECT_TRUE(missing.find("hidden") == 0 || missing.find("classifier") == 0) << missing;
    }
    HeadInput input;
    const at::Tensor person = Golden()[name + "in/person"].clone().set_requires_grad(true);
    const at::Tensor object = Golden()[name + "in/obj"].clone().set_requires_grad(true);
    const at::Tensor memory = Golden()[name + "in/mem"].clone().set_requires_grad(true);
    input.features = at::zeros({2, 24, 1, 1});  // only the number of clips is read
    input.actors = person.squeeze(2);
    input.clip_index = at::tensor({0, 0, 0, 1}, at::kLong);
    input.objects = object.squeeze(2);
    input.object_clip_index = at::tensor({0, 0}, at::kLong);
    const at::Tensor seconds = (at::arange(5, at::kLong) - 2).repeat_interleave(2);
    input.bank = {memory.view({20, 24}), at::arange(2, at::kLong).repeat_interleave(10), seconds.repeat({2})};
    Taps taps;
    head.Forward(input, &taps);
    const at::Tensor out = TapNamed(taps, "interactions");
    EXPECT_TRUE(Close(out, Golden()[name + "out"].view({4, 24}), 2e-5)) << name;
    out.backward(Golden()[name + "gout"].view({4, 24}));
    ExpectGoldenGradients(head, {{"person", person}, {"obj", object}, {"mem", memory}}, name, names, 5e-5);
  }
}

}  // namespace
}  // namespace mrsn::baselines
