#include "datasets/micro_world/renderer.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "datasets/generated/drawing.h"
#include "ops/base/random.h"

namespace mrsn::datasets::micro {
namespace {

using generated::AddNoise;
using generated::Background;
using generated::Colour;
using generated::Fill;
using generated::Hue;

const Colour kSkin(235, 190, 150), kTrousers(45, 45, 60), kNose(255, 235, 215);

void DrawObjects(cv::Mat& image, const World& world, int frame, SplitMix64& random) {
  const auto corner = [&](Object object) {
    return world.at(object) - Point{generated::kObjectSize / 2.0, generated::kObjectSize / 2.0};
  };
  Point p = corner(Object::kTelevision);
  generated::DrawTelevision(image, p.x, p.y, world.television_on[frame], random);
  p = corner(Object::kFood);
  generated::DrawTable(image, p.x, p.y, /*laid=*/true);
  p = corner(Object::kGuitar);
  generated::DrawGuitar(image, p.x, p.y);
  p = corner(Object::kLamp);
  generated::DrawLamp(image, p.x, p.y, world.lamp_on[frame]);
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

Renderer::Renderer(const World& world)
    : world_(world), background_(Background(kFrameSize, HashSeed(world.look, 1))) {
  SplitMix64 random(HashSeed(world.look, 2));
  // Colours far apart from each other: equal steps round the circle, in random order.
  const int count = world.people.empty() ? 0 : static_cast<int>(world.people[0].size());
  const std::vector<int64_t> order = Permutation(count, random.Next());
  const double first = random.Uniform(0, 360);
  for (int i = 0; i < count; ++i) {
    const double value = random.Uniform(0.65, 0.95), saturation = random.Uniform(0.7, 1);
    clothes_.push_back(Hue(first + 360.0 * order[i] / count, saturation, value));
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
  AddNoise(image, random);
  return image;
}

}  // namespace mrsn::datasets::micro
