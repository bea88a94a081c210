// The data that a model reads and the features that it gives, without LibTorch.
//
//   MRSN_ASSIGN_OR_RETURN(const ModelNeeds needs, NeedsOf(experiment.model()));  // model_options.h
//   if (needs.flow && !data.has_flow()) ...
//
// Whoever must match a model with data (checks of experiments, the preflight, counts, speed, the
// trainer) reads these structs, and never the fields of ModelConfig.
#ifndef MRSN_MRSN_MODEL_NEEDS_H_
#define MRSN_MRSN_MODEL_NEEDS_H_

#include <cstdint>
#include <optional>
#include <tuple>

namespace mrsn {

// The bank of features of other seconds of the clip's video.
struct BankNeeds {
  int64_t radius = 0;  // seconds before and after the clip; at least 1
  int64_t width = 0;   // of an entry's features
  // The head writes the entries itself, also while it is trained (AIA's memory), and reads none of the
  // clip's own second. Otherwise another experiment's trained model writes the bank.
  bool own_memory = false;

  // How many seconds of the window have entries.
  int64_t seconds() const { return 2 * radius + (own_memory ? 0 : 1); }
};

struct HeadNeeds {
  int64_t classes = 0;            // K
  int64_t relation_width = 0;     // g, the width of the features G it gives; 0: none
  bool objects = false;           // reads boxes of objects where the data has any
  std::optional<BankNeeds> bank;  // nothing: reads no bank
};

// The frames that a backbone reads beside those of the slow pathway.
struct BackboneNeeds {
  int64_t alpha = 0;  // fast frames per slow frame; 0: reads no fast frames
  bool flow = false;  // reads optical flow
};

// How classes exclude each other.
enum class ClassLoss {
  kBce,      // a sigmoid per class
  kSoftmax,  // one class per person
};

// The rest, which a detector that finds persons itself decides.
struct DetectorNeeds {
  bool boxes = true;      // scores persons' boxes that are given; false: finds persons itself
  bool tubelets = false;  // is trained on each person's box in every slow frame
  std::optional<int64_t>
      frames;  // slow frames of every clip; nothing: any number that frames_multiple divides
  int64_t frames_multiple = 1;
  std::optional<ClassLoss> loss;  // the only loss it is trained with; nothing: either
};

struct ModelNeeds : HeadNeeds, BackboneNeeds, DetectorNeeds {};

// Of a head on a backbone.
inline ModelNeeds NeedsOf(const HeadNeeds& head, const BackboneNeeds& backbone) {
  ModelNeeds needs;
  static_cast<HeadNeeds&>(needs) = head;
  static_cast<BackboneNeeds&>(needs) = backbone;
  return needs;
}

bool operator==(const BankNeeds& a, const BankNeeds& b);
bool operator==(const ModelNeeds& a, const ModelNeeds& b);

// Each function names all fields of its struct: the compiler refuses a field that is missing here.
inline auto FieldsOf(const HeadNeeds& needs) {
  const auto& [classes, relation_width, objects, bank] = needs;
  return std::tie(classes, relation_width, objects, bank);
}
inline auto FieldsOf(const BackboneNeeds& needs) {
  const auto& [alpha, flow] = needs;
  return std::tie(alpha, flow);
}
inline auto FieldsOf(const DetectorNeeds& needs) {
  const auto& [boxes, tubelets, frames, frames_multiple, loss] = needs;
  return std::tie(boxes, tubelets, frames, frames_multiple, loss);
}

}  // namespace mrsn

#endif  // MRSN_MRSN_MODEL_NEEDS_H_
