#include "datasets/micro_world/detector.h"

#include <algorithm>
#include <cmath>

namespace mrsn::datasets::micro {
namespace {

// Mean 0, standard deviation 1, near enough to normal (sum of 12 uniform numbers).
double Normal(SplitMix64& random) {
  double sum = -6;
  for (int i = 0; i < 12; ++i) sum += random.Uniform();
  return sum;
}

// Normalised, within the frame, at least two pixels wide and high.
Box FromPixels(double x1, double y1, double x2, double y2) {
  const double last = kFrameSize - 2;
  x1 = std::clamp(x1, 0.0, last);
  y1 = std::clamp(y1, 0.0, last);
  x2 = std::clamp(x2, x1 + 2, double{kFrameSize});
  y2 = std::clamp(y2, y1 + 2, double{kFrameSize});
  const auto unit = [](double pixel) { return static_cast<float>(pixel / kFrameSize); };
  return {unit(x1), unit(y1), unit(x2), unit(y2)};
}

}  // namespace

std::vector<Detection> DetectPeople(const std::vector<Person>& people, SplitMix64& random) {
  std::vector<Detection> detections;
  for (const Person& person : people) {
    if (random.Chance(0.08)) continue;
    const bool good = random.Chance(0.75);
    const double error = good ? 0.45 : 1.4;  // pixels
    double edges[4] = {person.left(), person.top(), person.right(), person.bottom()};
    for (double& edge : edges) edge += error * Normal(random);
    const double score = good ? random.Uniform(0.84, 1) : random.Uniform(0.6, 0.95);
    detections.push_back({FromPixels(edges[0], edges[1], edges[2], edges[3]), static_cast<float>(score)});
  }
  if (random.Chance(0.3)) {
    const double x = random.Uniform(4, 60), y = random.Uniform(7, 57), height = random.Chance(0.7) ? 7 : 3.5;
    const double score = random.Chance(0.2) ? random.Uniform(0.85, 0.95) : random.Uniform(0.3, 0.85);
    detections.push_back({FromPixels(x - 4, y - height, x + 4, y + height), static_cast<float>(score)});
  }
  return detections;
}

}  // namespace mrsn::datasets::micro
