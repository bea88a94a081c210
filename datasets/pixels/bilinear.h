// Bilinear scaling of 8-bit planes, as OpenCV computes it, with AVX2.
#ifndef MRSN_DATASETS_PIXELS_BILINEAR_H_
#define MRSN_DATASETS_PIXELS_BILINEAR_H_

#include <cstdint>
#include <optional>
#include <vector>

namespace mrsn::datasets {

// A part of an axis that is scaled from `from` pixels to `to`: the `count` scaled pixels from `first` on.
struct ScaledPart {
  int from = 0, to = 0;
  int first = 0, count = 0;
};

// The two pixels behind a scaled one, and their weights in units of 1/2048.
struct Neighbours {
  int first = 0, second = 0;
  int16_t first_weight = 0, second_weight = 0;
};

// Pixel centres lie at x + 0.5. cv::resize (INTER_LINEAR) rounds positions and weights as is done here.
// Pixels beyond the ends are those at the ends; columns have their weight moved there, too, which rows have
// not: the results differ by the rounding of the two halves.
std::vector<Neighbours> ColumnNeighbours(const ScaledPart& part);
std::vector<Neighbours> RowNeighbours(const ScaledPart& part);

// cv::resize averages four pixels instead where it halves both sides; the kernels here do not.
bool HalvesBothSides(int from_width, int from_height, int to_width, int to_height);

// Interpolates along a row.
class RowScaler {
 public:
  // `mirrored`: the last pixel of the part comes first. nullopt: the row shrinks more than the kernel can,
  // to less than about a quarter.
  static std::optional<RowScaler> Make(const ScaledPart& part, bool mirrored);

  // 128 times the interpolated values, rounded down. The row has room for kRowPadding bytes more, `to` for
  // kRowPadding values more.
  void Apply(const uint8_t* row, int16_t* to) const;

 private:
  static constexpr int kPixelsAtOnce = 16;
  // Four times four scaled pixels. Quarters 0 and 2 are computed in one register, 1 and 3 in another.
  struct Block {
    int32_t first_byte[4];  // of a quarter
    uint8_t bytes[2][32];   // of a register: pairs of bytes from first_byte on, each as a word
    int16_t weights[2][16];
  };

  std::vector<Block> blocks_;
};

// Interpolates between two rows of RowScaler: `width` bytes of a scaled row. `rows` have room for kRowPadding
// values more; nothing is written behind the end of `to`.
void InterpolateRows(const int16_t* first, const int16_t* second, const Neighbours& weights, int width,
                     uint8_t* to);

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_PIXELS_BILINEAR_H_
