#include "datasets/generated/detector.h"

#include <algorithm>

namespace mrsn::datasets::generated {
namespace {

// Mean 0, standard deviation 1, near enough to normal (sum of 12 uniform numbers).
double Normal(SplitMix64& random) {
  double sum = -6;
  for (int i = 0; i < 12; ++i) sum += random.Uniform();
  return sum;
}

// Normalised, within the frame, at least two pixels wide and high.
Box FromPixels(PixelBox box, int frame_size) {
  const double last = frame_size - 2;
  box.x1 = std::clamp(box.x1, 0.0, last);
  box.y1 = std::clamp(box.y1, 0.0, last);
  box.x2 = std::clamp(box.x2, box.x1 + 2, double(frame_size));
  box.y2 = std::clamp(box.y2, box.y1 + 2, double(frame_size));
  const auto unit = [&](double pixel) { return static_cast<float>(pixel / frame_size); };
  return {unit(box.x1), unit(box.y1), unit(box.x2), unit(box.y2)};
}

}  // namespace

std::vector<Detection> DetectPeople(const std::vector<PixelBox>& people, const DetectorOptions& options,
                                    SplitMix64& random) {
  const double size = options.frame_size, width = options.half_width, height = options.half_height;
  std::vector<Detection> detections;
  for (PixelBox box : people) {
    if (random.Chance(0.08)) continue;
    const bool good = random.Chance(0.75);
    const double error = (good ? 0.45 : 1.4) * (width / 4);  // pixels
    for (double* edge : {&box.x1, &box.y1, &box.x2, &box.y2}) *edge += error * Normal(random);
    const double score = good ? random.Uniform(0.84, 1) : random.Uniform(0.6, 0.95);
    detections.push_back({FromPixels(box, options.frame_size), static_cast<float>(score)});
  }
  if (random.Chance(0.3)) {
    const double x = random.Uniform(width, size - width), y = random.Uniform(height, size - height);
    const double half = random.Chance(0.7) ? height : height / 2;
    const double score = random.Chance(0.2) ? random.Uniform(0.85, 0.95) : random.Uniform(0.3, 0.85);
    detections.push_back({FromPixels({x - width, y - half, x + width, y + half}, options.frame_size),
                          static_cast<float>(score)});
  }
  return detections;
}

}  // namespace mrsn::datasets::generated
