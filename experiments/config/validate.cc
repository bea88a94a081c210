#include "experiments/config/validate.h"

#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "eval/protocol.h"
#include "ops/base/status_macros.h"

namespace mrsn::experiments {
namespace {

// Keeps the first field out of range.
class Ranges {
 public:
  Ranges(const std::string& origin, const FieldPlaces& places) : origin_(origin), places_(places) {}

  void Check(const std::string& field, bool allowed, const std::string& value, absl::string_view expected) {
    if (allowed || !status_.ok()) return;
    status_ = absl::InvalidArgumentError(absl::StrFormat(
        "%s: %s is %s; allowed: %s", PlaceOf(places_, field, origin_), field, value, expected));
  }
  void Number(const std::string& field, double value, bool allowed, absl::string_view expected) {
    Check(field, allowed && std::isfinite(value), absl::StrCat(value), expected);
  }

  const absl::Status& status() const { return status_; }

 private:
  const std::string& origin_;
  const FieldPlaces& places_;
  absl::Status status_;
};

void CheckTrain(const TrainConfig& train, Ranges* ranges) {
  const auto number = [&](const char* field, double value, bool allowed, const char* expected) {
    ranges->Number(absl::StrCat("train.", field), value, allowed, expected);
  };
  number("batch_size", train.batch_size(), train.batch_size() >= 1 && train.batch_size() <= 4096, "1..4096");
  number("epochs", train.epochs(), train.epochs() > 0 && train.epochs() <= 1e6, "above 0, at most 1e6");
  number("learning_rate", train.learning_rate(), train.learning_rate() > 0 && train.learning_rate() <= 1e3,
         "above 0, at most 1000");
  double previous = 0;
  for (int i = 0; i < train.decay_epochs_size(); ++i) {
    const double epoch = train.decay_epochs(i);
    ranges->Number(absl::StrCat("train.decay_epochs[", i, "]"), epoch,
                   epoch > previous && epoch < train.epochs(),
                   absl::StrFormat("above %g (ascending), below train.epochs, %g", previous, train.epochs()));
    previous = epoch;
  }
  number("decay_factor", train.decay_factor(), train.decay_factor() > 0 && train.decay_factor() <= 1,
         "above 0, at most 1");
  ranges->Number("train.warmup_epochs", train.warmup_epochs(),
                 train.warmup_epochs() >= 0 && train.warmup_epochs() <= train.epochs(),
                 absl::StrFormat("0 to train.epochs, %g", train.epochs()));
  number("warmup_start_learning_rate", train.warmup_start_learning_rate(),
         train.warmup_start_learning_rate() >= 0, "0 or more");
  number("momentum", train.momentum(), train.momentum() >= 0 && train.momentum() < 1, "0 or more, below 1");
  ranges->Check("train.nesterov", !train.nesterov() || train.momentum() > 0, "true",
                "only with train.momentum above 0");
  number("weight_decay", train.weight_decay(), train.weight_decay() >= 0, "0 or more");
  number("gradient_clip_norm", train.gradient_clip_norm(), train.gradient_clip_norm() >= 0, "0 or more");
  // proto3 enums are open: a number that is no Loss parses.
  ranges->Check("train.loss", train.loss() == TrainConfig::BCE || train.loss() == TrainConfig::SOFTMAX,
                absl::StrCat(train.loss()), "BCE, SOFTMAX");
  number("checkpoint_every_iterations", train.checkpoint_every_iterations(),
         train.checkpoint_every_iterations() >= 1, "1 or more");
}

absl::Status CheckEval(const EvalConfig& config, const std::string& origin, const FieldPlaces& places) {
  const auto protocol = eval::ParseProtocol(config.protocol());
  if (!protocol.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(PlaceOf(places, "eval.protocol", origin),
                                                   ": eval.protocol: ", protocol.status().message()));
  }
  Ranges ranges(origin, places);
  ranges.Number("eval.iou", config.iou(), config.iou() > 0 && config.iou() <= 1, "above 0, at most 1");
  return ranges.status();
}

// The field that makes the model read a relation bank; empty if none does.
std::string BankReader(const ModelConfig& model) {
  switch (model.head_case()) {
    case ModelConfig::kMrsn:
      return model.mrsn().has_long_term() ? "model.mrsn.long_term" : "";
    case ModelConfig::kAcar:
      return model.acar().has_long_term() ? "model.acar.long_term" : "";
    case ModelConfig::kLfb:
      return "model.lfb";
    case ModelConfig::kAia:
      return (model.aia().has_memory() && !model.aia().memory()) || model.aia().asynchronous_memory()
                 ? ""
                 : "model.aia";
    case ModelConfig::kLinear:
    case ModelConfig::kAcrn:
    case ModelConfig::kContextAverage:
    case ModelConfig::kAct:
    case ModelConfig::kStep:
    case ModelConfig::HEAD_NOT_SET:
      break;
  }
  return "";
}

// What detectors that find boxes themselves ask of training and data.
void CheckBoxFinder(const Experiment& experiment, Ranges* ranges) {
  const ModelConfig& model = experiment.model();
  const bool act = model.has_act();
  if (!act && !model.has_step()) return;
  const TrainConfig::Loss loss = experiment.train().loss();
  ranges->Check("train.loss", loss == (act ? TrainConfig::SOFTMAX : TrainConfig::BCE),
                TrainConfig::Loss_Name(loss), act ? "SOFTMAX with model.act" : "BCE with model.step");
  const int frames = model.act().has_frames() ? model.act().frames() : 6;
  const auto check = [&](const std::string& field, const ClipConfig& clip) {
    ranges->Check(field + ".clip.frames",
                  clip.has_frames() && (act ? clip.frames() == frames : clip.frames() % 12 == 0),
                  clip.has_frames() ? absl::StrCat(clip.frames()) : "not set",
                  act ? absl::StrCat("model.act.frames, ", frames) : "multiples of 12 with model.step");
  };
  if (experiment.has_train_data()) check("train_data", experiment.train_data().clip());
  if (experiment.has_eval_data()) check("eval_data", experiment.eval_data().clip());
}

}  // namespace

void FillDefaults(Experiment* experiment) {
  TrainConfig& train = *experiment->mutable_train();
  if (!train.has_batch_size()) train.set_batch_size(16);
  if (!train.has_epochs()) train.set_epochs(6);
  if (!train.has_learning_rate()) train.set_learning_rate(0.04);
  if (!train.has_decay_factor()) train.set_decay_factor(0.1);
  if (!train.has_warmup_epochs()) train.set_warmup_epochs(0);
  if (!train.has_warmup_start_learning_rate()) train.set_warmup_start_learning_rate(0);
  if (!train.has_momentum()) train.set_momentum(0.9);
  if (!train.has_nesterov()) train.set_nesterov(false);
  if (!train.has_weight_decay()) train.set_weight_decay(1e-7);
  if (!train.has_gradient_clip_norm()) train.set_gradient_clip_norm(0);
  if (!train.has_freeze_batch_norm()) train.set_freeze_batch_norm(true);
  if (train.loss() == TrainConfig::LOSS_UNSPECIFIED) train.set_loss(TrainConfig::BCE);
  if (!train.has_checkpoint_every_iterations()) train.set_checkpoint_every_iterations(200);
  EvalConfig& eval = *experiment->mutable_eval();
  if (!eval.has_protocol()) eval.set_protocol("official_2019");
  if (!eval.has_iou()) eval.set_iou(0.5);
}

absl::Status ValidateExperiment(const Experiment& experiment, const std::string& origin,
                                const FieldPlaces& places) {
  const auto missing = [&](const char* field, const std::string& what) {
    return absl::InvalidArgumentError(
        absl::StrCat(PlaceOf(places, field, origin), ": ", field, " is not set; ", what));
  };
  const ModelConfig& model = experiment.model();
  const bool own_backbone = model.has_act() || model.has_step();
  if (model.backbone_case() == ModelConfig::BACKBONE_NOT_SET && !own_backbone) {
    return missing("model.backbone", "set one of its messages, e.g. model { slow_only {} }");
  }
  if (model.head_case() == ModelConfig::HEAD_NOT_SET) {
    return missing("model.head", "set model { linear {} } or model { mrsn { .. } }");
  }
  Ranges ranges(origin, places);
  // proto3 enums are open: a number that is no Compatibility parses.
  ranges.Check("compatibility", Compatibility_IsValid(experiment.compatibility()),
               absl::StrCat(experiment.compatibility()),
               "PYSLOWFAST, PYTORCHVIDEO, MMACTION2, ACAR, ALPHACTION");
  CheckTrain(experiment.train(), &ranges);
  CheckBoxFinder(experiment, &ranges);
  MRSN_RETURN_IF_ERROR(ranges.status());
  MRSN_RETURN_IF_ERROR(CheckEval(experiment.eval(), origin, places));
  if (!experiment.inputs().pretrained_backbone().empty()) {
    const std::string& file = experiment.inputs().pretrained_backbone();
    ranges.Check("inputs.pretrained_backbone", file[0] != '/' && file.find("..") == std::string::npos,
                 absl::StrCat("\"", file, "\""), "a path below the data root");
    ranges.Check("inputs.pretrained_backbone", experiment.inputs().initialise_from().empty(),
                 absl::StrCat("\"", file, "\""), "only without inputs.initialise_from");
    MRSN_RETURN_IF_ERROR(ranges.status());
  }
  const std::string reader = BankReader(model);
  if (!reader.empty() && experiment.inputs().relation_bank_from().empty()) {
    return missing("inputs.relation_bank_from",
                   absl::StrCat(reader, " needs it: the experiment whose trained model writes the bank"));
  }
  ranges.Check("inputs.relation_bank_from",
               experiment.inputs().relation_bank_from().empty() || !model.aia().asynchronous_memory(),
               absl::StrCat("\"", experiment.inputs().relation_bank_from(), "\""),
               "none with model.aia.asynchronous_memory, which writes its own");
  for (int i = 0; i < experiment.expected_size(); ++i) {
    const Expected& expected = experiment.expected(i);
    const std::string field = absl::StrCat("expected[", i, "].");
    ranges.Check(field + "metric", expected.metric() == "frame_map",
                 absl::StrCat("\"", expected.metric(), "\""), "\"frame_map\"");
    ranges.Number(field + "value", expected.value(), expected.value() >= 0 && expected.value() <= 1, "0..1");
    ranges.Number(field + "tolerance", expected.tolerance(), expected.tolerance() >= 0, "0 or more");
  }
  return ranges.status();
}

}  // namespace mrsn::experiments
