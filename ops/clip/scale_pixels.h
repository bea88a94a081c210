// Pixels to the numbers that a network reads, on the device where the pixels are.
#ifndef MRSN_OPS_CLIP_SCALE_PIXELS_H_
#define MRSN_OPS_CLIP_SCALE_PIXELS_H_

#include <ATen/core/Tensor.h>

#include "ops/clip/pixel_scaling.h"

namespace mrsn {

// uint8 [B,3,T,H,W], channels R, G, B, to float32 of the same shape, channels as `scaling` says. The
// result is (v / divisor - mean) / std in single precision, each operation rounded: the same bits on every
// device. Throws c10::Error on another type or shape. An undefined tensor stays undefined.
at::Tensor ScalePixels(const at::Tensor& pixels, const PixelScaling& scaling);

// The same by tensor operations, for devices other than the CPU. On the CPU ScalePixels looks values up in a
// table: one pass over memory instead of four. Public for the test that compares both.
at::Tensor ScalePixelsByArithmetic(const at::Tensor& pixels, const PixelScaling& scaling);

}  // namespace mrsn

#endif  // MRSN_OPS_CLIP_SCALE_PIXELS_H_
