// What the tests of ACRE, AARE and RSE share: a small encoder, and the plain loops it is compared with.
#ifndef MRSN_MRSN_TESTING_RELATION_TEST_H_
#define MRSN_MRSN_TESTING_RELATION_TEST_H_

#include <cstdint>

#include "gtest/gtest.h"
#include "mrsn/head/attention_block.h"
#include "mrsn/testing/compare.h"
#include "mrsn/testing/golden_names.h"
#include "mrsn/testing/reference.h"
#include "mrsn/testing/seeded_test.h"
#include "mrsn/testing/variables.h"

namespace mrsn {

using reference::FromTensor;
using reference::Matrix;
using reference::ToTensor;
using reference::Weights;

// d = 8, two heads.
inline EncoderOptions SmallEncoder(int64_t layers) { return {8, 2, 12, layers}; }

}  // namespace mrsn

#endif  // MRSN_MRSN_TESTING_RELATION_TEST_H_
