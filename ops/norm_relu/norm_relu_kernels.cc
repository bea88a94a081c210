// The matrix is cut into at most 17 parts of whole rows. The cut depends on its size alone and sums of the
// parts are added in order, so results do not depend on the threads. With few channels a part's row is
// several of the matrix's, which fills vector registers and long loops: a lane is then channel lane % C.
//
// Sums run in float over kBlock rows and are then added in double.
//
// Variance is found in one pass from moments about a shift: m2 = sum (x - s)^2 - (sum (x - s))^2 / n. That
// loses digits only if the first term is far above m2. It never is: the first shift of a part is the mean
// of kFirst of the block's rows (then it is at most kBlock / kFirst times m2), the later ones are the mean
// of all rows before, at least as many as in the block (then at most twice what the block adds to m2).
#include "ops/norm_relu/norm_relu_kernels.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "ops/norm_relu/norm_relu_loops.h"
#include "ops/parallel/parallel_for.h"

namespace mrsn::ops::norm_relu {
namespace {

constexpr int64_t kBlock = 64;          // rows summed in float
constexpr int64_t kLanes = 64;          // a part's row has at least so many
constexpr int64_t kFirst = 8;           // rows that give a part's first shift
constexpr int64_t kParts = 16;          // at most, and one of leftover rows
constexpr int64_t kGrain = 1 << 15;     // elements worth a thread
constexpr int64_t kChannelGrain = 256;  // channels worth a thread

struct Part {
  int64_t begin;  // element of the matrix
  int64_t rows, width;
};

std::vector<Part> Cut(int64_t rows, int64_t channels) {
  const int64_t joined = (kLanes + channels - 1) / channels, width = joined * channels;
  const int64_t wide_rows = rows / joined, leftover = rows % joined;
  const int64_t count = std::min(kParts, (wide_rows + kBlock - 1) / kBlock);
  std::vector<Part> parts;
  for (int64_t i = 0; i < count; ++i) {
    const int64_t first = i * wide_rows / count, last = (i + 1) * wide_rows / count;
    parts.push_back({first * width, last - first, width});
  }
  if (leftover > 0) parts.push_back({wide_rows * width, leftover, channels});
  return parts;
}

// f(part index) for all parts, the last one first: the next pass finds in the cache the rows that this pass
// has just read.
template <typename Function>
void ForParts(const std::vector<Part>& parts, const Function& f) {
  const int64_t grain = std::max<int64_t>(1, kGrain / (parts[0].rows * parts[0].width));
  ParallelFor(0, parts.size(), grain, [&](int64_t begin, int64_t end) {
    for (int64_t i = end; i-- > begin;) f(i);
  });
}

// ---- Sums per channel

// Two sums of each lane of each part; each pass gives them a meaning.
struct PartSums {
  PartSums(const std::vector<Part>& parts) : width(parts[0].width), values(2 * width * parts.size()) {}
  double* First(int64_t part) { return values.data() + 2 * width * part; }
  double* Second(int64_t part) { return First(part) + width; }
  int64_t width;
  std::vector<double> values;
};

// f(part, lane, channel) over all lanes that hold a channel in [begin, end).
template <typename Function>
void ForLanes(const std::vector<Part>& parts, int64_t channels, int64_t begin, int64_t end,
              const Function& f) {
  for (int64_t p = 0; p < static_cast<int64_t>(parts.size()); ++p) {
    for (int64_t first = 0; first < parts[p].width; first += channels) {
      for (int64_t c = begin; c < end; ++c) f(p, first + c, c);
    }
  }
}

// Mean of the part's rows and sum of squared differences from it, by lane.
void PartMoments(const Part& part, const float* x, double* mean, double* m2) {
  const int64_t width = part.width;
  std::vector<float> scratch(3 * width);
  float *shift = scratch.data(), *sum = shift + width, *square = sum + width;
  const int64_t begin = std::min(part.rows, kFirst);
  for (int64_t row = 0; row < begin; ++row) {
    for (int64_t lane = 0; lane < width; ++lane) shift[lane] += x[row * width + lane];
  }
  for (int64_t lane = 0; lane < width; ++lane) shift[lane] /= begin;
  for (int64_t first = 0; first < part.rows; first += kBlock) {
    const int64_t rows = std::min(kBlock, part.rows - first);
    std::fill(sum, sum + 2 * width, 0.0f);
    Run(Moments{width, x + first * width, shift, sum, square}, rows);
    // Chan, Golub and LeVeque, "Updating formulae and a pairwise algorithm for computing sample variances".
    const double inverse = 1.0 / rows, weight = static_cast<double>(rows) / (first + rows);
    for (int64_t lane = 0; lane < width; ++lane) {
      const double from_shift = sum[lane] * inverse;
      const double delta = shift[lane] + from_shift - mean[lane];
      mean[lane] += delta * weight;
      m2[lane] += square[lane] - sum[lane] * from_shift + delta * delta * weight * first;
      shift[lane] = static_cast<float>(mean[lane]);
    }
  }
}

// Per-lane factors of the elementwise loops: `count` arrays as wide as the widest part.
struct LaneFactors {
  LaneFactors(const std::vector<Part>& parts, int64_t channels, int64_t count)
      : channels(channels), width(parts[0].width), values(count * width) {}
  const float* operator[](int64_t factor) const { return values.data() + factor * width; }
  void Set(int64_t factor, int64_t channel, double value) {
    for (int64_t lane = channel; lane < width; lane += channels) {
      values[factor * width + lane] = static_cast<float>(value);
    }
  }
  int64_t channels, width;
  std::vector<float> values;
};

// The saved mean as the float nearest to it and the rest, so that x - mean keeps all digits.
double Rest(double mean) { return mean - static_cast<float>(mean); }

// The factors both directions make y with: mean, scale, offset.
void SetOutputFactors(int64_t channel, double mean, double scale, double beta, LaneFactors& factors) {
  factors.Set(0, channel, mean);
  factors.Set(1, channel, scale);
  factors.Set(2, channel, beta - scale * Rest(mean));
}

// Sums of the part's g and g * (x - mean), by lane.
template <Mask kMask>
void PartGradientSums(const Part& part, const BackwardArguments& a, const LaneFactors& factors, double* total,
                      double* total_product) {
  const int64_t width = part.width;
  constexpr bool kOutput = kMask == Mask::kOutput;
  std::vector<float> scratch(2 * width);
  float *sum = scratch.data(), *product = sum + width;
  for (int64_t first = 0; first < part.rows; first += kBlock) {
    const int64_t at = part.begin + first * width;
    std::fill(sum, sum + 2 * width, 0.0f);
    Run(GradientSums<kMask>{width, a.grad + at, a.x + at, a.y + (kOutput ? at : 0), factors[0], factors[1],
                            factors[2], sum, product, a.masked + (kOutput ? at : 0)},
        std::min(kBlock, part.rows - first));
    for (int64_t lane = 0; lane < width; ++lane) {
      total[lane] += sum[lane];
      total_product[lane] += product[lane];
    }
  }
}

template <bool kRelu, bool kResidual>
void NormalizeParts(const std::vector<Part>& parts, const ForwardArguments& a, const LaneFactors& factors) {
  ForParts(parts, [&](int64_t p) {
    const int64_t at = parts[p].begin;
    Run(Normalize<kRelu, kResidual>{parts[p].width, a.x + at, a.residual + (kResidual ? at : 0), factors[0],
                                    factors[1], factors[2], a.y + at},
        parts[p].rows);
  });
}

template <Mask kMask>
void InputGradientParts(const std::vector<Part>& parts, const BackwardArguments& a, const float* grad,
                        const LaneFactors& factors) {
  ForParts(parts, [&](int64_t p) {
    const int64_t at = parts[p].begin;
    Run(InputGradient<kMask>{parts[p].width, grad + at, a.x + at, factors[0], factors[1], factors[2],
                             factors[3], factors[4], a.grad_x + at},
        parts[p].rows);
  });
}

}  // namespace

void Forward(const ForwardArguments& a) {
  const std::vector<Part> parts = Cut(a.rows, a.channels);
  PartSums sums(parts);  // mean, m2
  ForParts(parts,
           [&](int64_t p) { PartMoments(parts[p], a.x + parts[p].begin, sums.First(p), sums.Second(p)); });

  std::vector<double> m2(a.channels);
  ParallelFor(0, a.channels, kChannelGrain, [&](int64_t begin, int64_t end) {
    const double rows = static_cast<double>(a.rows);
    std::fill(a.mean + begin, a.mean + end, 0.0);
    ForLanes(parts, a.channels, begin, end, [&](int64_t p, int64_t lane, int64_t c) {
      a.mean[c] += parts[p].rows / rows * sums.First(p)[lane];
    });
    ForLanes(parts, a.channels, begin, end, [&](int64_t p, int64_t lane, int64_t c) {
      const double delta = sums.First(p)[lane] - a.mean[c];
      m2[c] += sums.Second(p)[lane] + parts[p].rows * delta * delta;
    });
  });
  const double count = a.of_all_rows ? a.of_all_rows(a.mean, m2.data()) : static_cast<double>(a.rows);

  LaneFactors factors(parts, a.channels, 3);
  for (int64_t c = 0; c < a.channels; ++c) {
    if (m2[c] < 0) m2[c] = 0;  // of equal values, by rounding
    a.inverse_deviation[c] = 1 / std::sqrt(m2[c] / count + a.eps);
    SetOutputFactors(c, a.mean[c], a.gamma[c] * a.inverse_deviation[c], a.beta[c], factors);
    const auto update = [&](float& running, double batch) {
      running = static_cast<float>((1 - a.momentum) * running + a.momentum * batch);
    };
    update(a.running_mean[c], a.mean[c]);
    update(a.running_variance[c], m2[c] / (count - 1));
  }

  const auto normalize = a.relu ? (a.residual ? NormalizeParts<true, true> : NormalizeParts<true, false>)
                                : (a.residual ? NormalizeParts<false, true> : NormalizeParts<false, false>);
  normalize(parts, a, factors);
}

// With xhat = (x - mean) * inverse_deviation and n rows:
//   grad_beta = sum g, grad_gamma = sum g * xhat,
//   grad_x = gamma * inverse_deviation * (g - grad_beta / n - xhat * grad_gamma / n)
void Backward(const BackwardArguments& a) {
  const std::vector<Part> parts = Cut(a.rows, a.channels);
  LaneFactors factors(parts, a.channels, 5);
  for (int64_t c = 0; c < a.channels; ++c) {
    SetOutputFactors(c, a.mean[c], a.gamma[c] * a.inverse_deviation[c], a.beta[c], factors);
  }

  PartSums sums(parts);
  const auto part_sums = !a.relu ? PartGradientSums<Mask::kNone>
                         : a.y   ? PartGradientSums<Mask::kOutput>
                                 : PartGradientSums<Mask::kInput>;
  ForParts(parts, [&](int64_t p) { part_sums(parts[p], a, factors, sums.First(p), sums.Second(p)); });

  std::vector<double> grad_beta(a.channels), grad_gamma(a.channels);
  ParallelFor(0, a.channels, kChannelGrain, [&](int64_t begin, int64_t end) {
    ForLanes(parts, a.channels, begin, end, [&](int64_t p, int64_t lane, int64_t c) {
      grad_beta[c] += sums.First(p)[lane];
      grad_gamma[c] += sums.Second(p)[lane];
    });
    for (int64_t c = begin; c < end; ++c) {
      grad_gamma[c] = (grad_gamma[c] - Rest(a.mean[c]) * grad_beta[c]) * a.inverse_deviation[c];
      a.grad_beta[c] = static_cast<float>(grad_beta[c]);
      a.grad_gamma[c] = static_cast<float>(grad_gamma[c]);
    }
  });
  const double count =
      a.of_all_rows ? a.of_all_rows(grad_beta.data(), grad_gamma.data()) : static_cast<double>(a.rows);
  for (int64_t c = 0; c < a.channels; ++c) {
    const double scale = a.gamma[c] * a.inverse_deviation[c];
    const double slope = -scale * a.inverse_deviation[c] * grad_gamma[c] / count;
    factors.Set(3, c, slope);
    factors.Set(4, c, -scale * grad_beta[c] / count - slope * Rest(a.mean[c]));
  }

  if (!a.relu) return InputGradientParts<Mask::kNone>(parts, a, a.grad, factors);
  if (a.y) return InputGradientParts<Mask::kNone>(parts, a, a.masked, factors);
  InputGradientParts<Mask::kInput>(parts, a, a.grad, factors);
}

}  // namespace mrsn::ops::norm_relu
