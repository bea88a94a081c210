// The images of key frames, from the data that a result was measured on.
#ifndef MRSN_EXPERIMENTS_REPORT_KEYFRAME_IMAGES_H_
#define MRSN_EXPERIMENTS_REPORT_KEYFRAME_IMAGES_H_

#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "datasets/dataset.h"
#include "datasets/dataset_config.pb.h"
#include "ops/base/box.h"
#include "ops/base/keyframe.h"
#include "ops/formats/annotation_box.h"

namespace mrsn::experiments {

struct KeyframeImage {
  std::string jpeg;           // bytes; at most kWidth pixels wide
  int width = 0, height = 0;  // that a page shows it in: kWidth, and as high as the frame's shape wants
  static constexpr int kWidth = 480;
};

class KeyframeImages {
 public:
  // Opens the evaluated data below `data_root`; generated data that is not in the cache `cache_root` ("" =
  // CacheFolder()) is not made. FailedPrecondition if the data is not that of `fingerprint`
  // (Result.data_fingerprint); the errors of opening.
  static absl::StatusOr<KeyframeImages> Open(DatasetConfig config, const std::string& data_root,
                                             const std::string& cache_root, const std::string& fingerprint);

  // NotFound for a key frame that the data does not have; the errors of reading name the file.
  absl::StatusOr<KeyframeImage> Read(const Keyframe& keyframe) const;

  // A box in the unit of the data set's files, normalised to the frame.
  Box Normalised(const formats::BoxD& box) const;

 private:
  explicit KeyframeImages(std::unique_ptr<datasets::Dataset> dataset) : dataset_(std::move(dataset)) {}

  std::unique_ptr<datasets::Dataset> dataset_;
};

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_REPORT_KEYFRAME_IMAGES_H_
