// Where the boxes of persons come from: a detector, or a file.
#ifndef MRSN_EXPERIMENTS_DETECT_PERSONS_H_
#define MRSN_EXPERIMENTS_DETECT_PERSONS_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "datasets/persons/person_detector.h"
#include "opencv2/core.hpp"
#include "ops/base/timestamp.h"
#include "ops/formats/box_list_types.h"

namespace mrsn::experiments {

// A key frame as persons are found in it.
struct KeyframePicture {
  double seconds = 0;  // as users name it: first_second + the time from the first frame
  int64_t frame = 0;   // of the file, from 0
  cv::Mat bgr;         // 8-bit
};

class PersonFinder {
 public:
  virtual ~PersonFinder() = default;
  virtual absl::StatusOr<std::vector<datasets::PersonBox>> Find(const KeyframePicture& picture) = 0;
  // Behind the last key frame: an error if the boxes do not belong to this video.
  virtual absl::Status Finish() const { return absl::OkStatus(); }
};

// `detector` must outlive it.
std::unique_ptr<PersonFinder> FinderOf(datasets::PersonDetector& detector);

// Asks `finder` once for each frame, for who reads a video more than once. `finder` must outlive it.
std::unique_ptr<PersonFinder> Remembering(PersonFinder& finder);

struct PersonFileOptions {
  formats::Timestamps keyframes = formats::Timestamps::kAvaSeconds;  // seconds, or frames from 1
  double frame_width = 0, frame_height = 0;  // of boxes in pixels; 0: such a file is an error
  float min_score = 0;                       // boxes whose score exceeds this are persons
};

// A list of boxes of any layout of ops/formats/box_list.h, of one or more videos.
class PersonFile {
 public:
  // Odd rows are errors that name file and line.
  static absl::StatusOr<PersonFile> Read(const std::string& path, const PersonFileOptions& options);

  // The boxes of one video, whose rows name it `video`, or by a name that is the other's end behind a slash.
  // Boxes belong to the key frame of their second to a millisecond, or of their frame. NotFound: no row names
  // the video. Finish() is an error if boxes were there, and no key frame has any. The file must outlive the
  // finder.
  absl::StatusOr<std::unique_ptr<PersonFinder>> For(const std::string& video) const;

 private:
  // By second, or by frame from 1.
  using PersonsByTime = std::map<Timestamp, std::vector<datasets::PersonBox>>;
  class Finder;

  std::string path_;
  PersonFileOptions options_;
  std::map<std::string, PersonsByTime> videos_;
};

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_DETECT_PERSONS_H_
