#include "eval/synthetic.h"

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <vector>

#include "ops/base/random.h"
#include "ops/formats/annotation_box.h"

namespace mrsn::eval {
namespace {

constexpr int kRowsPerKeyframe = 32, kUcf24Videos = 910, kUcf24Classes = 24;
constexpr int kClasses[] = {1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 17, 59, 74, 79, 80};
constexpr int kNumPoses = 13;  // of kClasses, the first ones

// Four random decimals and the row's number, so that no two scores are equal.
double Score(SplitMix64& random, double mean, int64_t row) {
  const double score =
      std::min(0.9999, std::max(0.0, mean + 0.35 * (random.Uniform() + random.Uniform() - 1)));
  return static_cast<int>(score * 10000) / 10000.0 + row * 1e-11;
}

formats::BoxD Jittered(SplitMix64& random, const formats::BoxD& box, double amount) {
  const double w = (box.x2 - box.x1) * amount, h = (box.y2 - box.y1) * amount;
  return {box.x1 + random.Uniform(-w, w), box.y1 + random.Uniform(-h, h), box.x2 + random.Uniform(-w, w),
          box.y2 + random.Uniform(-h, h)};
}

formats::BoxD Clipped(const formats::BoxD& box, double width, double height) {
  return {std::max(0.0, box.x1), std::max(0.0, box.y1), std::min(width, box.x2), std::min(height, box.y2)};
}

struct Labelled {
  formats::BoxD box;
  std::vector<int> classes;
};

}  // namespace

SyntheticFiles SyntheticAva(int64_t rows) {
  SyntheticFiles files;
  SplitMix64 random(2021);
  char line[160];
  for (int video = 0; files.num_detections < rows; ++video) {
    for (int second = 902; second <= 1798 && files.num_detections < rows; ++second) {
      if (!random.Chance(0.8715)) continue;
      std::vector<Labelled> boxes;
      do {
        const double x = random.Uniform(0, 0.5), y = random.Uniform(0, 0.3);
        const formats::BoxD box = {x, y, x + random.Uniform(0.1, 0.5), y + random.Uniform(0.2, 0.7)};
        const int pose = kClasses[static_cast<int>(random.Uniform() * random.Uniform() * kNumPoses)];
        std::snprintf(line, sizeof line, "video_%05d,%04d,%.3f,%.3f,%.3f,%.3f,%d\n", video, second, box.x1,
                      box.y1, box.x2, box.y2, pose);
        files.ground_truth += line;
        ++files.num_gt;
        if (random.Chance(0.85)) boxes.push_back({Clipped(Jittered(random, box, 0.06), 1, 1), {pose}});
      } while (random.Chance(0.464));
      while (boxes.size() < 2 || random.Chance(0.2)) {
        const double x = random.Uniform(0, 0.6), y = random.Uniform(0, 0.4);
        boxes.push_back({{x, y, x + random.Uniform(0.05, 0.4), y + random.Uniform(0.1, 0.6)}, {}});
      }
      for (int i = 0; i < kRowsPerKeyframe; ++i) {
        const Labelled& one = boxes[i % boxes.size()];
        const size_t round = i / boxes.size();
        const bool right = round < one.classes.size();
        const int class_id =
            right ? one.classes[round] : kClasses[(round + files.num_keyframes) % std::size(kClasses)];
        std::snprintf(line, sizeof line, "video_%05d,%04d,%.3f,%.3f,%.3f,%.3f,%d,%.11f\n", video, second,
                      one.box.x1, one.box.y1, one.box.x2, one.box.y2, class_id,
                      Score(random, right ? 0.6 : 0.25, files.num_detections));
        files.detections += line;
        ++files.num_detections;
      }
      ++files.num_keyframes;
    }
  }
  return files;
}

SyntheticFiles SyntheticUcf24() {
  SyntheticFiles files;
  SplitMix64 random(2021);
  char line[160];
  for (int video = 0; video < kUcf24Videos; ++video) {
    const int class_of_video = video % kUcf24Classes;
    const int frames = static_cast<int>(random.Uniform(101, 204));
    std::vector<formats::BoxD> persons;
    do {
      const double x = random.Uniform(0, 200), y = random.Uniform(0, 100);
      persons.push_back({x, y, x + random.Uniform(25, 110), y + random.Uniform(40, 130)});
    } while (persons.size() < 4 && random.Chance(0.19));
    files.num_keyframes += frames;
    for (int frame = 1; frame <= frames; ++frame) {
      const auto detect = [&](const formats::BoxD& box, int class_id, double mean) {
        std::snprintf(line, sizeof line, "c/v_%04d,%d,%d,%.11f,%.0f,%.0f,%.0f,%.0f\n", video, frame, class_id,
                      Score(random, mean, files.num_detections), box.x1, box.y1, box.x2, box.y2);
        files.detections += line;
        ++files.num_detections;
      };
      for (const formats::BoxD& person : persons) {
        const formats::BoxD box = Clipped(Jittered(random, person, 0.03), 320, 240);
        std::snprintf(line, sizeof line, "c/v_%04d,%d,%d,%.0f,%.0f,%.0f,%.0f\n", video, frame, class_of_video,
                      box.x1, box.y1, box.x2, box.y2);
        files.ground_truth += line;
        ++files.num_gt;
        if (random.Chance(0.85)) {
          const int class_id =
              random.Chance(0.9) ? class_of_video : static_cast<int>(kUcf24Classes * random.Uniform());
          detect(Clipped(Jittered(random, box, 0.12), 320, 240), class_id, 0.6);
        }
        if (random.Chance(0.235)) {
          const double x = random.Uniform(0, 250), y = random.Uniform(0, 150);
          const int class_id = static_cast<int>(kUcf24Classes * random.Uniform());
          detect({x, y, x + random.Uniform(10, 70), y + random.Uniform(10, 90)}, class_id, 0.25);
        }
      }
    }
  }
  return files;
}

}  // namespace mrsn::eval
