#include "datasets/extract/extract_frames.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <optional>
#include <system_error>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "datasets/media/for_each_video.h"
#include "datasets/media/frame_name.h"
#include "datasets/media/frame_stream.h"
#include "datasets/media/temporary_folder.h"
#include "datasets/video_frames.h"
#include "opencv2/imgcodecs.hpp"
#include "opencv2/imgproc.hpp"
#include "ops/base/file.h"
#include "ops/base/status_macros.h"

namespace mrsn::datasets {
namespace {

namespace fs = std::filesystem;

constexpr double kUsualRate = 25;
constexpr double kTimeSlack = 1e-6;  // seconds

// Writes frames as images, encoding each once.
class ImageWriter {
 public:
  ImageWriter(const ExtractOptions& options, std::string video, std::string folder)
      : options_(options), video_(std::move(video)), folder_(std::move(folder)) {}

  // The frame of the stream's position is the one that Write writes from now on.
  void Take(cv::Mat frame) {
    frame_ = std::move(frame);
    bytes_.clear();
  }

  absl::Status Write(int64_t copies) {
    for (; copies > 0; --copies) {
      if (bytes_.empty()) {
        MRSN_RETURN_IF_ERROR(Encode());
      }
      const std::string path = absl::StrCat(
          folder_, "/", FrameFileName(options_.frame_name, video_, options_.first_frame + written_));
      // The file needs no temporary name, because the folder has one.
      std::ofstream file(path, std::ios::binary);
      file.write(reinterpret_cast<const char*>(bytes_.data()), static_cast<std::streamsize>(bytes_.size()));
      file.close();
      if (!file)
        return absl::UnavailableError(absl::StrCat(path, ": cannot write ", bytes_.size(), " bytes"));
      ++written_;
    }
    return absl::OkStatus();
  }

  int64_t written() const { return written_; }

 private:
  absl::Status Encode() {
    cv::Mat image = frame_;
    const int side = std::min(frame_.cols, frame_.rows);
    if (options_.short_side > 0 && side > options_.short_side) {
      const double scale = static_cast<double>(options_.short_side) / side;
      const auto scaled = [&](int length) {
        return std::max(1, static_cast<int>(std::lround(length * scale)));
      };
      cv::resize(frame_, image, {scaled(frame_.cols), scaled(frame_.rows)}, 0, 0, cv::INTER_AREA);
    }
    const std::string extension = fs::path(options_.frame_name).extension();
    const std::vector<int> parameters =
        extension == ".png" ? std::vector<int>{cv::IMWRITE_PNG_COMPRESSION, 3}
                            : std::vector<int>{cv::IMWRITE_JPEG_QUALITY, options_.jpeg_quality};
    try {
      if (cv::imencode(extension, image, bytes_, parameters)) return absl::OkStatus();
    } catch (const cv::Exception& error) {
      return absl::InternalError(absl::StrCat("cannot encode an image: ", error.err));
    }
    return absl::InternalError("cannot encode an image");
  }

  const ExtractOptions& options_;
  const std::string video_, folder_;
  cv::Mat frame_;
  std::vector<uchar> bytes_;
  int64_t written_ = 0;
};

// The last part of a video's name: frames/Diving/v_1/v_1_000001.jpg.
std::string LastPart(const std::string& name) { return name.substr(name.rfind('/') + 1); }

std::string SettingsText(const ExtractOptions& options) {
  return absl::StrCat("rate: ", options.rate, options.rule == FrameRule::kNearest ? " nearest" : " ffmpeg",
                      "\nfirst second: ", options.first_second, "\nseconds: ", options.seconds,
                      "\nshort side: ", options.short_side, "\njpeg quality: ", options.jpeg_quality,
                      "\nframe name: ", options.frame_name, "\nfirst frame: ", options.first_frame, "\n");
}

// Whether `folder` holds the frames that `record` states.
absl::Status VerifyFolder(const std::string& folder, const std::string& video, const ExtractOptions& options,
                          const std::string& record) {
  const std::string settings = SettingsText(options);
  int64_t frames = 0;
  if (!absl::StartsWith(record, settings) ||
      !absl::SimpleAtoi(absl::StripAsciiWhitespace(record.substr(settings.size() + sizeof("frames: ") - 1)),
                        &frames)) {
    return absl::FailedPreconditionError(
        absl::StrCat(folder, ": was made with other settings; remove the folder or name another output"));
  }
  MRSN_ASSIGN_OR_RETURN(const FrameListing listing, ListFrames(folder));
  if (static_cast<int64_t>(listing.frames.size()) != frames ||
      listing.frames.front().number != options.first_frame ||
      listing.frames.back().number != options.first_frame + frames - 1) {
    return absl::DataLossError(absl::StrCat(folder, ": has not the ", frames, " frames that were written"));
  }
  return ReadImage(absl::StrCat(
                       folder, "/",
                       FrameFileName(options.frame_name, LastPart(video), options.first_frame + frames - 1)))
      .status();
}

}  // namespace

absl::StatusOr<int64_t> ExtractVideo(const MediaFile& video, const ExtractOptions& options,
                                     const std::string& folder, const std::function<void()>& frame_done,
                                     bool* shorter) {
  MRSN_ASSIGN_OR_RETURN(const auto stream,
                        FrameStream::Open(video.path, options.rate > 0 ? options.rate : 30));
  FrameSelector selector(options.rule, options.rate, stream->rate());
  ImageWriter writer(options, LastPart(video.name), folder);
  const bool native = options.rate == 0;
  const double last_second = options.seconds > 0 ? options.first_second + options.seconds : INFINITY;
  const int64_t most =
      options.seconds > 0 && !native ? std::llround(options.seconds * options.rate) : INT64_MAX;
  std::optional<double> start;
  double end = 0;
  bool cut = false;
  while (!cut && writer.written() < most) {
    MRSN_ASSIGN_OR_RETURN(const bool more, stream->Advance());
    if (!more) break;
    const double seconds = stream->seconds();
    if (seconds < options.first_second - kTimeSlack) continue;
    cut = seconds >= last_second - kTimeSlack;
    if (cut) break;
    // FFmpeg also fills the time before a first frame that the codec delays; a part begins with its first
    // frame.
    if (!start.has_value()) start = options.first_second > 0 ? seconds : -stream->start();
    end = seconds - *start + 1 / (stream->rate() > 0 ? stream->rate() : kUsualRate);
    const FrameSelector::Copies copies =
        native ? FrameSelector::Copies{0, 1} : selector.Add(seconds - *start);
    MRSN_RETURN_IF_ERROR(writer.Write(std::min(copies.previous, most - writer.written())));
    MRSN_ASSIGN_OR_RETURN(cv::Mat frame, stream->Frame());
    writer.Take(std::move(frame));
    MRSN_RETURN_IF_ERROR(writer.Write(std::min(copies.current, most - writer.written())));
    frame_done();
  }
  if (!start.has_value()) {
    return absl::InvalidArgumentError(
        absl::StrCat(video.path, ": ends at second ", stream->seconds(), ", before ", options.first_second));
  }
  if (!native) {
    MRSN_RETURN_IF_ERROR(writer.Write(std::min(selector.Finish(end), most - writer.written())));
  }
  *shorter = options.seconds > 0 && !cut && writer.written() < most && end + 0.5 < options.seconds;
  return writer.written();
}

ExtractReport ExtractFrames(const std::vector<MediaFile>& videos, const ExtractOptions& options,
                            const std::string& output) {
  ExtractReport report;
  report.videos = static_cast<int64_t>(videos.size());
  std::vector<int64_t> frames(videos.size());
  std::vector<char> extracted(videos.size()), shorter(videos.size());
  const auto extract = [&](int, int64_t i, const std::function<void()>& frame_done) -> absl::Status {
    const MediaFile& video = videos[i];
    const std::string folder = absl::StrCat(output, "/", video.name);
    const std::string record_path = absl::StrCat(output, "/.extracted/", video.name, ".txt");
    if (FileExists(folder)) {
      if (!FileExists(record_path)) {
        return absl::AlreadyExistsError(
            absl::StrCat(folder, ": was not made by this program; it is left as it is"));
      }
      MRSN_ASSIGN_OR_RETURN(const std::string record, ReadFile(record_path));
      const absl::Status verified = VerifyFolder(folder, video.name, options, record);
      if (verified.ok() || absl::IsFailedPrecondition(verified)) return verified;
    }
    TemporaryFolder temporary(absl::StrCat(output, "/.extracted/", video.name, ".tmp"));
    MRSN_RETURN_IF_ERROR(temporary.Take());
    bool ends_early = false;
    MRSN_ASSIGN_OR_RETURN(frames[i], ExtractVideo(video, options, temporary.path(), frame_done, &ends_early));
    MRSN_RETURN_IF_ERROR(MakeFolders(fs::path(folder).parent_path()));
    MRSN_RETURN_IF_ERROR(
        WriteFileAtomically(record_path, absl::StrCat(SettingsText(options), "frames: ", frames[i], "\n")));
    MRSN_RETURN_IF_ERROR(temporary.Rename(folder));
    extracted[i] = 1;
    shorter[i] = ends_early;
    return absl::OkStatus();
  };
  const std::vector<absl::Status> statuses =
      ForEachVideo("extract frames", report.videos, options.threads, extract);
  for (size_t i = 0; i < videos.size(); ++i) {
    if (!statuses[i].ok()) {
      report.failed.push_back(absl::StrCat(videos[i].name, ": ", statuses[i].message()));
      continue;
    }
    ++(extracted[i] ? report.extracted : report.complete);
    if (!extracted[i]) continue;
    report.frames += frames[i];
    if (shorter[i]) {
      report.shorter.push_back(
          absl::StrCat(videos[i].name, ": ", frames[i], " frames; ", options.seconds, " s were asked for"));
    }
  }
  return report;
}

}  // namespace mrsn::datasets
