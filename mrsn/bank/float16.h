// IEEE half precision without LibTorch: the relation bank's storage type.
#ifndef MRSN_MRSN_BANK_FLOAT16_H_
#define MRSN_MRSN_BANK_FLOAT16_H_

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace mrsn {

// To the nearest float16, ties to even; |value| <= 65504 (65520 rounds to infinity).
inline uint16_t ToFloat16(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, 4);
  const uint16_t sign = static_cast<uint16_t>(bits >> 16 & 0x8000);
  const float magnitude = std::fabs(value);
  if (magnitude < 0x1p-14f) {  // subnormal: a multiple of 2^-24, which rounding yields directly
    return sign | static_cast<uint16_t>(std::nearbyint(magnitude * 0x1p24f));
  }
  if (!(magnitude < 65520)) return sign | (std::isnan(value) ? 0x7e00 : 0x7c00);
  // Drop 13 bits of the mantissa, rounding; a carry runs into the exponent as it should.
  bits &= 0x7fffffff;
  bits += 0x0fff + (bits >> 13 & 1);
  return sign | static_cast<uint16_t>((bits >> 13) - ((127 - 15) << 10));
}

// `size` values to the 2 * size bytes at `out`. Returns the position of the first value that is not finite or
// beyond 65504, and stops there; `size` if there is none.
inline size_t WriteFloat16(const float* values, size_t size, char* out) {
  for (size_t i = 0; i < size; ++i, out += sizeof(uint16_t)) {
    if (!(std::fabs(values[i]) <= 65504)) return i;
    const uint16_t half = ToFloat16(values[i]);
    std::memcpy(out, &half, sizeof(half));
  }
  return size;
}

inline float FromFloat16(uint16_t half) {
  const uint32_t sign = static_cast<uint32_t>(half & 0x8000) << 16;
  const uint32_t exponent = half >> 10 & 0x1f, mantissa = half & 0x3ff;
  uint32_t bits = sign | (exponent + 127 - 15) << 23 | mantissa << 13;
  if (exponent == 0x1f) bits = sign | 0x7f800000 | mantissa << 13;
  float value;
  std::memcpy(&value, &bits, 4);
  if (exponent == 0) value = std::copysign(std::ldexp(static_cast<float>(mantissa), -24), value);
  return value;
}

}  // namespace mrsn

#endif  // MRSN_MRSN_BANK_FLOAT16_H_
