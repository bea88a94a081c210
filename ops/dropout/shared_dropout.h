// Dropout, and other random numbers of a forward pass, that do not depend on which process computes which
// clips of a batch.
//
// While a BatchShareScope lives on this thread, a forward pass sees this process's share of a batch. Random
// numbers are then drawn for the rows of the whole batch, in the order in which one process draws them, and
// the share's rows are taken out. On the CPU only; on other devices each process draws its own.
#ifndef MRSN_OPS_DROPOUT_SHARED_DROPOUT_H_
#define MRSN_OPS_DROPOUT_SHARED_DROPOUT_H_

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <vector>

namespace mrsn::ops {

// What there is a row of, clip after clip.
enum class RowKind {
  kClips,
  kPersons,
  kEntries,
  kObjects
};  // entries: those of the clips' long-term windows
constexpr int kRowKinds = 4;

// Rows that lie together: `each` for one clip, person, .... With `each` 0 there are as many as the tensor has
// for one; only where no other block stands beside it.
struct RowBlock {
  RowKind kind;
  int64_t each = 1;
};

// at::dropout of x, whose first dimension is the `rows`, one block after the other. In a scope the mask is
// that of the whole batch: a process that computes the batch at once draws the same bits. For that x lies in
// memory contiguously, or channels last, whatever its number of rows.
// A tensor with another number of rows gets at::dropout.
at::Tensor SharedDropout(const at::Tensor& x, double p, bool training, const std::vector<RowBlock>& rows);

// Of x [N,...], one row for each person.
at::Tensor PersonDropout(const at::Tensor& x, double p, bool training);

// at::rand of one number for each of `count` rows.
at::Tensor SharedRandom(int64_t count, RowKind kind, const at::TensorOptions& options);

// How many there are in the whole batch; without a scope `own`, those of this process.
int64_t CountInBatch(RowKind kind, int64_t own);

// Whether this process has no entries or objects, but other processes have. A head then takes one in their
// place that no person sees: its weights take the way that they take in a single process, which sees them
// all, and have gradients of 0 instead of none. (Without a gradient, SGD leaves out momentum and decay.)
inline bool OnlyOthersHave(RowKind kind, int64_t own) { return own == 0 && CountInBatch(kind, own) > 0; }

// This process's rows among `all` of the batch.
struct RowShare {
  std::vector<int64_t> own;  // ascending
  int64_t all = 0;
};
using BatchShare = std::array<RowShare, kRowKinds>;  // by RowKind

class BatchShareScope {
 public:
  // `random`: in the same state in every process as LibTorch's generator in a single one. Undefined: the
  // places in `share` are not known, only numbers are; each process draws its own random numbers.
  BatchShareScope(BatchShare share, at::Generator random);
  ~BatchShareScope();
  BatchShareScope(const BatchShareScope&) = delete;
  BatchShareScope& operator=(const BatchShareScope&) = delete;

 private:
  friend at::Tensor SharedDropout(const at::Tensor& x, double p, bool training,
                                  const std::vector<RowBlock>& rows);
  friend at::Tensor SharedRandom(int64_t count, RowKind kind, const at::TensorOptions& options);
  friend int64_t CountInBatch(RowKind kind, int64_t own);

  // The places of the rows of a tensor of `count` rows; `all` is set to how many the batch has. Undefined if
  // the blocks have another number of rows.
  at::Tensor PlacesOf(const std::vector<RowBlock>& rows, int64_t count, int64_t* all) const;
  const RowShare& of(RowKind kind) const { return share_[static_cast<int>(kind)]; }

  BatchShare share_;
  at::Generator random_;
  BatchShareScope* const outer_;
};

}  // namespace mrsn::ops

#endif  // MRSN_OPS_DROPOUT_SHARED_DROPOUT_H_
