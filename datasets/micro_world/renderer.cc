#include "datasets/micro_world/renderer.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "ops/base/random.h"

namespace mrsn::datasets::micro {
namespace {

using Colour = cv::Vec3b;  // RGB

const Colour kSkin(235, 190, 150), kTrousers(45, 45, 60), kNose(255, 235, 215);

// Pixels [x1, x2) x [y1, y2), rounded to the grid and cut off at the frame.
void Fill(cv::Mat& image, double x1, double y1, double x2, double y2, Colour colour) {
  const int left = std::max(0, static_cast<int>(std::lround(x1)));
  const int top = std::max(0, static_cast<int>(std::lround(y1)));
  const int right = std::min(kFrameSize, static_cast<int>(std::lround(x2)));
  const int bottom = std::min(kFrameSize, static_cast<int>(std::lround(y2)));
  for (int y = top; y < bottom; ++y) {
    for (int x = left; x < right; ++x) image.at<Colour>(y, x) = colour;
  }
}

Colour Hue(double degrees, double saturation, double value) {
  const double c = value * saturation, h = std::fmod(degrees / 60, 6),
               x = c * (1 - std::abs(std::fmod(h, 2) - 1));
  const double parts[6][3] = {{c, x, 0}, {x, c, 0}, {0, c, x}, {0, x, c}, {x, 0, c}, {c, 0, x}};
  const double* p = parts[static_cast<int>(h)];
  const double m = value - c;
  return Colour(static_cast<uint8_t>(255 * (p[0] + m)), static_cast<uint8_t>(255 * (p[1] + m)),
                static_cast<uint8_t>(255 * (p[2] + m)));
}

// A smooth pattern in two muted colours, from a coarse grid of random values.
cv::Mat Background(uint64_t seed) {
  SplitMix64 random(seed);
  const Colour a = Hue(random.Uniform(0, 360), random.Uniform(0.1, 0.35), random.Uniform(0.35, 0.6));
  const Colour b = Hue(random.Uniform(0, 360), random.Uniform(0.1, 0.35), random.Uniform(0.35, 0.6));
  const int cell = random.Between(5, 12), cells = kFrameSize / cell + 2;
  std::vector<double> grid(cells * cells);
  for (double& value : grid) value = random.Uniform();
  cv::Mat image(kFrameSize, kFrameSize, CV_8UC3);
  for (int y = 0; y < kFrameSize; ++y) {
    for (int x = 0; x < kFrameSize; ++x) {
      const int i = y / cell, j = x / cell;
      const double v = static_cast<double>(y % cell) / cell, u = static_cast<double>(x % cell) / cell;
      const auto at = [&](int row, int column) { return grid[row * cells + column]; };
      const double mix = (1 - v) * ((1 - u) * at(i, j) + u * at(i, j + 1)) +
                         v * ((1 - u) * at(i + 1, j) + u * at(i + 1, j + 1));
      for (int c = 0; c < 3; ++c)
        image.at<Colour>(y, x)[c] = static_cast<uint8_t>(a[c] * mix + b[c] * (1 - mix));
    }
  }
  return image;
}

void DrawObjects(cv::Mat& image, const World& world, int frame, SplitMix64& random) {
  const auto corner = [&](Object object) { return world.at(object) - Point{3.5, 3.5}; };
  // A dark case; the screen is black, or a different bright picture every frame.
  Point p = corner(Object::kTelevision);
  Fill(image, p.x, p.y, p.x + 7, p.y + 7, Colour(25, 25, 30));
  for (int row = 0; row < 2; ++row) {
    for (int column = 0; column < 2; ++column) {
      const Colour picture =
          Hue(random.Uniform(0, 360), 0.8, 1);  // drawn when off, too: the noise stays in step
      const double x = p.x + 1 + 2.5 * column, y = p.y + 1 + 2.5 * row;
      if (world.television_on[frame]) Fill(image, x, y, x + 2.5, y + 2.5, picture);
    }
  }
  // A white table with a red, a green and an orange dish.
  p = corner(Object::kFood);
  Fill(image, p.x, p.y, p.x + 7, p.y + 7, Colour(240, 240, 235));
  Fill(image, p.x + 1, p.y + 1, p.x + 3, p.y + 3, Colour(215, 40, 40));
  Fill(image, p.x + 4, p.y + 2, p.x + 6, p.y + 4, Colour(50, 170, 60));
  Fill(image, p.x + 2, p.y + 4, p.x + 4, p.y + 6, Colour(240, 150, 30));
  // A brown body below a thin neck.
  p = corner(Object::kGuitar);
  Fill(image, p.x + 3, p.y, p.x + 4, p.y + 4, Colour(60, 35, 15));
  Fill(image, p.x + 1, p.y + 3, p.x + 6, p.y + 7, Colour(165, 95, 35));
  Fill(image, p.x + 3, p.y + 4, p.x + 4, p.y + 6, Colour(40, 20, 10));
  // A shade on a foot; bright yellow when on, grey when off.
  p = corner(Object::kLamp);
  const bool on = world.lamp_on[frame];
  Fill(image, p.x + 1, p.y, p.x + 6, p.y + 4, on ? Colour(255, 250, 140) : Colour(95, 95, 100));
  Fill(image, p.x, p.y + 2, p.x + 7, p.y + 4, on ? Colour(255, 240, 90) : Colour(80, 80, 85));
  Fill(image, p.x + 3, p.y + 4, p.x + 4, p.y + 7, Colour(70, 70, 70));
}

// Everything stays within the person's box.
void DrawPerson(cv::Mat& image, const Person& person, int frame, Colour clothes, Colour hair) {
  const double x = std::lround(person.place.x), feet = std::lround(person.place.y) + 7;
  const int f = person.facing;
  // Columns a..b counted from the back to the front of the person, 0 in the middle.
  const auto part = [&](double a, double b, double up, double down, Colour colour) {
    Fill(image, f > 0 ? x + a : x - b, feet - up, f > 0 ? x + b : x - a, feet - down, colour);
  };
  if (person.pose == Pose::kCrouch) {
    part(-2, 0, 7, 4, hair);
    part(0, 2, 7, 4, kSkin);
    part(2, 3, 6, 5, kNose);
    part(-3, 3, 4, 1, clothes);
    part(-3, 4, 1, 0, kTrousers);
    return;
  }
  part(-2, 0, 14, 10, hair);  // head: hair behind, face in front
  part(0, 2, 14, 10, kSkin);
  part(2, 3, 12, 11, kNose);
  part(-2, 2, 10, 4, clothes);
  // Two frames up, two frames forward; legs apart or together in the same rhythm.
  const bool beat = frame % 4 < 2;
  if (person.pose == Pose::kWalk) {
    part(beat ? -3 : -1, beat ? -1 : 0, 4, 0, kTrousers);
    part(beat ? 1 : 0, beat ? 3 : 1, 4, 0, kTrousers);
  } else {
    part(-2, -0.5, 4, 0, kTrousers);
    part(0.5, 2, 4, 0, kTrousers);
  }
  if (person.pose == Pose::kWave) {
    if (beat) {
      part(2, 4, 14, 8, kSkin);
    } else {
      part(2, 4, 9, 7, kSkin);
    }
  } else {
    part(-1, 0, 9, 5, kSkin);  // the arm hangs at the side
  }
}

}  // namespace

Renderer::Renderer(const World& world) : world_(world), background_(Background(HashSeed(world.look, 1))) {
  SplitMix64 random(HashSeed(world.look, 2));
  // Colours far apart from each other: equal steps round the circle, in random order.
  const int count = world.people.empty() ? 0 : static_cast<int>(world.people[0].size());
  const std::vector<int64_t> order = Permutation(count, random.Next());
  const double first = random.Uniform(0, 360);
  for (int i = 0; i < count; ++i) {
    clothes_.push_back(
        Hue(first + 360.0 * order[i] / count, random.Uniform(0.7, 1), random.Uniform(0.65, 0.95)));
    const uint8_t dark = static_cast<uint8_t>(random.Between(10, 70));
    hair_.push_back(Colour(dark, static_cast<uint8_t>(dark * 3 / 4), static_cast<uint8_t>(dark / 2)));
  }
}

cv::Mat Renderer::Draw(int frame) const {
  cv::Mat image = background_.clone();
  SplitMix64 random(HashSeed(world_.look, 3, frame));
  DrawObjects(image, world_, frame, random);
  const std::vector<Person>& people = world_.people[frame];
  std::vector<int> order(people.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](int a, int b) { return people[a].place.y < people[b].place.y; });
  for (int i : order) DrawPerson(image, people[i], frame, clothes_[i], hair_[i]);
  // Eight dice-like sums a call: noise of standard deviation 9, near enough to normal.
  for (int y = 0; y < kFrameSize; ++y) {
    for (int x = 0; x < kFrameSize; ++x) {
      const uint64_t bits = random.Next();
      for (int c = 0; c < 3; ++c) {
        int sum = 0;
        for (int die = 0; die < 4; ++die) sum += static_cast<int>((bits >> (c * 20 + die * 5)) & 31);
        uint8_t& value = image.at<Colour>(y, x)[c];
        value = static_cast<uint8_t>(std::clamp(value + (sum - 62) / 2, 0, 255));
      }
    }
  }
  return image;
}

}  // namespace mrsn::datasets::micro
