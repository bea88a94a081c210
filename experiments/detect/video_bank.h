// The relation bank of one video, for models that look at the seconds around a clip.
#ifndef MRSN_EXPERIMENTS_DETECT_VIDEO_BANK_H_
#define MRSN_EXPERIMENTS_DETECT_VIDEO_BANK_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "datasets/dataset.h"
#include "datasets/stream/clip_stream.h"
#include "experiments/detect/clip_scorer.h"
#include "experiments/detect/persons.h"
#include "mrsn/bank/relation_bank.h"

namespace mrsn::experiments {

struct VideoBankOptions {
  std::string name, path;             // of the video
  datasets::ClipStreamOptions clips;  // as the writing model wants them; `every` is one second
  double first_second = 0;  // the second that the video's first frame is; key frames are whole seconds
  BankIdentity identity;
  std::string folder;  // a folder that is not there yet; the bank is in it until the result is destroyed
};

// A bank and its folder, which its destructor removes.
class VideoBank {
 public:
  // Reads the video once and stores the features of every second's persons. Memory does not grow with the
  // video: the bank lies on the disk. Shows a progress bar. Errors as of DetectVideo.
  static absl::StatusOr<std::unique_ptr<VideoBank>> Write(const VideoBankOptions& options,
                                                          PersonFinder& persons, ClipScorer& writer);
  ~VideoBank();
  VideoBank(const VideoBank&) = delete;
  VideoBank& operator=(const VideoBank&) = delete;

  const RelationBank& bank() const { return *bank_; }

 private:
  explicit VideoBank(std::string folder) : folder_(std::move(folder)) {}

  const std::string folder_;
  std::unique_ptr<RelationBank> bank_;
};

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_DETECT_VIDEO_BANK_H_
