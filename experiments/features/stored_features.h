// The frozen-backbone protocol: the maps of a backbone that is not trained are computed once, stored as
// binary16, and read in place of clips. Heads are trained on them ten to thirty times faster.
//
//   MRSN_RETURN_IF_ERROR(StoreFeatures(options, path, *data, model));
//   MRSN_ASSIGN_OR_RETURN(const auto seen, StoredFeatures::Open(path, identity, *data));
//   seen->Load(index, seed)   // as data->Load(index, seed), with Sample::features in place of frames
//
// On disk the maps are a relation bank (mrsn/bank/relation_bank.h) with one entry a clip, under the clip's
// video and second, and one for its mirror image, under <video>/mirrored. An entry's box holds the sizes of
// frame and map. So maps are checked, resumable and read without a copy in memory, as banks are.
#ifndef MRSN_EXPERIMENTS_FEATURES_STORED_FEATURES_H_
#define MRSN_EXPERIMENTS_FEATURES_STORED_FEATURES_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "datasets/dataset.h"
#include "datasets/dataset_config.pb.h"
#include "datasets/dataset_view.h"
#include "mrsn/bank/bank_identity.h"
#include "mrsn/bank/relation_bank.h"
#include "mrsn/detector.h"

namespace mrsn::experiments {

// Names the maps of all clips of `dataset`, which `data` opened: the backbone's weights, the data, and how
// clips are cut and scaled. The head does not enter, so that all heads share the maps.
BankIdentity FeaturesIdentity(const datasets::Dataset& dataset, const DatasetConfig& data,
                              const Detector& model);

struct StoreFeaturesOptions {
  std::string title;  // before the progress bar
  int batch_size = 16;
  int workers = 0;  // threads that read clips; 0: datasets::DefaultWorkers()
  BankIdentity identity;
  bool wait = true;  // while another job writes the maps; false: the error Unavailable
};

// Computes the map of every clip, and of its mirror image if the data's augmentation makes one, by the
// model's backbone in evaluation mode, and puts them to `path`. AlreadyExists if something stands there.
// After an error, a stop signal or the process's death the maps that were computed are kept beside `path`,
// and the same call goes on. InvalidArgument if the model finds persons itself and so has no backbone of its
// own, or if clips have frames of several sizes; Unimplemented if the data cannot give persons without clips
// (Dataset::LoadPersons); the error of a clip that cannot be read.
absl::Status StoreFeatures(const StoreFeaturesOptions& options, const std::string& path,
                           const datasets::Dataset& dataset, Detector& model);

// A data set whose clips are their maps.
class StoredFeatures : public datasets::DatasetView {
 public:
  // The errors of RelationBank::Open. `dataset` must outlive this object.
  static absl::StatusOr<std::unique_ptr<StoredFeatures>> Open(const std::string& path,
                                                              const BankIdentity& identity,
                                                              const datasets::Dataset& dataset);

  // NotFound if the clip has no map.
  absl::StatusOr<datasets::Sample> Load(int64_t index, uint64_t augmentation_seed) const override;

 private:
  StoredFeatures(const datasets::Dataset& dataset, std::unique_ptr<RelationBank> bank)
      : DatasetView(dataset), bank_(std::move(bank)) {}

  const std::unique_ptr<RelationBank> bank_;
};

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_FEATURES_STORED_FEATURES_H_
