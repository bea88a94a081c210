// The headers of LibTorch that most files include (precompiled_header.bzl). A file includes for itself
// whatever it uses: `--define=mrsn_precompiled=0` builds without this one.
#include <ATen/ATen.h>
#include <torch/nn/module.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>
