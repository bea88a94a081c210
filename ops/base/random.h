// Random numbers that are the same on every machine and with every library, unlike
// std::uniform_int_distribution and std::shuffle, whose results are not specified.
#ifndef MRSN_OPS_BASE_RANDOM_H_
#define MRSN_OPS_BASE_RANDOM_H_

#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

namespace mrsn {

// SplitMix64 adds this to its state at each step: 2^64 divided by the golden ratio.
constexpr uint64_t kSplitMix64Step = 0x9e3779b97f4a7c15u;

// SplitMix64's output function (Steele, Lea, Flood 2014): a bijection of 64 bits
// whose output bits depend on all input bits.
inline uint64_t MixBits(uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

// A seed from several numbers; the order matters.
inline uint64_t HashSeed(uint64_t a, uint64_t b, uint64_t c = 0) {
  return MixBits(MixBits(MixBits(a + kSplitMix64Step) + b + kSplitMix64Step) + c + kSplitMix64Step);
}

// The generator SplitMix64. Generators with unrelated seeds (HashSeed) are independent streams.
class SplitMix64 {
 public:
  explicit SplitMix64(uint64_t seed) : state_(seed) {}

  uint64_t Next() { return MixBits(state_ += kSplitMix64Step); }
  // Uniform in [0, n), n > 0. The bias is below n / 2^64.
  int64_t Below(int64_t n) {
    return static_cast<int64_t>((static_cast<unsigned __int128>(Next()) * static_cast<uint64_t>(n)) >> 64);
  }
  int Between(int low, int high) { return low + static_cast<int>(Below(high - low + 1)); }  // both included
  double Uniform() { return static_cast<double>(Next() >> 11) * 0x1p-53; }                  // [0, 1)
  double Uniform(double low, double high) { return low + (high - low) * Uniform(); }
  bool Chance(double probability) { return Uniform() < probability; }
  // Of the normal distribution with mean 0 and deviation 1 (Box and Muller 1958).
  double Normal() {
    constexpr double kTurn = 6.283185307179586;
    const double radius = std::sqrt(-2 * std::log(1 - Uniform()));
    return radius * std::cos(kTurn * Uniform());
  }

 private:
  uint64_t state_;
};

// 0..n-1 in an order that depends on the seed only (Fisher-Yates).
inline std::vector<int64_t> Permutation(int64_t n, uint64_t seed) {
  std::vector<int64_t> order(n);
  for (int64_t i = 0; i < n; ++i) order[i] = i;
  SplitMix64 random(seed);
  for (int64_t i = n - 1; i > 0; --i) std::swap(order[i], order[random.Below(i + 1)]);
  return order;
}

}  // namespace mrsn

#endif  // MRSN_OPS_BASE_RANDOM_H_
