#include "experiments/config/validate.h"

#include <google/protobuf/message.h>

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "eval/protocol.h"
#include "mrsn/model_options.h"
#include "ops/base/config_reader.h"
#include "ops/base/status_macros.h"

namespace mrsn::experiments {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr char kAct[] = "act";  // the protocol

// A number of TrainConfig: the value of an unset field, and the values it may have.
struct NumberField {
  const char* name;
  double value;
  Allowed allowed;
};

const std::vector<NumberField>& TrainNumbers() {
  static const auto* fields = new std::vector<NumberField>{
      {"batch_size", 16, Between(1, 4096)},
      {"epochs", 6, AboveUpTo(0, 1e6)},
      {"learning_rate", 0.04, AboveUpTo(0, 1000)},
      {"decay_factor", 0.1, AboveUpTo(0, 1)},
      {"warmup_epochs", 0, AtLeast(0)},
      {"warmup_start_learning_rate", 0, AtLeast(0)},
      {"momentum", 0.9, FromBelow(0, 1)},
      {"weight_decay", 1e-7, AtLeast(0)},
      {"gradient_clip_norm", 0, AtLeast(0)},
      {"checkpoint_every_iterations", 200, AtLeast(1)},
  };
  return *fields;
}

bool IsInteger(const FieldDescriptor& field) { return field.cpp_type() == FieldDescriptor::CPPTYPE_INT32; }

void SetIfUnset(const NumberField& number, Message* message) {
  const FieldDescriptor& field = *message->GetDescriptor()->FindFieldByName(number.name);
  const auto& reflection = *message->GetReflection();
  if (reflection.HasField(*message, &field)) return;
  if (IsInteger(field)) {
    reflection.SetInt32(message, &field, static_cast<int>(number.value));
  } else {
    reflection.SetDouble(message, &field, number.value);
  }
}

void Check(const NumberField& number, const Message& message, ConfigReader* reader) {
  if (IsInteger(*message.GetDescriptor()->FindFieldByName(number.name))) {
    int value = 0;
    reader->Read(number.name, &value, number.allowed);
  } else {
    double value = 0;
    reader->Read(number.name, &value, number.allowed);
  }
}

// Precision and the average of the weights.
void CheckComputation(ConfigReader* reader) {
  TrainConfig::Precision precision = TrainConfig::FLOAT32;
  reader->Choose("precision", &precision,
                 {{"FLOAT32", TrainConfig::FLOAT32},
                  {"BFLOAT16", TrainConfig::BFLOAT16},
                  {"FLOAT16", TrainConfig::FLOAT16}});
  if (precision != TrainConfig::FLOAT16) {
    reader->RefuseIfSet("loss_scaling", "only with train.precision FLOAT16");
  }
  ConfigReader scaling = reader->In("loss_scaling");
  double initial_scale = 65536, growth_factor = 2;
  int growth_interval = 2000;
  scaling.Read("initial_scale", &initial_scale, Between(1, 1 << 24));
  scaling.Read("growth_factor", &growth_factor, AboveUpTo(1, 16));
  scaling.Read("growth_interval", &growth_interval, AtLeast(1));
  double ema_decay = 0;
  reader->Read("ema_decay", &ema_decay, FromBelow(0, 1));
}

absl::Status CheckTrain(const TrainConfig& train) {
  ConfigReader reader(train, "train");
  for (const NumberField& number : TrainNumbers()) Check(number, train, &reader);
  double previous = 0;
  for (int i = 0; i < train.decay_epochs_size(); ++i) {
    const double epoch = train.decay_epochs(i);
    if (!(epoch > previous && epoch < train.epochs())) {
      reader.Fail(absl::StrCat("decay_epochs[", i, "]"), absl::StrCat(epoch),
                  absl::StrFormat("above %g (ascending), below train.epochs, %g", previous, train.epochs()));
    }
    previous = epoch;
  }
  if (train.warmup_epochs() > train.epochs()) {
    reader.Fail("warmup_epochs", absl::StrCat(train.warmup_epochs()),
                absl::StrFormat("0 to train.epochs, %g", train.epochs()));
  }
  if (train.nesterov() && train.momentum() == 0) {
    reader.Fail("nesterov", "true", "only with train.momentum above 0");
  }
  double evaluate_every_epochs = 0;
  reader.Read("evaluate_every_epochs", &evaluate_every_epochs, AtLeast(0));
  int nth_keyframe = 1;
  reader.Read("evaluate_every_nth_keyframe", &nth_keyframe, AtLeast(1));
  int skip_nan_batches = 0;
  reader.Read("skip_nan_batches", &skip_nan_batches, AtLeast(0));
  if (train.has_evaluate_every_nth_keyframe() && train.evaluate_every_epochs() == 0) {
    reader.Fail("evaluate_every_nth_keyframe", absl::StrCat(train.evaluate_every_nth_keyframe()),
                "only with train.evaluate_every_epochs");
  }
  TrainConfig::Loss loss = TrainConfig::BCE;
  reader.Choose("loss", &loss, {{"BCE", TrainConfig::BCE}, {"SOFTMAX", TrainConfig::SOFTMAX}});
  TrainConfig::BatchNorm batch_norm = TrainConfig::FROZEN;
  reader.Choose("batch_norm", &batch_norm,
                {{"FROZEN", TrainConfig::FROZEN},
                 {"FROZEN_STATISTICS", TrainConfig::FROZEN_STATISTICS},
                 {"TRAINED", TrainConfig::TRAINED}});
  int accumulate = 1;
  reader.Read("accumulate", &accumulate, Between(1, std::max(1, train.batch_size())));
  TrainConfig::UnreadableClips unreadable = TrainConfig::FAIL;
  reader.Choose("unreadable_clips", &unreadable,
                {{"FAIL", TrainConfig::FAIL}, {"SKIP_AND_COUNT", TrainConfig::SKIP_AND_COUNT}});
  double most_unreadable = 0;
  reader.Read("most_unreadable", &most_unreadable, Between(0, 1));
  if (train.has_most_unreadable() && unreadable == TrainConfig::FAIL) {
    reader.Fail("most_unreadable", absl::StrCat(train.most_unreadable()),
                "only with train.unreadable_clips SKIP_AND_COUNT");
  }
  CheckComputation(&reader);
  return reader.status();
}

absl::Status CheckEval(const EvalConfig& config) {
  const auto protocol = eval::ParseProtocol(config.protocol());
  if (!protocol.ok()) {
    return absl::InvalidArgumentError(absl::StrCat("eval.protocol: ", protocol.status().message()));
  }
  ConfigReader reader(config, "eval");
  double iou = config.iou();
  reader.Read("iou", &iou, AboveUpTo(0, 1));
  double box_noise = 0;
  reader.Read("box_noise", &box_noise, Between(0, 100));
  return reader.status();
}

// ACT's evaluation counts whoever is found, also in frames where nobody is annotated.
absl::Status CheckKeyframes(const Experiment& experiment) {
  if (experiment.eval().protocol() != kAct || !experiment.eval_data().has_ucf24()) return absl::OkStatus();
  const Ucf24Config& ucf24 = experiment.eval_data().ucf24();
  if (ucf24.inference_keyframes() == Ucf24Config::EVERY_FRAME) return absl::OkStatus();
  return FieldError("eval_data.ucf24.inference_keyframes",
                    Ucf24Config::Keyframes_Name(ucf24.inference_keyframes()),
                    "EVERY_FRAME with eval.protocol \"act\"");
}

absl::Status CheckExpected(const Experiment& experiment) {
  for (int i = 0; i < experiment.expected_size(); ++i) {
    const Expected& expected = experiment.expected(i);
    ConfigReader reader(expected, absl::StrCat("expected[", i, "]"));
    if (expected.metric() != "frame_map") {
      reader.Fail("metric", absl::StrCat("\"", expected.metric(), "\""), "\"frame_map\"");
    }
    double value = 0, tolerance = 0;
    reader.Read("value", &value, Between(0, 1));
    reader.Read("tolerance", &tolerance, AtLeast(0));
    MRSN_RETURN_IF_ERROR(reader.status());
  }
  return absl::OkStatus();
}

// "model.acar"
std::string HeadField(const ModelConfig& model) {
  const auto& oneof = *ModelConfig::descriptor()->FindOneofByName("head");
  return absl::StrCat("model.", model.GetReflection()->GetOneofFieldDescriptor(model, &oneof)->name());
}

absl::Status CheckLoss(const ModelNeeds& needs, const std::string& head, TrainConfig::Loss loss) {
  if (!needs.loss) return absl::OkStatus();
  TrainConfig::Loss wanted = TrainConfig::BCE;
  switch (*needs.loss) {
    case ClassLoss::kBce:
      break;
    case ClassLoss::kSoftmax:
      wanted = TrainConfig::SOFTMAX;
      break;
  }
  if (loss == wanted) return absl::OkStatus();
  return FieldError("train.loss", TrainConfig::Loss_Name(loss),
                    absl::StrCat(TrainConfig::Loss_Name(wanted), " with ", head));
}

// For models that do not take clips of every length.
absl::Status CheckFrames(const ModelNeeds& needs, const std::string& head, const std::string& data,
                         const ClipConfig& clip) {
  if (!needs.frames && needs.frames_multiple == 1) return absl::OkStatus();
  const bool fits =
      needs.frames ? clip.frames() == *needs.frames : clip.frames() % needs.frames_multiple == 0;
  if (clip.has_frames() && fits) return absl::OkStatus();
  return FieldError(absl::StrCat(data, ".clip.frames"),
                    clip.has_frames() ? absl::StrCat(clip.frames()) : "not set",
                    needs.frames ? absl::StrCat(*needs.frames, " with ", head)
                                 : absl::StrCat("multiples of ", needs.frames_multiple, " with ", head));
}

absl::Status CheckBank(const ModelNeeds& needs, const std::string& head, const std::string& writer) {
  const bool own_memory = needs.bank && needs.bank->own_memory;
  if (needs.bank && !own_memory && writer.empty()) {
    return FieldError(
        "inputs.relation_bank_from", "not set",
        absl::StrCat("the experiment whose trained model writes the bank that ", head, " reads"));
  }
  if (own_memory && !writer.empty()) {
    return FieldError("inputs.relation_bank_from", absl::StrCat("\"", writer, "\""),
                      absl::StrCat("none with ", head, ", which writes its own memory"));
  }
  return absl::OkStatus();
}

// Training, data and inputs against the model. Errors of the model itself are reported where it is built,
// but for a model without backbone or head.
absl::Status CheckNeeds(const Experiment& experiment) {
  const auto needs = NeedsOf(experiment.model());
  if (!needs.ok()) {
    const absl::string_view message = needs.status().message();
    const bool incomplete = absl::StartsWith(message, "model.head is not set") ||
                            absl::StartsWith(message, "model.backbone is not set");
    return incomplete ? needs.status() : absl::OkStatus();
  }
  const std::string head = HeadField(experiment.model());
  MRSN_RETURN_IF_ERROR(CheckLoss(*needs, head, experiment.train().loss()));
  if (experiment.has_train_data()) {
    MRSN_RETURN_IF_ERROR(CheckFrames(*needs, head, "train_data", experiment.train_data().clip()));
  }
  if (experiment.has_eval_data()) {
    MRSN_RETURN_IF_ERROR(CheckFrames(*needs, head, "eval_data", experiment.eval_data().clip()));
  }
  return CheckBank(*needs, head, experiment.inputs().relation_bank_from());
}

absl::Status CheckPretrainedBackbone(const Inputs& inputs) {
  const std::string& file = inputs.pretrained_backbone();
  if (file.empty()) {
    if (inputs.pretraining().empty()) return absl::OkStatus();
    return FieldError("inputs.pretraining", absl::StrCat("\"", inputs.pretraining(), "\""),
                      "only with inputs.pretrained_backbone");
  }
  const std::string found = absl::StrCat("\"", file, "\"");
  if (file[0] == '/' || absl::StrContains(file, "..")) {
    return FieldError("inputs.pretrained_backbone", found, "a path below the data root");
  }
  if (!inputs.initialise_from().empty()) {
    return FieldError("inputs.pretrained_backbone", found, "only without inputs.initialise_from");
  }
  return absl::OkStatus();
}

// The statistics of random weights are 0 and 1; frozen, they would stay so.
absl::Status CheckBatchNorm(const Experiment& experiment) {
  const TrainConfig::BatchNorm batch_norm = experiment.train().batch_norm();
  const Inputs& inputs = experiment.inputs();
  if (batch_norm == TrainConfig::TRAINED || !inputs.pretrained_backbone().empty() ||
      !inputs.initialise_from().empty()) {
    return absl::OkStatus();
  }
  return FieldError("train.batch_norm", TrainConfig::BatchNorm_Name(batch_norm),
                    "TRAINED for a backbone of random weights, with neither inputs.pretrained_backbone nor "
                    "inputs.initialise_from");
}

// Fields of `train` that not every model allows.
absl::Status CheckModelComputes(const Experiment& experiment) {
  const TrainConfig& train = experiment.train();
  const ModelConfig& model = experiment.model();
  if (train.precision() == TrainConfig::FLOAT16 && model.precision() == ModelConfig::BFLOAT16) {
    return FieldError("train.precision", "FLOAT16", "FLOAT32 or BFLOAT16 with model.precision BFLOAT16");
  }
  if (train.precision() != TrainConfig::FLOAT32 && train.has_precision() &&
      (model.has_act() || model.has_step())) {
    return FieldError("train.precision", TrainConfig::Precision_Name(train.precision()),
                      absl::StrCat("FLOAT32 with ", HeadField(model)));
  }
  if (train.sync_batch_norm()) {
    if (model.has_act() || model.has_step()) {
      return FieldError("train.sync_batch_norm", "true", absl::StrCat("false with ", HeadField(model)));
    }
    // ACRN's head trains norms whatever the backbone does.
    if (train.batch_norm() != TrainConfig::TRAINED && !model.has_acrn()) {
      return FieldError("train.sync_batch_norm", "true", "only with train.batch_norm TRAINED");
    }
  }
  if (train.activation_checkpointing() && model.has_act()) {
    return FieldError("train.activation_checkpointing", "true", "false with model.act, which has no stages");
  }
  return absl::OkStatus();
}

// Maps are stored for clips as they are and for their mirror images, by a backbone that nothing changes.
absl::Status CheckFrozenBackbone(const Experiment& experiment) {
  const TrainConfig& train = experiment.train();
  if (!train.frozen_backbone()) return absl::OkStatus();
  const auto fail = [](absl::string_view allowed) {
    return FieldError("train.frozen_backbone", "true", std::string(allowed));
  };
  if (train.batch_norm() != TrainConfig::FROZEN) return fail("only with train.batch_norm FROZEN");
  if (train.precision() != TrainConfig::FLOAT32 && train.has_precision()) {
    return fail("only with train.precision FLOAT32");
  }
  if (experiment.model().has_act() || experiment.model().has_step()) {
    return fail(absl::StrCat("false with ", HeadField(experiment.model()), ", which has no head of its own"));
  }
  for (const DatasetConfig* data : {&experiment.train_data(), &experiment.eval_data()}) {
    const auto augmentation = data->transform().augmentation();
    if (augmentation != TransformConfig::AUGMENTATION_UNSPECIFIED &&
        augmentation != TransformConfig::NONE_OR_FLIP) {
      return fail("only with transform.augmentation NONE_OR_FLIP");
    }
  }
  return absl::OkStatus();
}

absl::Status CheckAll(const Experiment& experiment) {
  Compatibility compatibility = COMPATIBILITY_UNSPECIFIED;
  ConfigReader reader(experiment, "");
  reader.Choose("compatibility", &compatibility,
                {{"PYSLOWFAST", PYSLOWFAST},
                 {"PYTORCHVIDEO", PYTORCHVIDEO},
                 {"MMACTION2", MMACTION2},
                 {"ACAR", ACAR},
                 {"ALPHACTION", ALPHACTION}});
  MRSN_RETURN_IF_ERROR(reader.status());
  MRSN_RETURN_IF_ERROR(CheckTrain(experiment.train()));
  MRSN_RETURN_IF_ERROR(CheckEval(experiment.eval()));
  MRSN_RETURN_IF_ERROR(CheckKeyframes(experiment));
  MRSN_RETURN_IF_ERROR(CheckPretrainedBackbone(experiment.inputs()));
  MRSN_RETURN_IF_ERROR(CheckNeeds(experiment));
  MRSN_RETURN_IF_ERROR(CheckBatchNorm(experiment));
  MRSN_RETURN_IF_ERROR(CheckModelComputes(experiment));
  MRSN_RETURN_IF_ERROR(CheckFrozenBackbone(experiment));
  return CheckExpected(experiment);
}

}  // namespace

void FillDefaults(Experiment* experiment) {
  TrainConfig& train = *experiment->mutable_train();
  for (const NumberField& number : TrainNumbers()) SetIfUnset(number, &train);
  if (!train.has_nesterov()) train.set_nesterov(false);
  if (train.loss() == TrainConfig::LOSS_UNSPECIFIED) train.set_loss(TrainConfig::BCE);
  if (train.batch_norm() == TrainConfig::BATCH_NORM_UNSPECIFIED) train.set_batch_norm(TrainConfig::FROZEN);
  EvalConfig& eval = *experiment->mutable_eval();
  if (!eval.has_protocol()) eval.set_protocol("official_2019");
  if (!eval.has_iou()) eval.set_iou(0.5);
  if (eval.protocol() == kAct && experiment->eval_data().has_ucf24() &&
      !experiment->eval_data().ucf24().has_inference_keyframes()) {
    experiment->mutable_eval_data()->mutable_ucf24()->set_inference_keyframes(Ucf24Config::EVERY_FRAME);
  }
}

absl::Status ValidateExperiment(const Experiment& experiment, const std::string& origin,
                                const FieldPlaces& places) {
  const absl::Status status = CheckAll(experiment);
  if (status.ok()) return status;
  // Every message starts with the field.
  const absl::string_view message = status.message();
  const absl::string_view field = message.substr(0, message.find_first_of(": "));
  return absl::InvalidArgumentError(absl::StrCat(PlaceOf(places, field, origin), ": ", message));
}

}  // namespace mrsn::experiments
