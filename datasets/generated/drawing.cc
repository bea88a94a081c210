#include "datasets/generated/drawing.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace mrsn::datasets::generated {

void Fill(cv::Mat& image, double x1, double y1, double x2, double y2, Colour colour) {
  const int left = std::max(0, static_cast<int>(std::lround(x1)));
  const int top = std::max(0, static_cast<int>(std::lround(y1)));
  const int right = std::min(image.cols, static_cast<int>(std::lround(x2)));
  const int bottom = std::min(image.rows, static_cast<int>(std::lround(y2)));
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

cv::Mat Background(int size, uint64_t seed) {
  SplitMix64 random(seed);
  // Arguments of a call would be drawn in the compiler's order.
  const auto draw = [&random] {
    const double value = random.Uniform(0.35, 0.6), saturation = random.Uniform(0.1, 0.35);
    return Hue(random.Uniform(0, 360), saturation, value);
  };
  const Colour a = draw(), b = draw();
  const int cell = random.Between(5, 12), cells = size / cell + 2;
  std::vector<double> grid(cells * cells);
  for (double& value : grid) value = random.Uniform();
  cv::Mat image(size, size, CV_8UC3);
  for (int y = 0; y < size; ++y) {
    for (int x = 0; x < size; ++x) {
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

void AddNoise(cv::Mat& image, SplitMix64& random) {
  for (int y = 0; y < image.rows; ++y) {
    for (int x = 0; x < image.cols; ++x) {
      const uint64_t bits = random.Next();
      for (int c = 0; c < 3; ++c) {
        int sum = 0;  // of four dice of 0..31
        for (int die = 0; die < 4; ++die) sum += static_cast<int>((bits >> (c * 20 + die * 5)) & 31);
        uint8_t& value = image.at<Colour>(y, x)[c];
        value = static_cast<uint8_t>(std::clamp(value + (sum - 62) / 2, 0, 255));
      }
    }
  }
}

void DrawTelevision(cv::Mat& image, double x, double y, bool on, SplitMix64& random) {
  Fill(image, x, y, x + 7, y + 7, Colour(25, 25, 30));
  for (int row = 0; row < 2; ++row) {
    for (int column = 0; column < 2; ++column) {
      const Colour picture = Hue(random.Uniform(0, 360), 0.8, 1);
      const double left = x + 1 + 2.5 * column, top = y + 1 + 2.5 * row;
      if (on) Fill(image, left, top, left + 2.5, top + 2.5, picture);
    }
  }
}

void DrawTable(cv::Mat& image, double x, double y, bool laid) {
  Fill(image, x, y, x + 7, y + 7, Colour(240, 240, 235));
  if (!laid) return;
  Fill(image, x + 1, y + 1, x + 3, y + 3, Colour(215, 40, 40));
  Fill(image, x + 4, y + 2, x + 6, y + 4, Colour(50, 170, 60));
  Fill(image, x + 2, y + 4, x + 4, y + 6, Colour(240, 150, 30));
}

void DrawGuitar(cv::Mat& image, double x, double y) {
  Fill(image, x + 3, y, x + 4, y + 4, Colour(60, 35, 15));
  Fill(image, x + 1, y + 3, x + 6, y + 7, Colour(165, 95, 35));
  Fill(image, x + 3, y + 4, x + 4, y + 6, Colour(40, 20, 10));
}

void DrawLamp(cv::Mat& image, double x, double y, bool on) {
  Fill(image, x + 1, y, x + 6, y + 4, on ? Colour(255, 250, 140) : Colour(95, 95, 100));
  Fill(image, x, y + 2, x + 7, y + 4, on ? Colour(255, 240, 90) : Colour(80, 80, 85));
  Fill(image, x + 3, y + 4, x + 4, y + 7, Colour(70, 70, 70));
}

}  // namespace mrsn::datasets::generated
