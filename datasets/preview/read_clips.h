// Draws key frames of a data set and reads what a preview shows of them.
#ifndef MRSN_DATASETS_PREVIEW_READ_CLIPS_H_
#define MRSN_DATASETS_PREVIEW_READ_CLIPS_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "datasets/dataset_layout.h"
#include "datasets/preview/preview_page.h"

namespace mrsn::datasets {

struct PreviewOptions {
  int split = 0;           // place in DatasetLayout::splits
  int clips = 24;          // at most
  uint64_t seed = 1;       // equal seeds draw equal key frames
  std::string video;       // only videos whose names have this text; "" = all
  std::string class_name;  // only key frames with this class (its name or id); "" = all
  int short_side = 360;    // of the images, which are never enlarged
  double around = 1;       // seconds before and after the key frame that small images show; 0 = none
  int threads = 1;
};

// Key frames are drawn so that as many videos as possible occur. Key frames are those with an annotation or
// with a box above the threshold, less the excluded ones. A frame that cannot be read is a clip with a fault.
// Errors: files of rows that cannot be read, no key frame that fits.
absl::StatusOr<PreviewPage> ReadPreview(const DatasetLayout& layout, const PreviewOptions& options);

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_PREVIEW_READ_CLIPS_H_
