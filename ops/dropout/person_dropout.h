// Dropout whose masks do not depend on who computes which part of a batch.
#ifndef MRSN_OPS_DROPOUT_PERSON_DROPOUT_H_
#define MRSN_OPS_DROPOUT_PERSON_DROPOUT_H_

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace mrsn::ops {

// at::dropout of x [N,...], one row for each person. While a PersonDropoutScope of N persons lives on this
// thread and x is on the CPU, the mask is that of the whole batch: a process that computes all persons at
// once draws the same bits for these, if x is contiguous.
at::Tensor PersonDropout(const at::Tensor& x, double p, bool training);

// The persons of a batch that this process computes.
class PersonDropoutScope {
 public:
  // `own`: their places among the `all` persons of the batch, ascending. `seed`: the same in every process; a
  // single one gives it to at::manual_seed.
  PersonDropoutScope(const std::vector<int64_t>& own, int64_t all, uint64_t seed);
  ~PersonDropoutScope();
  PersonDropoutScope(const PersonDropoutScope&) = delete;
  PersonDropoutScope& operator=(const PersonDropoutScope&) = delete;

 private:
  friend at::Tensor PersonDropout(const at::Tensor& x, double p, bool training);

  const at::Tensor own_;  // [N] int64
  const int64_t all_;
  at::Generator random_;
  PersonDropoutScope* const outer_;
};

}  // namespace mrsn::ops

#endif  // MRSN_OPS_DROPOUT_PERSON_DROPOUT_H_
