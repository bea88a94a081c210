// Finds out which boxes of successive key frames are one person's.
#ifndef MRSN_EXPERIMENTS_DETECT_TRACKER_H_
#define MRSN_EXPERIMENTS_DETECT_TRACKER_H_

#include <deque>
#include <vector>

#include "ops/base/box.h"

namespace mrsn::experiments {

// Boxes are matched by the overlap of enlarged boxes, first with a small and then with a large enlargement,
// as in C-BIoU (Yang et al., "Hard to Track Objects With Irregular Motions and Similar Appearances? Make It
// Easier by Buffering the Matching Space", WACV 2023, Sec. 3). Key frames lie up to a second apart, in which
// a person may leave the own box.
struct TrackerOptions {
  // The share of a box's width and height that is added on each side in the first and the second pass.
  float small_buffer = 0.15f, large_buffer = 0.6f;
  float min_overlap = 0.1f;  // IoU that enlarged boxes must exceed
  double lost_seconds = 3;   // a track that nobody was seen on for longer is over
  int motion_boxes = 4;      // the last boxes that tell a track's velocity
};

class Tracker {
 public:
  explicit Tracker(const TrackerOptions& options = {}) : options_(options) {}

  // The track of each box of the key frame at `seconds`, which is later than those before. Tracks are
  // numbered from 1 in the order of their first boxes. A track's box is expected where a constant velocity
  // carries it. Pairs are chosen greedily: the most similar one first; of equal ones that of the older track,
  // then that of the first box.
  std::vector<int> Update(double seconds, const std::vector<Box>& boxes);

 private:
  struct Seen {
    double seconds;
    Box box;
  };
  struct Track {
    int number;
    std::deque<Seen> seen;  // at most motion_boxes, at least one
  };

  Box Expected(const Track& track, double seconds) const;
  // Matches the boxes without a track (0) with tracks that are free.
  void Match(float buffer, const std::vector<Box>& expected, const std::vector<Box>& boxes,
             std::vector<int>* place_of_box) const;

  const TrackerOptions options_;
  std::vector<Track> tracks_;  // by number
  int last_number_ = 0;
};

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_DETECT_TRACKER_H_
