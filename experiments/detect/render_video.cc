#include "experiments/detect/render_video.h"

#include <algorithm>
#include <cstdint>
#include <memory>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "datasets/stream/steady_frames.h"
#include "experiments/detect/contact_sheet.h"
#include "experiments/detect/relation_drawing.h"
#include "opencv2/imgcodecs.hpp"
#include "opencv2/imgproc.hpp"
#include "opencv2/videoio.hpp"
#include "ops/base/file.h"
#include "ops/base/progress.h"
#include "ops/base/status_macros.h"
#include "ops/base/stop_signal.h"
#include "ops/base/temporary_file.h"

namespace mrsn::experiments {
namespace {

constexpr int kLeastSide = 240;

// How often a small video is enlarged.
int Enlargement(int width, int height) {
  const int shorter = std::min(width, height);
  return shorter > 0 ? (kLeastSide + shorter - 1) / shorter : 1;
}

// An MP4 file under a temporary name.
class Mp4Writer {
 public:
  Mp4Writer(const std::string& path, double rate, cv::Size size) : path_(path), file_(path) {
    // Which encoders there are depends on how FFmpeg was built.
    for (const auto& [name, code] : {std::pair("H.264", "avc1"), std::pair("MPEG-4", "mp4v")}) {
      try {
        writer_.open(file_.path(), cv::CAP_FFMPEG,
                     cv::VideoWriter::fourcc(code[0], code[1], code[2], code[3]), rate, size);
      } catch (const cv::Exception&) {
        continue;
      }
      codec_ = name;
      if (writer_.isOpened()) break;
    }
  }

  absl::Status Check() const {
    if (writer_.isOpened()) return absl::OkStatus();
    return absl::FailedPreconditionError(
        absl::StrCat(path_, ": OpenCV cannot write it: no encoder for H.264 or MPEG-4, or no such folder"));
  }
  void Add(const cv::Mat& bgr) {
    writer_.write(bgr);
    ++frames_;
  }
  // The encoder reports no errors: a file that has lost frames, for lack of space, is found by its length.
  absl::Status Finish() {
    writer_.release();
    cv::VideoCapture written(file_.path(), cv::CAP_FFMPEG);
    const auto frames = static_cast<int64_t>(written.get(cv::CAP_PROP_FRAME_COUNT));
    if (!written.isOpened() || frames < frames_) {
      return absl::DataLossError(
          absl::StrCat(path_, ": cannot write: ", frames, " of ", frames_, " frames are in it"));
    }
    return file_.Commit();
  }
  const std::string& codec() const { return codec_; }

 private:
  const std::string path_;
  TemporaryFile file_;
  cv::VideoWriter writer_;
  std::string codec_;
  int64_t frames_ = 0;
};

absl::Status WriteSheet(const std::vector<cv::Mat>& cells, const RenderOptions& options) {
  std::vector<uchar> png;
  if (!cv::imencode(".png", ContactSheet(cells, options.title), png)) {
    return absl::InternalError(absl::StrCat(options.stem, ".png: OpenCV cannot encode it"));
  }
  return WriteFileAtomically(options.stem + ".png",
                             absl::string_view(reinterpret_cast<const char*>(png.data()), png.size()));
}

}  // namespace

absl::StatusOr<std::string> RenderVideo(const DetectedVideo& video, const RenderOptions& options) {
  CatchStopSignals();
  MRSN_ASSIGN_OR_RETURN(const auto frames, datasets::SteadyFrames::Open(video.path, video.frames_per_second));
  const int enlargement = Enlargement(video.width, video.height);
  const cv::Rect even(0, 0, enlargement * video.width / 2 * 2, enlargement * video.height / 2 * 2);
  Mp4Writer writer(options.stem + ".mp4", frames->rate(), even.size());
  MRSN_RETURN_IF_ERROR(writer.Check());
  std::unique_ptr<Mp4Writer> relations;
  if (options.relations) {
    relations = std::make_unique<Mp4Writer>(options.stem + ".relations.mp4", frames->rate(), even.size());
    MRSN_RETURN_IF_ERROR(relations->Check());
  }
  ShownPersons shown(video, options.classes, options.shown);
  const std::vector<size_t> chosen = SheetKeyframes(video, options.sheet_frames);
  std::vector<cv::Mat> cells;
  ProgressBar bar(absl::StrCat("draw ", video.name), video.frames, "frames");
  while (true) {
    if (StopSignal() != 0) return Stopped(absl::StrCat(options.stem, ".mp4 is not written"));
    MRSN_ASSIGN_OR_RETURN(const bool more, frames->Advance());
    if (!more) break;
    while (cells.size() < chosen.size() && video.keyframes[chosen[cells.size()]].frame <= frames->index()) {
      const DetectedKeyframe& keyframe = video.keyframes[chosen[cells.size()]];
      std::vector<DrawnPerson> persons;
      for (const ScoredPerson& person : keyframe.persons) {
        persons.push_back(ShownPerson(person, options.classes, options.shown));
      }
      cells.push_back(SheetCell(frames->picture(), persons, keyframe.seconds));
    }
    cv::Mat picture = frames->picture().clone();
    if (enlargement > 1) {
      cv::resize(frames->picture(), picture, cv::Size(), enlargement, enlargement, cv::INTER_CUBIC);
    }
    const std::vector<DrawnPerson> persons =
        shown.At(static_cast<double>(frames->position()) / frames->rate());
    if (relations != nullptr) {
      cv::Mat looks = picture.clone();
      if (shown.nearest() != nullptr) DrawRelations(*shown.nearest(), persons, &looks);
      relations->Add(looks(even));
    }
    DrawPersons(persons, &picture);
    writer.Add(picture(even));
    bar.Update(frames->index() + 1, frames->index() + 1, "");
  }
  bar.Finish();
  MRSN_RETURN_IF_ERROR(writer.Finish());
  if (relations != nullptr) MRSN_RETURN_IF_ERROR(relations->Finish());
  MRSN_RETURN_IF_ERROR(WriteSheet(cells, options));
  return writer.codec();
}

}  // namespace mrsn::experiments
