#include "experiments/config/config.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "experiments/config/merge.h"
#include "experiments/config/text_proto.h"
#include "ops/base/file.h"
#include "ops/base/fingerprint.h"
#include "ops/base/status_macros.h"

namespace mrsn::experiments {
namespace {

constexpr size_t kMaxDepth = 3;
constexpr char kExtension[] = ".textproto";

std::string PathOf(const std::string& root, const std::string& name) {
  return absl::StrCat(root, "/", name, kExtension);
}

absl::StatusOr<std::vector<std::string>> ListFiles(const std::string& root) {
  std::vector<std::string> names;
  std::error_code error;
  for (auto it = std::filesystem::recursive_directory_iterator(
           root, std::filesystem::directory_options::follow_directory_symlink, error);
       !error && it != std::filesystem::recursive_directory_iterator(); it.increment(error)) {
    const std::string path = std::filesystem::relative(it->path(), root);
    if (absl::EndsWith(path, kExtension)) names.emplace_back(absl::StripSuffix(path, kExtension));
  }
  if (error) return absl::NotFoundError(absl::StrCat(root, ": cannot list experiments: ", error.message()));
  std::sort(names.begin(), names.end());
  return names;
}

absl::Status Unknown(const std::string& root, const std::string& name, const std::string& asked_by) {
  std::vector<std::string> names;
  if (auto listed = ListFiles(root); listed.ok()) names = *std::move(listed);
  return absl::NotFoundError(absl::StrCat(asked_by, "unknown experiment '", name, "': there is no ",
                                          PathOf(root, name), DidYouMean(name, names)));
}

absl::Status Layer(Experiment child, const std::string& origin, Experiment* onto) {
  for (const std::string& path : child.clear()) {
    if (absl::Status cleared = ClearField(path, onto); !cleared.ok()) {
      return absl::InvalidArgumentError(absl::StrCat(origin, ": ", cleared.message()));
    }
  }
  child.clear_base();
  child.clear_clear();
  MergeOver(child, onto);
  return absl::OkStatus();
}

// `chain` holds the names from the asked-for experiment down to this one's child.
absl::StatusOr<Experiment> Compose(const std::string& root, const std::string& name,
                                   std::vector<std::string> chain) {
  const std::string path = PathOf(root, name);
  const std::string asked_by = chain.empty() ? "" : absl::StrCat(PathOf(root, chain.back()), ": base: ");
  if (std::find(chain.begin(), chain.end(), name) != chain.end()) {
    return absl::InvalidArgumentError(
        absl::StrCat(asked_by, "the bases form a cycle: ", absl::StrJoin(chain, " -> "), " -> ", name));
  }
  chain.push_back(name);
  if (chain.size() > kMaxDepth) {
    return absl::InvalidArgumentError(
        absl::StrFormat("%smore than %d files deep: %s", asked_by, kMaxDepth, absl::StrJoin(chain, " -> ")));
  }
  if (!FileExists(path)) return Unknown(root, name, asked_by);
  Experiment own;
  MRSN_RETURN_IF_ERROR(ReadTextProto(path, &own));
  Experiment composed;
  if (own.has_base()) {
    MRSN_ASSIGN_OR_RETURN(composed, Compose(root, own.base(), chain));
  }
  MRSN_RETURN_IF_ERROR(Layer(own, path, &composed));
  return composed;
}

// Collects the first field out of range.
class Ranges {
 public:
  explicit Ranges(const std::string& origin) : origin_(origin) {}
  void Check(absl::string_view field, double value, bool allowed, absl::string_view expected) {
    if (allowed || !status_.ok()) return;
    status_ = absl::InvalidArgumentError(
        absl::StrFormat("%s: %s is %g; allowed: %s", origin_, field, value, expected));
  }
  const absl::Status& status() const { return status_; }

 private:
  const std::string origin_;
  absl::Status status_;
};

}  // namespace

absl::StatusOr<ResolvedExperiment> LoadExperiment(const std::string& root, const std::string& name,
                                                  absl::string_view override_text) {
  ResolvedExperiment resolved;
  resolved.name = name;
  MRSN_ASSIGN_OR_RETURN(resolved.experiment, Compose(root, name, {}));
  if (!override_text.empty()) {
    Experiment change;
    MRSN_RETURN_IF_ERROR(ParseTextProto(override_text, "override", &change));
    if (change.has_base()) return absl::InvalidArgumentError("override: base cannot be overridden");
    MRSN_RETURN_IF_ERROR(Layer(change, "override", &resolved.experiment));
  }
  FillDefaults(&resolved.experiment);
  MRSN_RETURN_IF_ERROR(ValidateExperiment(resolved.experiment, PathOf(root, name)));
  resolved.text = PrintTextProto(resolved.experiment);
  Experiment measured = resolved.experiment;
  measured.clear_description();
  measured.clear_expected();
  resolved.fingerprint = Fingerprint(PrintTextProto(measured));
  return resolved;
}

absl::StatusOr<std::vector<std::string>> ListExperiments(const std::string& root) {
  MRSN_ASSIGN_OR_RETURN(std::vector<std::string> names, ListFiles(root));
  names.erase(std::remove_if(names.begin(), names.end(),
                             [](const std::string& name) { return absl::StartsWith(name, "base/"); }),
              names.end());
  return names;
}

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

absl::Status ValidateExperiment(const Experiment& experiment, const std::string& origin) {
  const TrainConfig& train = experiment.train();
  Ranges ranges(origin);
  const auto positive = [&](const char* field, double value) {
    ranges.Check(field, value, value > 0, "more than 0");
  };
  const auto at_least_0 = [&](const char* field, double value) {
    ranges.Check(field, value, value >= 0, "0 or more");
  };
  ranges.Check("train.batch_size", train.batch_size(), train.batch_size() >= 1 && train.batch_size() <= 4096,
               "1..4096");
  positive("train.epochs", train.epochs());
  positive("train.learning_rate", train.learning_rate());
  double previous = 0;
  for (double epoch : train.decay_epochs()) {
    ranges.Check("train.decay_epochs", epoch, epoch > previous && epoch < train.epochs(),
                 "ascending, more than 0 and less than train.epochs");
    previous = epoch;
  }
  ranges.Check("train.decay_factor", train.decay_factor(),
               train.decay_factor() > 0 && train.decay_factor() <= 1, "more than 0, at most 1");
  ranges.Check("train.warmup_epochs", train.warmup_epochs(),
               train.warmup_epochs() >= 0 && train.warmup_epochs() <= train.epochs(), "0..train.epochs");
  at_least_0("train.warmup_start_learning_rate", train.warmup_start_learning_rate());
  ranges.Check("train.momentum", train.momentum(), train.momentum() >= 0 && train.momentum() < 1,
               "0 or more, less than 1");
  ranges.Check("train.nesterov", train.nesterov(), !train.nesterov() || train.momentum() > 0,
               "only with train.momentum above 0");
  at_least_0("train.weight_decay", train.weight_decay());
  at_least_0("train.gradient_clip_norm", train.gradient_clip_norm());
  ranges.Check("train.checkpoint_every_iterations", train.checkpoint_every_iterations(),
               train.checkpoint_every_iterations() >= 1, "1 or more");
  ranges.Check("eval.iou", experiment.eval().iou(),
               experiment.eval().iou() > 0 && experiment.eval().iou() <= 1, "more than 0, at most 1");
  return ranges.status();
}

}  // namespace mrsn::experiments
