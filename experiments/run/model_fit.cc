#include "experiments/run/model_fit.h"

#include <cstdint>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace mrsn::experiments {

absl::Status CheckDataFits(const ModelNeeds& model, const DatasetConfig& config, datasets::Usage usage,
                           const datasets::Dataset& dataset) {
  const auto classes = static_cast<int64_t>(dataset.classes().size());
  if (model.classes != classes) {
    return absl::InvalidArgumentError(
        absl::StrFormat("model.num_classes is %d; the data set has %d classes", model.classes, classes));
  }
  if (model.alpha > 0 && config.clip().fast_ratio() != model.alpha) {
    return absl::InvalidArgumentError(
        absl::StrFormat("clip.fast_ratio is %d; the model's fast pathway reads %d frames for a slow one",
                        config.clip().fast_ratio(), model.alpha));
  }
  if (model.flow && !config.has_flow()) {
    return absl::InvalidArgumentError(
        "flow is not set; the model's backbone reads optical flow: add flow {} here, and make the files with "
        "./bazelw run //datasets:compute_flow (see its --help)");
  }
  if (usage == datasets::Usage::kTrain && model.tubelets && !config.clip().tubelets()) {
    return absl::InvalidArgumentError(
        "clip.tubelets is not set; the model is trained on each person's boxes in every frame: set it to "
        "true");
  }
  if (usage == datasets::Usage::kTrain && dataset.size() == 0) {
    return absl::InvalidArgumentError("there is no clip to train on");
  }
  return absl::OkStatus();
}

absl::Status CheckBankFits(const ModelNeeds& reader, const ModelNeeds& writer,
                           const std::string& writer_name) {
  if (!reader.bank.has_value()) return absl::OkStatus();
  if (writer.bank.has_value()) {
    return absl::InvalidArgumentError(
        absl::StrCat(writer_name, " needs a bank itself; name a short-term experiment"));
  }
  if (writer.relation_width == 0) {
    return absl::InvalidArgumentError(absl::StrCat(writer_name,
                                                   " finds its own boxes and has no relation features; name "
                                                   "an experiment that scores given boxes"));
  }
  if (writer.relation_width != reader.bank->width) {
    return absl::InvalidArgumentError(
        absl::StrFormat("%s writes features of width %d; the model reads width %d", writer_name,
                        writer.relation_width, reader.bank->width));
  }
  return absl::OkStatus();
}

absl::Status CheckBankData(const datasets::Dataset& reader, const datasets::Dataset& writer,
                           const std::string& writer_name) {
  const std::string read = reader.Fingerprint(), written = writer.Fingerprint();
  if (read == written) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat(writer_name, " is trained on other data (", written.substr(0, 12),
                   ") than this experiment (", read.substr(0, 12),
                   "); name one with the same train_data, or set inputs { bank_of_other_data: true }"));
}

}  // namespace mrsn::experiments
