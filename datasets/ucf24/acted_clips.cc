#include "datasets/ucf24/acted_clips.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "opencv2/imgproc.hpp"
#include "opencv2/videoio.hpp"
#include "ops/base/file.h"
#include "ops/base/random.h"
#include "ops/base/status_macros.h"

namespace mrsn::datasets {
namespace {

constexpr double kWidth = 320, kHeight = 240;  // pixels of the annotations; everything is placed in them
constexpr double kFramesASecond = 25;

struct Colour {
  int red, green, blue;
};

enum class Act { kBasketball, kSalsaSpin, kSoccerJuggling };

struct ActLook {
  Act act;
  const char* name;
  int class_id;
  Colour backdrop, floor;
  std::vector<Colour> shirts;  // one a person
};

const std::vector<ActLook>& Acts() {
  static const auto* acts = new std::vector<ActLook>{
      {Act::kBasketball, "Basketball", 0, {150, 140, 130}, {170, 110, 60}, {{200, 40, 40}}},
      {Act::kSalsaSpin, "SalsaSpin", 14, {90, 50, 110}, {60, 30, 60}, {{230, 200, 60}, {60, 200, 220}}},
      {Act::kSoccerJuggling, "SoccerJuggling", 18, {120, 170, 220}, {60, 140, 60}, {{240, 240, 240}}}};
  return *acts;
}

struct Tube {
  int person, first, last;  // frames from 0, both included
};

std::vector<Tube> TubesOf(Act act) {
  switch (act) {
    case Act::kBasketball:
      return {{0, 12, 71}};
    case Act::kSalsaSpin:
      return {{0, 0, kActedFrames - 1}, {1, 0, 33}, {1, 45, kActedFrames - 1}};
    case Act::kSoccerJuggling:
      return {{0, 0, kActedFrames - 1}};
  }
  return {};
}

// What differs from clip to clip.
struct Variation {
  double x, feet;  // where the first person stands, between the steps
  double height;   // of a person
  double phase;    // of the motion, in radians
  double period;   // frames of one round of the motion
  int shade;       // added to every colour of backdrop and floor
  uint64_t noise_seed;
};

Variation Vary(uint64_t seed) {
  SplitMix64 random(seed);
  Variation variation;
  variation.x = random.Uniform(120, 165);
  variation.feet = random.Uniform(215, 232);
  variation.height = random.Uniform(135, 165);
  variation.phase = random.Uniform(0, 6.28);
  variation.period = random.Uniform(26, 36);
  variation.shade = random.Between(-15, 15);
  variation.noise_seed = random.Next();
  return variation;
}

// The person's place in a frame, in whole pixels of 320 x 240 and inside of it.
cv::Rect Place(Act act, int person, const Variation& v, int frame) {
  const double angle = v.phase + 2 * CV_PI * frame / v.period;
  double x = v.x, feet = v.feet, height = v.height;
  switch (act) {
    case Act::kBasketball:
      x += 55 * std::sin(angle / 2);
      break;
    case Act::kSalsaSpin:
      x += (person == 0 ? -40 + 20 * std::sin(angle) : 80 - 20 * std::sin(angle));
      height *= person == 0 ? 1 : 0.9;
      break;
    case Act::kSoccerJuggling:
      feet -= 18 + 18 * std::sin(angle);
      height *= 1 + 0.03 * std::sin(angle);
      break;
  }
  const cv::Rect place(std::lround(x - 0.25 * height), std::lround(feet - height), std::lround(0.5 * height),
                       std::lround(height));
  return place & cv::Rect(0, 0, kWidth, kHeight);
}

class Painter {
 public:
  Painter(const ActLook& look, const Variation& variation, FrameSize size)
      : look_(look), variation_(variation), size_(size.width, size.height) {}

  // The frame in BGR, as cv::VideoWriter takes it.
  cv::Mat Paint(int frame) const {
    cv::Mat image(size_, CV_8UC3, Shaded(look_.backdrop));
    Box(&image, 0, 185, kWidth, kHeight, Shaded(look_.floor));
    for (const Tube& tube : TubesOf(look_.act)) {
      if (frame >= tube.first && frame <= tube.last) Person(&image, tube.person, frame);
    }
    Ball(&image, frame);
    Noise(&image, frame);
    return image;
  }

 private:
  static cv::Scalar Bgr(Colour colour) { return cv::Scalar(colour.blue, colour.green, colour.red); }
  cv::Scalar Shaded(Colour c) const {
    const int s = variation_.shade;
    return Bgr({c.red + s, c.green + s, c.blue + s});
  }
  cv::Point At(double x, double y) const {
    return cv::Point(std::lround(x * size_.width / kWidth), std::lround(y * size_.height / kHeight));
  }
  void Box(cv::Mat* image, double x1, double y1, double x2, double y2, const cv::Scalar& colour) const {
    cv::rectangle(*image, At(x1, y1), At(x2, y2) - cv::Point(1, 1), colour, cv::FILLED);
  }
  void Circle(cv::Mat* image, double x, double y, double radius, const cv::Scalar& colour) const {
    cv::circle(*image, At(x, y), std::max<int>(1, std::lround(radius * size_.width / kWidth)), colour,
               cv::FILLED);
  }

  // Head, shirt, arms and legs fill the box of the annotation from edge to edge.
  void Person(cv::Mat* image, int person, int frame) const {
    const cv::Rect place = Place(look_.act, person, variation_, frame);
    const double x = place.x, y = place.y, w = place.width, h = place.height;
    const cv::Scalar skin = Bgr({235, 190, 150}), shirt = Bgr(look_.shirts[person]);
    const cv::Scalar trousers = Bgr({25, 25, 130});
    const bool beat = frame / 4 % 2 == 0;
    Box(image, x + 0.2 * w, y + 0.2 * h, x + 0.8 * w, y + 0.6 * h, shirt);
    Box(image, x, y + 0.22 * h, x + 0.2 * w, y + (beat ? 0.5 : 0.35) * h, skin);
    Box(image, x + 0.8 * w, y + 0.22 * h, x + w, y + (beat ? 0.35 : 0.5) * h, skin);
    Box(image, x + (beat ? 0.1 : 0.25) * w, y + 0.6 * h, x + 0.45 * w, y + h, trousers);
    Box(image, x + 0.55 * w, y + 0.6 * h, x + (beat ? 0.75 : 0.9) * w, y + h, trousers);
    Circle(image, x + 0.5 * w, y + 0.1 * h, 0.1 * h, skin);
  }

  void Ball(cv::Mat* image, int frame) const {
    const cv::Rect place = Place(look_.act, 0, variation_, frame);
    const double up = std::abs(std::sin(variation_.phase + CV_PI * frame / 12));  // 0 lowest, 1 highest
    switch (look_.act) {
      case Act::kBasketball:
        Circle(image, place.br().x + 12, place.br().y - 10 - 0.6 * place.height * up, 11,
               Bgr({240, 130, 30}));
        break;
      case Act::kSalsaSpin:
        break;
      case Act::kSoccerJuggling:
        Circle(image, place.x + place.width / 2, place.y + place.height * (0.6 - 0.8 * up), 9,
               Bgr({40, 40, 40}));
        break;
    }
  }

  void Noise(cv::Mat* image, int frame) const {
    SplitMix64 random(HashSeed(variation_.noise_seed, frame));
    for (int y = 0; y < image->rows; ++y) {
      uint8_t* row = image->ptr(y);
      for (int i = 0; i < image->cols * 3; i += 8) {
        const uint64_t bits = random.Next();
        for (int j = 0; j < 8 && i + j < image->cols * 3; ++j) {
          const int noise = static_cast<int>((bits >> (8 * j)) & 15) - 8;
          row[i + j] = static_cast<uint8_t>(std::clamp(row[i + j] + noise, 0, 255));
        }
      }
    }
  }

  const ActLook& look_;
  const Variation variation_;
  const cv::Size size_;
};

absl::Status WriteVideo(const Painter& painter, FrameSize size, const std::string& path) {
  try {
    cv::VideoWriter writer(path, cv::CAP_FFMPEG, cv::VideoWriter::fourcc('F', 'F', 'V', '1'), kFramesASecond,
                           cv::Size(size.width, size.height));
    if (!writer.isOpened()) return absl::InternalError(absl::StrCat(path, ": cannot write a video there"));
    for (int frame = 0; frame < kActedFrames; ++frame) writer.write(painter.Paint(frame));
  } catch (const cv::Exception& error) {
    return absl::InternalError(absl::StrCat(path, ": ", error.err));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status WriteActedClips(const ActedClipsOptions& options, const std::string& root) {
  std::string annotations, all, train, test;
  for (const ActLook& look : Acts()) {
    MRSN_RETURN_IF_ERROR(MakeFolders(absl::StrCat(root, "/videos/", look.name)));
    for (int group = 1; group <= options.groups; ++group) {
      const std::string video = absl::StrFormat("%s/v_%s_g%02d_c01", look.name, look.name, group);
      const Variation variation = Vary(HashSeed(look.class_id, group));
      MRSN_RETURN_IF_ERROR(WriteVideo(Painter(look, variation, options.size), options.size,
                                      absl::StrCat(root, "/videos/", video, ".avi")));
      const std::vector<Tube> tubes = TubesOf(look.act);
      for (int frame = 0; frame < kActedFrames; ++frame) {
        for (int t = 0; t < static_cast<int>(tubes.size()); ++t) {
          if (frame < tubes[t].first || frame > tubes[t].last) continue;
          const cv::Rect place = Place(look.act, tubes[t].person, variation, frame);
          absl::StrAppend(&annotations, video, ",", frame + 1, ",", look.class_id, ",", place.x, ",", place.y,
                          ",", place.br().x, ",", place.br().y, ",", t, "\n");
        }
      }
      absl::StrAppend(&all, video, "\n");
      absl::StrAppend(group == options.groups ? &test : &train, video, "\n");
    }
  }
  MRSN_RETURN_IF_ERROR(WriteFileAtomically(root + "/annotations.csv", annotations));
  MRSN_RETURN_IF_ERROR(WriteFileAtomically(root + "/clips.txt", all));
  MRSN_RETURN_IF_ERROR(WriteFileAtomically(root + "/train.txt", train));
  return WriteFileAtomically(root + "/test.txt", test);
}

}  // namespace mrsn::datasets
