#include "experiments/run/bank_data.h"

#include "absl/strings/str_cat.h"
#include "experiments/config/data_paths.h"
#include "experiments/config/text_proto.h"
#include "ops/base/fingerprint.h"

namespace mrsn::experiments {

std::string BankData(const datasets::Dataset& dataset, DatasetConfig data) {
  data.clear_cache_megabytes();
  data.clear_train_split();
  ForgetPlacesOfFiles(&data);  // their contents are in the data set's fingerprint
  return Fingerprint(absl::StrCat(dataset.Fingerprint(), "\n", PrintTextProto(data)));
}

}  // namespace mrsn::experiments
