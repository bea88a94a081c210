#include "datasets/micro_world_2/renderer.h"

#include <algorithm>

#include "ops/base/random.h"

namespace mrsn::datasets::micro2 {
namespace {

using generated::Colour;
using generated::Fill;

const Colour kSkin(235, 190, 150), kTrousers(45, 45, 60), kNose(255, 235, 215);

// Everything stays within the person's box. Legs and a waving arm move every frame.
void DrawPerson(cv::Mat& image, const Person& person, int frame, Colour clothes, Colour hair) {
  const int x = person.place.x, feet = person.bottom(), f = person.facing;
  // Columns a..b counted from the back to the front of the person, 0 in the middle.
  const auto part = [&](int a, int b, int up, int down, Colour colour) {
    Fill(image, f > 0 ? x + a : x - b, feet - up, f > 0 ? x + b : x - a, feet - down, colour);
  };
  if (person.pose == Pose::kCrouch) {
    part(-3, 0, 10, 6, hair);
    part(0, 3, 10, 6, kSkin);
    part(3, 5, 9, 7, kNose);
    part(-5, 4, 6, 2, clothes);
    part(-5, 6, 2, 0, kTrousers);
    return;
  }
  part(-3, 0, 20, 14, hair);  // head: hair behind, face in front
  part(0, 3, 20, 14, kSkin);
  part(3, 5, 18, 16, kNose);
  part(-3, 3, 14, 6, clothes);
  const bool beat = frame % 2 == 0;
  if (person.pose == Pose::kWalk) {
    part(beat ? -5 : -2, beat ? -2 : 0, 6, 0, kTrousers);
    part(beat ? 2 : 0, beat ? 5 : 2, 6, 0, kTrousers);
  } else {
    part(-3, -1, 6, 0, kTrousers);
    part(1, 3, 6, 0, kTrousers);
  }
  if (person.pose == Pose::kWave) {
    if (beat) {
      part(3, 6, 20, 12, kSkin);
    } else {
      part(3, 6, 13, 10, kSkin);
    }
  } else {
    part(-1, 1, 13, 7, kSkin);  // the arm hangs at the side
  }
}

void DrawThings(cv::Mat& image, const Shot& shot, SplitMix64& random) {
  const auto corner = [&](Object object) {
    const Place place = shot.at(object).place;
    return Place{place.x - generated::kObjectSize / 2, place.y - generated::kObjectSize / 2};
  };
  if (const Thing& thing = shot.at(Object::kTelevision); thing.there) {
    const Place p = corner(Object::kTelevision);
    generated::DrawTelevision(image, p.x, p.y, thing.on, random);
  }
  if (const Thing& thing = shot.at(Object::kTable); thing.there) {
    const Place p = corner(Object::kTable);
    generated::DrawTable(image, p.x, p.y, thing.on);
  }
  if (const Thing& thing = shot.at(Object::kLamp); thing.there) {
    const Place p = corner(Object::kLamp);
    generated::DrawLamp(image, p.x, p.y, thing.on);
  }
  if (shot.at(Object::kGuitar).there) {
    const Place p = corner(Object::kGuitar);
    generated::DrawGuitar(image, p.x, p.y);
  }
}

}  // namespace

Renderer::Renderer(const World& world)
    : world_(world), background_(generated::Background(kFrameSize, HashSeed(world.look, 1))) {
  SplitMix64 random(HashSeed(world.look, 2));
  for (const int clothes : world.clothes) {
    const double value = random.Uniform(0.65, 0.95), saturation = random.Uniform(0.7, 1);
    clothes_.push_back(generated::Hue(360.0 * clothes / kClothes, saturation, value));
    const auto dark = static_cast<uint8_t>(random.Between(10, 70));
    hair_.push_back(Colour(dark, static_cast<uint8_t>(dark * 3 / 4), static_cast<uint8_t>(dark / 2)));
  }
}

cv::Mat Renderer::Draw(int frame) const {
  cv::Mat image = background_.clone();
  SplitMix64 random(HashSeed(world_.look, 3, frame));
  // The last two frames of a video would begin another shot.
  const int last = static_cast<int>(world_.shots.size()) - 1;
  const Shot& shot = world_.shots[std::min(ShotOfFrame(frame), last)];
  DrawThings(image, shot, random);
  for (size_t i = 0; i < shot.people.size(); ++i) {
    DrawPerson(image, shot.people[i], frame, clothes_[i], hair_[i]);
  }
  generated::AddNoise(image, random);
  return image;
}

}  // namespace mrsn::datasets::micro2
