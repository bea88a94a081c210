// Whether an evaluation protocol and a data set fit each other.
#ifndef MRSN_EXPERIMENTS_ENGINE_CHECK_PROTOCOL_H_
#define MRSN_EXPERIMENTS_ENGINE_CHECK_PROTOCOL_H_

#include <string>

#include "absl/status/status.h"
#include "datasets/dataset.h"

namespace mrsn::experiments {

// UCF101-24's protocols count in pixels: "yowo" adds one pixel to a box, and "act" rounds to whole
// pixels. With boxes in [0,1] they would still print a number. AVA's protocols are for boxes in [0,1].
// InvalidArgument if `protocol` is of the other unit than the data set's boxes; the message lists the
// protocols that fit.
// AVA's protocols but official_2020 cut fractions of a second off: key frames 903 and 903.5 would become one,
// with the persons of both. InvalidArgument if the data set has such a key frame; the message names it.
absl::Status CheckProtocol(const std::string& protocol, const datasets::Dataset& dataset);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_ENGINE_CHECK_PROTOCOL_H_
