#include "experiments/config/config.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "experiments/config/compatibility.h"
#include "experiments/config/computation.h"
#include "experiments/config/data_paths.h"
#include "experiments/config/merge.h"
#include "ops/base/file.h"
#include "ops/base/fingerprint.h"
#include "ops/base/runfiles.h"
#include "ops/base/status_macros.h"

namespace mrsn::experiments {
namespace {

constexpr size_t kMaxDepth = 3;  // of the files in the tree, and of those outside it
constexpr size_t kMaxNamesListed = 24;
constexpr char kExtension[] = ".textproto";

// Whether a name is the absolute path of a file outside the tree.
bool IsFile(const std::string& name) {
  return absl::StartsWith(name, "/") && absl::EndsWith(name, kExtension);
}

std::string PathOf(const std::string& root, const std::string& name) {
  return IsFile(name) ? name : absl::StrCat(root, "/", name, kExtension);
}

// The experiment that the file `by` calls `reference`: for files outside the tree, a path that ends in
// .textproto is relative to the file's folder.
std::string Referred(const std::string& by, const std::string& reference) {
  if (!IsFile(by) || !absl::EndsWith(reference, kExtension)) return reference;
  return (std::filesystem::path(by).parent_path() / reference).lexically_normal();
}

std::string ShownPathOf(const std::string& root, const std::string& name) {
  return ShownPath(PathOf(root, name));
}

absl::StatusOr<std::vector<std::string>> ListFiles(const std::string& root) {
  std::vector<std::string> names;
  std::error_code error;
  for (auto it = std::filesystem::recursive_directory_iterator(
           root, std::filesystem::directory_options::follow_directory_symlink, error);
       !error && it != std::filesystem::recursive_directory_iterator(); it.increment(error)) {
    // Not resolved: under Bazel every file here is a symbolic link to the workspace.
    const std::string path = it->path().lexically_relative(root);
    if (absl::EndsWith(path, kExtension)) names.emplace_back(absl::StripSuffix(path, kExtension));
  }
  if (error) return absl::NotFoundError(absl::StrCat(root, ": cannot list experiments: ", error.message()));
  std::sort(names.begin(), names.end());
  return names;
}

// The names near the unknown one; if there are none, all names if they are few.
absl::Status Unknown(const std::string& root, const std::string& name, const std::string& asked_by) {
  if (IsFile(name)) return absl::NotFoundError(absl::StrCat(asked_by, "there is no file ", name));
  std::string help;
  if (auto names = ListFiles(root); names.ok()) {
    help = DidYouMean(name, *names);
    if (help.empty() && !names->empty() && names->size() <= kMaxNamesListed) {
      help = absl::StrCat("; there are ", absl::StrJoin(*names, ", "));
    }
  }
  return absl::NotFoundError(
      absl::StrCat(asked_by, "unknown experiment '", name, "': there is no ", ShownPathOf(root, name), help));
}

// A name is a path below the root, without "..", or that of a file outside the tree.
bool IsName(const std::string& name) {
  if (IsFile(name)) return true;
  return !name.empty() && !absl::StrContains(name, "..") && name.front() != '/' &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-' || c == '/' ||
                  c == '.';
         });
}

struct Composed {
  Experiment experiment;
  FieldPlaces places;
};

// Files of users still say train.freeze_batch_norm. Translated before the layers are merged, because the
// layer on top decides, whichever of the two names it uses.
absl::Status TranslateOldNames(const std::string& origin, Experiment* layer, FieldPlaces* places) {
  constexpr char kOld[] = "train.freeze_batch_norm", kNew[] = "train.batch_norm";
  for (int i = 0; i < layer->clear_size(); ++i) {
    if (layer->clear(i) == kOld) layer->set_clear(i, kNew);
  }
  if (!layer->train().has_freeze_batch_norm()) return absl::OkStatus();
  TrainConfig& train = *layer->mutable_train();
  if (train.has_batch_norm()) {
    return absl::InvalidArgumentError(absl::StrCat(PlaceOf(*places, kOld, origin), ": ", kOld,
                                                   " is the old name of ", kNew, ", which is set, too"));
  }
  train.set_batch_norm(train.freeze_batch_norm() ? TrainConfig::FROZEN : TrainConfig::TRAINED);
  train.clear_freeze_batch_norm();
  if (auto old = places->extract(kOld); !old.empty()) {
    old.key() = kNew;
    places->insert(std::move(old));
  }
  return absl::OkStatus();
}

// Puts `child` over what `onto` has.
absl::Status Layer(Experiment child, FieldPlaces places, const std::string& origin, Composed* onto) {
  MRSN_RETURN_IF_ERROR(TranslateOldNames(origin, &child, &places));
  for (int i = 0; i < child.clear_size(); ++i) {
    const absl::Status cleared = ClearField(child.clear(i), &onto->experiment);
    if (!cleared.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat(PlaceOf(places, absl::StrCat("clear[", i, "]"), origin), ": ", cleared.message()));
    }
  }
  child.clear_base();
  child.clear_clear();
  MergeOver(child, &onto->experiment);
  for (const auto& [path, place] : places) {
    if (path != "base" && !absl::StartsWith(path, "clear[")) onto->places[path] = place;
  }
  return absl::OkStatus();
}

// `chain` holds the names from the asked-for experiment down to this one's child;
// `asked_by` is empty or "<place of the base field>: base: ".
absl::StatusOr<Composed> Compose(const std::string& root, const std::string& name,
                                 std::vector<std::string> chain, const std::string& asked_by) {
  if (std::find(chain.begin(), chain.end(), name) != chain.end()) {
    return absl::InvalidArgumentError(absl::StrCat(asked_by,
                                                   "the bases form a cycle: ", absl::StrJoin(chain, " -> "),
                                                   " -> ", name, " (", ShownPathOf(root, name), ")"));
  }
  chain.push_back(name);
  const auto depth = std::count_if(chain.begin(), chain.end(),
                                   [&](const std::string& other) { return IsFile(other) == IsFile(name); });
  if (depth > static_cast<std::ptrdiff_t>(kMaxDepth)) {
    return absl::InvalidArgumentError(
        absl::StrFormat("%smore than %d files deep: %s", asked_by, kMaxDepth, absl::StrJoin(chain, " -> ")));
  }
  const std::string path = PathOf(root, name);
  if (!IsName(name) || !FileExists(path)) return Unknown(root, name, asked_by);
  Experiment own;
  FieldPlaces places;
  MRSN_RETURN_IF_ERROR(ReadTextProto(path, &own, &places));
  if (own.has_inputs()) {
    Inputs& inputs = *own.mutable_inputs();
    if (inputs.has_initialise_from()) inputs.set_initialise_from(Referred(name, inputs.initialise_from()));
    if (inputs.has_relation_bank_from()) {
      inputs.set_relation_bank_from(Referred(name, inputs.relation_bank_from()));
    }
  }
  Composed composed;
  if (own.has_base()) {
    MRSN_ASSIGN_OR_RETURN(composed,
                          Compose(root, Referred(name, own.base()), chain,
                                  absl::StrCat(PlaceOf(places, "base", ShownPath(path)), ": base: ")));
  } else if (own.clear_size() > 0) {
    return absl::InvalidArgumentError(absl::StrCat(PlaceOf(places, "clear[0]", ShownPath(path)),
                                                   ": clear: there is no base to clear anything of"));
  }
  MRSN_RETURN_IF_ERROR(Layer(std::move(own), std::move(places), ShownPath(path), &composed));
  return composed;
}

absl::Status CheckInputs(const std::string& root, const ResolvedExperiment& resolved) {
  const Inputs& inputs = resolved.experiment.inputs();
  for (const auto& [field, name] : {std::pair("inputs.initialise_from", inputs.initialise_from()),
                                    std::pair("inputs.relation_bank_from", inputs.relation_bank_from())}) {
    if (name.empty() || (IsName(name) && FileExists(PathOf(root, name)))) continue;
    return Unknown(root, name,
                   absl::StrCat(PlaceOf(resolved.places, field, resolved.path), ": ", field, ": "));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ResolvedExperiment> LoadExperiment(const std::string& root, const std::string& name,
                                                  absl::string_view override_text) {
  std::string unchanged;  // the fingerprint without the override
  if (!override_text.empty()) {
    if (const auto own = LoadExperiment(root, name); own.ok()) unchanged = own->fingerprint;
  }
  MRSN_ASSIGN_OR_RETURN(Composed composed, Compose(root, name, {}, ""));
  if (!override_text.empty()) {
    Experiment change;
    FieldPlaces places;
    MRSN_RETURN_IF_ERROR(ParseTextProto(override_text, "override", &change, &places));
    if (change.has_base()) return absl::InvalidArgumentError("override: base cannot be overridden");
    MRSN_RETURN_IF_ERROR(Layer(std::move(change), std::move(places), "override", &composed));
  }
  ResolvedExperiment resolved;
  resolved.name = IsFile(name) ? std::filesystem::path(name).stem().string() : name;
  resolved.source = name;
  resolved.path = ShownPathOf(root, name);
  resolved.experiment = std::move(composed.experiment);
  resolved.places = std::move(composed.places);
  ApplyCompatibility(&resolved.experiment);
  FillDefaults(&resolved.experiment);
  MRSN_RETURN_IF_ERROR(ValidateExperiment(resolved.experiment, resolved.path, resolved.places));
  MRSN_RETURN_IF_ERROR(CheckInputs(root, resolved));
  resolved.text = PrintTextProto(resolved.experiment);
  Experiment measured = resolved.experiment;
  measured.clear_description();
  measured.clear_expected();
  ForgetPlacesOfFiles(&measured);
  ForgetWhatChangesNoNumber(measured.mutable_train());
  resolved.exact_fingerprint = Fingerprint(PrintTextProto(measured));
  ForgetPrecision(measured.mutable_train());
  resolved.fingerprint = Fingerprint(PrintTextProto(measured));
  resolved.changed = !override_text.empty() && resolved.fingerprint != unchanged;
  return resolved;
}

absl::StatusOr<std::vector<std::string>> ListExperiments(const std::string& root) {
  MRSN_ASSIGN_OR_RETURN(std::vector<std::string> names, ListFiles(root));
  names.erase(std::remove_if(names.begin(), names.end(),
                             [](const std::string& name) { return absl::StartsWith(name, "base/"); }),
              names.end());
  return names;
}

absl::Status AtItsPlace(const ResolvedExperiment& resolved, const absl::Status& status,
                        absl::string_view builders_root, absl::string_view path) {
  absl::string_view rest = status.message();
  if (status.ok() || !absl::ConsumePrefix(&rest, builders_root) || !absl::StartsWith(rest, ".")) {
    return status;
  }
  const std::string field = absl::StrCat(path, rest.substr(0, rest.find_first_of(": ")));
  return absl::Status(status.code(),
                      absl::StrCat(PlaceOf(resolved.places, field, resolved.path), ": ", path, rest));
}

std::string GoldenText(const ResolvedExperiment& resolved) {
  return absl::StrCat("# proto-file: experiments/experiment.proto\n# proto-message: mrsn.Experiment\n# ",
                      resolved.name,
                      " with its bases. Written by ./bazelw run //experiments:update_golden\n# fingerprint: ",
                      resolved.fingerprint, "\n", resolved.text);
}

}  // namespace mrsn::experiments
