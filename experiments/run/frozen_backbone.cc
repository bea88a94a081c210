#include "experiments/run/frozen_backbone.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "experiments/features/stored_features.h"
#include "experiments/run/model_evaluation.h"
#include "mrsn/detector.h"
#include "ops/base/file.h"
#include "ops/base/fingerprint.h"
#include "ops/base/status_macros.h"
#include "ops/distributed/process_group.h"

namespace mrsn::experiments {
namespace {

constexpr size_t kIdentityDigits = 12;  // in names of folders

}  // namespace

absl::StatusOr<std::unique_ptr<const datasets::Dataset>> MapsInPlaceOfClips(const OpenedRun& run,
                                                                            const datasets::Dataset& dataset,
                                                                            const DatasetConfig& data,
                                                                            const RunSettings& settings) {
  const ResolvedExperiment& resolved = *run.node->resolved;
  if (!resolved.experiment.train().frozen_backbone()) return nullptr;
  StoreFeaturesOptions options;
  options.identity = FeaturesIdentity(dataset, data, *run.model);
  options.title = absl::StrCat("feature maps for ", resolved.name);
  options.workers = settings.workers;
  options.wait = settings.wait;
  const std::string name = Fingerprint(
      absl::StrCat(options.identity.checkpoint, "\n", options.identity.boxes, "\n", options.identity.config));
  const std::string path = absl::StrCat(settings.output_root, "/features/", name.substr(0, kIdentityDigits));
  ProcessGroup& group = GroupOf(settings);
  MRSN_ASSIGN_OR_RETURN(const bool written, group.Ask(FileExists(path)));
  if (!written) {
    absl::Status stored =
        group.first() ? StoreFeatures(options, path, dataset, *run.model) : absl::OkStatus();
    // Another job may have written them while this one waited for it.
    if (absl::IsAlreadyExists(stored)) stored = absl::OkStatus();
    MRSN_RETURN_IF_ERROR(group.Agree(stored));
  }
  return StoredFeatures::Open(path, options.identity, dataset);
}

}  // namespace mrsn::experiments
