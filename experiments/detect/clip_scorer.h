// Scores the persons of single clips with an experiment's model. The header brings no LibTorch.
#ifndef MRSN_EXPERIMENTS_DETECT_CLIP_SCORER_H_
#define MRSN_EXPERIMENTS_DETECT_CLIP_SCORER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "datasets/dataset.h"
#include "experiments/config/config.h"
#include "experiments/detect/detected_video.h"
#include "mrsn/bank/relation_bank.h"
#include "mrsn/model_needs.h"

namespace mrsn::experiments {

struct ClipScorerOptions {
  // A file with the model's weights, ours or another framework's (mrsn/checkpoint/load_checkpoint.h), or
  // "random:<seed>" for fresh ones.
  std::string checkpoint;
  int classes = 0;             // that the scores are meant for; the model must have as many
  std::string device = "cpu";  // as DeviceNamed (ops/device/device_name.h) reads it
  int threads = 1;             // of one LibTorch operation
  bool relations = false;      // also say what the model looks at; needs the paper's head
};

// What a bank holds of the persons of one clip.
struct BankFeatures {
  int64_t width = 0;          // g
  std::vector<float> values;  // [N, g] row-major
};

class ClipScorer {
 public:
  // InvalidArgument for weights that do not fit; for a model that has another number of classes, finds
  // persons itself, or reads optical flow.
  static absl::StatusOr<std::unique_ptr<ClipScorer>> Make(const ResolvedExperiment& resolved,
                                                          const ClipScorerOptions& options);
  virtual ~ClipScorer() = default;

  // Of the sample's N >= 1 persons, in evaluation mode: the scores of an evaluation of the same clip. With a
  // bank, sample.keyframe names the second whose window is read. Errors: frames that are too small for the
  // model, no memory, a bank that cannot be read.
  virtual absl::StatusOr<ScoredClip> Score(datasets::Sample sample) = 0;

  // What the model writes into a bank: relation features, or the memory of a head that keeps its own.
  virtual absl::StatusOr<BankFeatures> Features(datasets::Sample sample) = 0;

  // From now on windows come from this bank; null: all windows are empty. It must outlive the calls of Score.
  virtual void ReadBank(const RelationBank* bank) = 0;

  virtual const ModelNeeds& needs() const = 0;
  virtual std::string WeightsHash() const = 0;  // SHA-256, as results name weights
};

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_DETECT_CLIP_SCORER_H_
