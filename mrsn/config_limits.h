// Limits that several messages of ModelConfig share.
#ifndef MRSN_MRSN_CONFIG_LIMITS_H_
#define MRSN_MRSN_CONFIG_LIMITS_H_

#include <cstdint>

namespace mrsn {

// Far beyond anything sensible: a slip of the pen asks for no terabytes.
constexpr int64_t kMaxChannels = 16384;
// The most that a dropout may drop.
constexpr double kMaxDropout = 0.99;
// The longest window of a bank, before and after the clip.
constexpr int64_t kMaxWindowSeconds = 3600;

}  // namespace mrsn

#endif  // MRSN_MRSN_CONFIG_LIMITS_H_
