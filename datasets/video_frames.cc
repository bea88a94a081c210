#include "datasets/video_frames.h"

#include <turbojpeg.h>

#include <algorithm>
#include <array>
#include <memory>
#include <set>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "datasets/pixels/pixel_matrix.h"
#include "datasets/pixels/row_kernels.h"
#include "opencv2/imgcodecs.hpp"
#include "opencv2/imgproc.hpp"
#include "ops/base/file.h"
#include "ops/base/status_macros.h"

namespace mrsn::datasets {
namespace {

constexpr int64_t kMostPixels = int64_t{1} << 30;  // OpenCV's bound, which it explains

// libjpeg fills missing parts with grey and only warns.
bool IsCutJpeg(const std::string& contents) {
  if (!absl::StartsWith(contents, "\xFF\xD8")) return false;
  // Some encoders pad the file behind its end-of-image marker.
  const size_t tail = contents.size() > 32 ? contents.size() - 32 : 0;
  return contents.find("\xFF\xD9", tail) == std::string::npos;
}

using TurboJpeg = std::unique_ptr<void, decltype(&tjDestroy)>;

void* JpegDecoder() {
  thread_local const TurboJpeg decoder(tjInitDecompress(), &tjDestroy);
  return decoder.get();
}

// The planes of a JPEG whose colours have half of its width and height, as nearly all have: its pixels are
// those of DecodeJpeg, but nothing between the planes and the clip is ever written down. Empty for others,
// and if the library reports anything.
Frame DecodePlanes(const std::string& contents) {
  if (JpegDecoder() == nullptr || !RowKernelsRun()) return {};
  const auto* bytes = reinterpret_cast<const unsigned char*>(contents.data());
  int width = 0, height = 0, subsampling = 0, colours = 0;
  if (tjDecompressHeader3(JpegDecoder(), bytes, contents.size(), &width, &height, &subsampling, &colours) !=
          0 ||
      subsampling != TJSAMP_420 || colours != TJCS_YCbCr || width % 2 != 0 || height % 2 != 0 ||
      width < Frame::kFewestJpegColumns || int64_t{width} * height > kMostPixels) {
    return {};
  }
  return Frame::OfJpeg(width, height, [&](const std::array<uint8_t*, 3>& planes) {
    std::array<uint8_t*, 3> to = planes;
    int strides[3] = {width, width / 2, width / 2};
    return tjDecompressToYUVPlanes(JpegDecoder(), bytes, contents.size(), to.data(), width, strides, height,
                                   TJFLAG_ACCURATEDCT | TJFLAG_STOPONWARNING) == 0;
  });
}

// A JPEG decoded to RGB at once: the pixels of OpenCV's decoder, which is the same library, in half of its
// time. Empty if the library reports anything; OpenCV then decides whether the image can be read.
cv::Mat DecodeJpeg(const std::string& contents) {
  void* const decoder = JpegDecoder();
  if (decoder == nullptr) return {};
  const auto* bytes = reinterpret_cast<const unsigned char*>(contents.data());
  int width = 0, height = 0, subsampling = 0, colours = 0;
  if (tjDecompressHeader3(decoder, bytes, contents.size(), &width, &height, &subsampling, &colours) != 0 ||
      colours == TJCS_CMYK || colours == TJCS_YCCK || int64_t{width} * height > kMostPixels) {
    return {};
  }
  cv::Mat rgb = NewPixels(height, width, CV_8UC3);
  if (tjDecompress2(decoder, bytes, contents.size(), rgb.data, width, static_cast<int>(rgb.step[0]), height,
                    TJPF_RGB, TJFLAG_ACCURATEDCT | TJFLAG_STOPONWARNING) != 0) {
    return {};
  }
  return rgb;
}

// `as_planes`: a JPEG may stay Y'CbCr.
absl::StatusOr<Frame> Read(const std::string& path, bool as_planes) {
  MRSN_ASSIGN_OR_RETURN(const std::string contents, ReadFile(path));
  if (IsCutJpeg(contents)) return absl::DataLossError(absl::StrCat(path, ": the image breaks off"));
  cv::Mat bgr;
  try {
    if (absl::StartsWith(contents, "\xFF\xD8")) {
      if (Frame planes = as_planes ? DecodePlanes(contents) : Frame(); !planes.empty()) return planes;
      if (cv::Mat rgb = DecodeJpeg(contents); !rgb.empty()) return Frame(std::move(rgb));
    }
    if (!contents.empty()) {
      const cv::Mat bytes(1, static_cast<int>(contents.size()), CV_8UC1, const_cast<char*>(contents.data()));
      bgr = cv::imdecode(bytes, cv::IMREAD_COLOR | cv::IMREAD_IGNORE_ORIENTATION);
    }
  } catch (const cv::Exception& error) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": ", error.err));
  }
  if (bgr.empty()) return absl::InvalidArgumentError(absl::StrCat(path, ": not an image OpenCV can read"));
  cv::Mat rgb;
  cv::cvtColor(bgr, rgb, cv::COLOR_BGR2RGB);
  return Frame(std::move(rgb));
}

}  // namespace

absl::StatusOr<Frame> ReadFrame(const std::string& path) { return Read(path, /*as_planes=*/true); }

absl::StatusOr<cv::Mat> ReadImage(const std::string& path) {
  MRSN_ASSIGN_OR_RETURN(const Frame frame, Read(path, /*as_planes=*/false));
  return frame.Rgb();
}

absl::StatusOr<cv::Mat> VideoFrames::ReadOne(int64_t number) const {
  MRSN_ASSIGN_OR_RETURN(const std::vector<Frame> frames, Read({number}));
  return frames[0].Rgb();
}

absl::StatusOr<VideoFrames> FramesOf(VideoStore& store, const std::string& path) {
  MRSN_ASSIGN_OR_RETURN(const auto index, store.Index(path));
  return VideoFrames{index->frames(),
                     [&store, path](const std::vector<int64_t>& numbers, const TakeFrame& take) {
                       return store.Visit(path, numbers, take);
                     }};
}

VideoFrames FramesOf(const FrameFolder& folder, int64_t count) {
  return {count, [folder](const std::vector<int64_t>& numbers, const TakeFrame& take) -> absl::Status {
            cv::Size size;
            for (const int64_t number : std::set<int64_t>(numbers.begin(), numbers.end())) {
              MRSN_ASSIGN_OR_RETURN(const Frame image, ReadFrame(folder.PathOf(number)));
              if (size.empty()) size = image.size();
              if (image.size() != size) {
                const int64_t first = *std::min_element(numbers.begin(), numbers.end());
                return absl::InvalidArgumentError(
                    absl::StrCat(folder.PathOf(number), ": the image is ", image.width(), "x", image.height(),
                                 ", ", folder.PathOf(first), " ", size.width, "x", size.height));
              }
              MRSN_RETURN_IF_ERROR(take(number, image));
            }
            return absl::OkStatus();
          }};
}

absl::StatusOr<VideoFrames> OpenFrames(const VideoMedia& media) {
  if (media.images.has_value()) {
    if (media.count > 0) return FramesOf(*media.images, media.count);
    return absl::NotFoundError(absl::StrCat(media.images->PathOf(0), ": no such frame"));
  }
  VideoStoreOptions options;
  options.frame_bytes = size_t{64} << 20;
  const auto store = std::make_shared<VideoStore>(options);
  MRSN_ASSIGN_OR_RETURN(VideoFrames frames, FramesOf(*store, media.path));
  frames.visit = [store, visit = std::move(frames.visit)](const std::vector<int64_t>& numbers,
                                                          const TakeFrame& take) {
    return visit(numbers, take);
  };
  return frames;
}

}  // namespace mrsn::datasets
