// Drawing that generated worlds share. All results follow from their arguments alone, on every machine.
#ifndef MRSN_DATASETS_GENERATED_DRAWING_H_
#define MRSN_DATASETS_GENERATED_DRAWING_H_

#include <cstdint>

#include "opencv2/core.hpp"
#include "ops/base/random.h"

namespace mrsn::datasets::generated {

using Colour = cv::Vec3b;  // RGB

// Pixels [x1, x2) x [y1, y2) of an image CV_8UC3, rounded to the grid and cut off at the image.
void Fill(cv::Mat& image, double x1, double y1, double x2, double y2, Colour colour);

// Saturation and value in [0,1].
Colour Hue(double degrees, double saturation, double value);

// A smooth pattern in two muted colours, from a coarse grid of random values; `size` pixels a side.
cv::Mat Background(int size, uint64_t seed);

// Adds noise of standard deviation 9, near enough to normal, to every value.
void AddNoise(cv::Mat& image, SplitMix64& random);

constexpr int kObjectSize = 7;  // pixels a side

// Objects whose upper left corner is (x, y).
//
// A dark case; the screen is black, or a different bright picture in every frame. Takes the same numbers from
// `random` when off.
void DrawTelevision(cv::Mat& image, double x, double y, bool on, SplitMix64& random);
// A white table, laid with a red, a green and an orange dish.
void DrawTable(cv::Mat& image, double x, double y, bool laid);
// A brown body below a thin neck.
void DrawGuitar(cv::Mat& image, double x, double y);
// A shade on a foot; bright yellow when on, grey when off.
void DrawLamp(cv::Mat& image, double x, double y, bool on);

}  // namespace mrsn::datasets::generated

#endif  // MRSN_DATASETS_GENERATED_DRAWING_H_
