#include "datasets/media/for_each_video.h"

#include <algorithm>
#include <exception>
#include <mutex>
#include <utility>

#include "absl/strings/str_cat.h"
#include "ops/base/parallel.h"
#include "ops/base/progress.h"

namespace mrsn::datasets {

std::vector<absl::Status> ForEachVideo(
    const std::string& title, int64_t count, int threads,
    const std::function<absl::Status(int thread, int64_t video, const std::function<void()>& frame_done)>&
        work) {
  std::vector<absl::Status> statuses(count);
  std::mutex mutex;  // guards the variables below
  ProgressBar progress(title, count, "frames");
  int64_t next = 0, done = 0, frames = 0, failed = 0;
  RunTasks(static_cast<int>(std::clamp<int64_t>(count, 1, std::max(1, threads))), [&](int thread) {
    const auto frame_done = [&] {
      std::lock_guard<std::mutex> lock(mutex);
      progress.Update(done, ++frames, failed == 0 ? "" : absl::StrCat(failed, " failed"));
    };
    std::unique_lock<std::mutex> lock(mutex);
    while (next < count) {
      const int64_t video = next++;
      lock.unlock();
      absl::Status status;
      try {  // an exception that left this thread would end the program
        status = work(thread, video, frame_done);
      } catch (const std::exception& error) {
        status = absl::InternalError(error.what());
      }
      lock.lock();
      if (!status.ok()) ++failed;
      statuses[video] = std::move(status);
      progress.Update(++done, frames, failed == 0 ? "" : absl::StrCat(failed, " failed"));
    }
  });
  progress.Finish();
  return statuses;
}

}  // namespace mrsn::datasets
