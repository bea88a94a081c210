// What files that see LibTorch include: those of base.inc, and LibTorch's own.
#include <ATen/ATen.h>
#include <torch/nn/module.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>

#include "base.inc"
