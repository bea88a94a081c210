#include "datasets/augmentation.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace mrsn::datasets {
namespace {

constexpr int kAlphActionLongSide = 464;

// How far edges move, as a share of the box's width and height.
struct EdgeJitter {
  double out_x, in_x, out_y, in_y;
};
constexpr EdgeJitter kAcarJitter = {0.075, 0.075, 0.075, 0.075};
constexpr EdgeJitter kAlphActionJitter = {0.2, 0.1, 0.1, 0.05};

float Clipped(double x) { return static_cast<float>(std::clamp(x, 0.0, 1.0)); }

// The size whose shorter side is `short_side`, or less if the longer one would be above AlphAction's limit.
FrameSize ScaledSizeOfAlphAction(FrameSize size, int short_side) {
  const double shorter = std::min(size.width, size.height), longer = std::max(size.width, size.height);
  if (short_side > 0 && longer / shorter * short_side > kAlphActionLongSide) {
    short_side = static_cast<int>(std::lround(kAlphActionLongSide * shorter / longer));
  }
  return ScaledSize(size, short_side);
}

// The shorter side s of 1/s uniform between the limits, and a square part of that frame. PySlowFast never
// draws the last of the possible offsets.
ClipGeometry DrawPart(const PySlowFastOptions& options, FrameSize frame, bool flip, SplitMix64* random) {
  const double inverse = random->Uniform(1.0 / options.max_short_side, 1.0 / options.min_short_side);
  ClipGeometry geometry = WholeFrame(ScaledSize(frame, static_cast<int>(std::lround(1 / inverse))), flip);
  const auto offset = [&](int side) {
    return side > options.crop ? static_cast<int>(random->Below(side - options.crop)) : 0;
  };
  geometry.top = offset(geometry.scaled.height);
  geometry.left = offset(geometry.scaled.width);
  geometry.size = {options.crop, options.crop};
  return geometry;
}

Box Jittered(const Box& box, const EdgeJitter& jitter, SplitMix64* random) {
  const double width = box.x2 - box.x1, height = box.y2 - box.y1;
  Box moved;
  moved.x1 = Clipped(box.x1 + width * random->Uniform(-jitter.out_x, jitter.in_x));
  moved.y1 = Clipped(box.y1 + height * random->Uniform(-jitter.out_y, jitter.in_y));
  moved.x2 = Clipped(box.x2 + width * random->Uniform(-jitter.in_x, jitter.out_x));
  moved.y2 = Clipped(box.y2 + height * random->Uniform(-jitter.in_y, jitter.out_y));
  return moved;
}

// At least one pixel wide and high, and within the frame.
Box OfOnePixel(Box box, FrameSize size) {
  const float width = 1.0f / size.width, height = 1.0f / size.height;
  box.x1 = std::min(box.x1, 1 - width);
  box.y1 = std::min(box.y1, 1 - height);
  box.x2 = std::max(box.x2, box.x1 + width);
  box.y2 = std::max(box.y2, box.y1 + height);
  return box;
}

// AlphAction's boxes of inference: a tenth wider, a twentieth higher.
Box Enlarged(const Box& box) {
  const double x = 0.1 * (box.x2 - box.x1) / 2, y = 0.05 * (box.y2 - box.y1) / 2;
  return {Clipped(box.x1 - x), Clipped(box.y1 - y), Clipped(box.x2 + x), Clipped(box.y2 + y)};
}

void JitterActors(Augmentation augmentation, FrameSize size, SplitMix64* random, std::vector<Actor>* actors) {
  if (augmentation == Augmentation::kAcar) {
    for (Actor& actor : *actors) actor.box = Jittered(actor.box, kAcarJitter, random);
    const auto empty = [](const Actor& actor) { return !actor.box.Valid(); };
    actors->erase(std::remove_if(actors->begin(), actors->end(), empty), actors->end());
  } else if (augmentation == Augmentation::kAlphAction) {
    for (Actor& actor : *actors) {
      actor.box = OfOnePixel(Jittered(actor.box, kAlphActionJitter, random), size);
    }
  }
}

}  // namespace

ClipPlan PlanClip(const TransformOptions& options, Usage usage, FrameSize frame, SplitMix64* random) {
  const bool training = usage == Usage::kTrain;
  const bool flip = training && random->Chance(options.flip_probability);
  ClipPlan plan;
  switch (options.augmentation) {
    case Augmentation::kNoneOrFlip:
    case Augmentation::kAcar:
      plan.geometry = WholeFrame(ScaledSize(frame, options.short_side), flip);
      break;
    case Augmentation::kPySlowFast:
      plan.geometry = WholeFrame(ScaledSize(frame, options.short_side), flip);
      if (training) {
        plan.geometry = DrawPart(options.pyslowfast, frame, flip, random);
        plan.colours =
            DrawColourJitter(options.pyslowfast.colour_jitter, options.pyslowfast.pca_jitter, random);
      }
      break;
    case Augmentation::kAlphAction:
      plan.geometry = WholeFrame(ScaledSizeOfAlphAction(frame, options.short_side), flip);
      if (training) plan.colours = DrawHsvJitter(random);
      break;
  }
  return plan;
}

void MoveBoxes(const TransformOptions& options, Usage usage, const ClipGeometry& geometry, SplitMix64* random,
               Sample* sample) {
  for (Actor& actor : sample->actors) {
    actor.box = MoveBox(actor.box, geometry);
    for (Box& box : actor.tubelet) box = MoveBox(box, geometry);
  }
  for (Box& box : sample->objects) box = MoveBox(box, geometry);
  if (geometry.size.width != geometry.scaled.width || geometry.size.height != geometry.scaled.height) {
    const auto outside = [](const Box& box) { return !box.Valid(); };
    auto& objects = sample->objects;
    objects.erase(std::remove_if(objects.begin(), objects.end(), outside), objects.end());
  }
  if (usage == Usage::kTrain) {
    JitterActors(options.augmentation, geometry.size, random, &sample->actors);
  } else if (options.augmentation == Augmentation::kAlphAction) {
    for (Actor& actor : sample->actors) {
      actor.reported = actor.box;
      actor.box = Enlarged(actor.box);
    }
  }
}

}  // namespace mrsn::datasets
