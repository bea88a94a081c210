// Works on many videos at once, with a progress bar; a video that fails does not stop the others.
#ifndef MRSN_DATASETS_MEDIA_FOR_EACH_VIDEO_H_
#define MRSN_DATASETS_MEDIA_FOR_EACH_VIDEO_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"

namespace mrsn::datasets {

// Calls work(thread, video, frame_done) for each video 0 .. count - 1, from `threads` threads at a time;
// thread is 0 .. threads - 1. `work` calls frame_done() after each frame. The bar, titled `title`, counts
// videos. The returned statuses are those of `work`, in the order of the videos.
std::vector<absl::Status> ForEachVideo(
    const std::string& title, int64_t count, int threads,
    const std::function<absl::Status(int thread, int64_t video, const std::function<void()>& frame_done)>&
        work);

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_MEDIA_FOR_EACH_VIDEO_H_
