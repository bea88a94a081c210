// When a key frame is: a second, or the number of a frame, to a millionth.
//
//   Timestamp half = Timestamp::Nearest(903.5);
//   half.Text();        // "903.5"
//   half - 902;         // 1.5 seconds
//   half == 903;        // false: a whole number is a timestamp, too
#ifndef MRSN_OPS_BASE_TIMESTAMP_H_
#define MRSN_OPS_BASE_TIMESTAMP_H_

#include <cstdint>
#include <ostream>
#include <string>
#include <type_traits>
#include <utility>

namespace mrsn {

// Exact: two timestamps are equal if all six decimals are. A distance between two of them is one as well.
class Timestamp {
 public:
  static constexpr int64_t kUnit = 1000000;

  constexpr Timestamp() = default;
  // A whole number, up to 9e12 either way. A double has no such way in, so that no fraction is lost.
  template <typename Whole, std::enable_if_t<std::is_integral_v<Whole>, int> = 0>
  constexpr Timestamp(Whole number) : micros_(static_cast<int64_t>(number) * kUnit) {}  // NOLINT

  static constexpr Timestamp OfMicros(int64_t micros) {
    Timestamp made;
    made.micros_ = micros;
    return made;
  }
  // Rounded to a millionth, a half away from 0. |number| <= 9e12.
  static Timestamp Nearest(double number);

  constexpr int64_t micros() const { return micros_; }
  constexpr double value() const { return static_cast<double>(micros_) / kUnit; }
  constexpr bool IsWhole() const { return micros_ % kUnit == 0; }
  // The whole number at or below: 903 of 903.5, -1 of -0.5.
  constexpr int64_t Floor() const { return micros_ / kUnit - (micros_ % kUnit < 0 ? 1 : 0); }
  // The nearest whole number, a half away from 0: 904 of 903.5, -1 of -0.5.
  constexpr int64_t Rounded() const { return (micros_ + (micros_ < 0 ? -1 : 1) * (kUnit / 2)) / kUnit; }

  // With as few decimals as it needs: "903", "903.5". A whole part shorter than `digits`, the sign included,
  // has zeros in front: "0903.5" with 4, as in AVA's files.
  std::string Text(int digits = 1) const;

  friend constexpr bool operator==(Timestamp a, Timestamp b) { return a.micros_ == b.micros_; }
  friend constexpr bool operator!=(Timestamp a, Timestamp b) { return a.micros_ != b.micros_; }
  friend constexpr bool operator<(Timestamp a, Timestamp b) { return a.micros_ < b.micros_; }
  friend constexpr bool operator>(Timestamp a, Timestamp b) { return a.micros_ > b.micros_; }
  friend constexpr bool operator<=(Timestamp a, Timestamp b) { return a.micros_ <= b.micros_; }
  friend constexpr bool operator>=(Timestamp a, Timestamp b) { return a.micros_ >= b.micros_; }
  friend constexpr Timestamp operator+(Timestamp a, Timestamp b) { return OfMicros(a.micros_ + b.micros_); }
  friend constexpr Timestamp operator-(Timestamp a, Timestamp b) { return OfMicros(a.micros_ - b.micros_); }
  template <typename H>
  friend H AbslHashValue(H h, Timestamp t) {
    return H::combine(std::move(h), t.micros_);
  }
  friend std::ostream& operator<<(std::ostream& out, Timestamp t) { return out << t.Text(); }

 private:
  int64_t micros_ = 0;
};

}  // namespace mrsn

#endif  // MRSN_OPS_BASE_TIMESTAMP_H_
