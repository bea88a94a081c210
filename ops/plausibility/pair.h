// Two files side by side: videos and key frames under common numbers, and the rows of a sample of key frames.
#ifndef MRSN_OPS_PLAUSIBILITY_PAIR_H_
#define MRSN_OPS_PLAUSIBILITY_PAIR_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/types/span.h"
#include "ops/formats/annotation_rows.h"
#include "ops/plausibility/finding.h"
#include "ops/plausibility/side_facts.h"

namespace mrsn::plausibility {

// How the other file may name an annotated key frame of time t: by t * numerator / denominator + add, all in
// seconds or frames.
struct Clock {
  int64_t numerator = 1, denominator = 1, add = 0;
  const char* text = "";
};
// The first is the right one.
absl::Span<const Clock> Clocks();

class Pair {
 public:
  enum Of { kAnnotated = 0, kOther = 1 };
  struct Keyframe {
    int video;
    Timestamp timestamp;
    bool has[2];  // the side names it
  };

  Pair(const Side& annotations, const Side& other, int max_sample);

  const Side& side(Of of) const { return *sides_[of]; }
  const std::vector<std::string>& videos() const { return videos_; }
  bool HasVideo(Of of, int video) const { return has_video_[of][video]; }
  int64_t CountVideos(Of of) const;
  const std::vector<Keyframe>& keyframes() const { return keyframes_; }
  std::string KeyframeName(int keyframe) const;

  // Annotated key frames with boxes in videos of both sides, evenly spread and in the order of the file.
  const std::vector<int>& sample() const { return sample_; }
  // The key frame that the other side names by `clock` for this one; -1 if there is none.
  int Counterpart(int keyframe, const Clock& clock) const;
  // The rows of a key frame of the sample or, for kOther, of a counterpart of one.
  absl::Span<const Place> Rows(Of of, int keyframe) const;

 private:
  int Find(int video, Timestamp timestamp) const;
  void Number(Of of);
  void Group(Of of, const std::vector<uint8_t>& needed);

  const Side* sides_[2];
  std::vector<std::string> videos_;
  absl::flat_hash_map<std::string, int> video_numbers_;
  std::vector<uint8_t> has_video_[2];
  std::vector<Keyframe> keyframes_;
  absl::flat_hash_map<std::pair<int, Timestamp>, int> keyframe_numbers_;
  std::vector<std::vector<int>> numbers_[2];  // by block and the block's own number
  std::vector<int> sample_;
  std::vector<uint32_t> begin_[2];  // by key frame
  std::vector<Place> rows_[2];
};

// Checks of a pair, each in a file of its own.
void CheckCommon(const Pair& pair, std::vector<Finding>& findings);
void CheckClasses(const Pair& pair, const SideFacts facts[2], const Options& options,
                  std::vector<Finding>& findings);
void CheckReadings(const Pair& pair, const SideFacts facts[2], std::vector<Finding>& findings);
void CheckClocks(const Pair& pair, std::vector<Finding>& findings);
void CheckSameBoxes(const Pair& pair, const SideFacts& other, std::vector<Finding>& findings);

}  // namespace mrsn::plausibility

#endif  // MRSN_OPS_PLAUSIBILITY_PAIR_H_
