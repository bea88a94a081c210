// The Long-term Relation Bank (Sec. 3.2.2): the relation features G of every person of every clip of a video.
// A trained MRSN_S writes the bank once; MRSN_L reads windows of seconds around a clip.
//
// On disk the bank is a folder with an LMDB environment (5 GB for AVA); it is never held in memory as a
// whole:
//   key    video name, '\0', second (4 bytes, so that keys sort by time)
//   value  n*g float16 features, then n*4 float32 box corners in [0,1]
//   meta   one record that says to which checkpoint, box list and configuration
//          the bank belongs, and g
// and data.sha256, the fingerprint of data.mdb. Little-endian machines only.
//
//   MRSN_ASSIGN_OR_RETURN(auto writer, RelationBankWriter::Create(path, identity, g));
//   for (...) MRSN_RETURN_IF_ERROR(writer->Add({video, second}, features, boxes));
//   MRSN_RETURN_IF_ERROR(writer->Finish());
//
//   MRSN_ASSIGN_OR_RETURN(auto bank, RelationBank::Open(path, identity));
//   MRSN_ASSIGN_OR_RETURN(BankWindow window, bank->Window(video, second, 10));
//
// No LibTorch here: features are plain floats.
#ifndef MRSN_MRSN_BANK_RELATION_BANK_H_
#define MRSN_MRSN_BANK_RELATION_BANK_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "mrsn/bank/bank_identity.h"
#include "ops/base/box.h"
#include "ops/base/keyframe.h"

namespace mrsn {

// Entries within `radius` seconds of a clip, ordered by second and, within one,
// as they were added.
struct BankWindow {
  int64_t width = 0;             // g
  std::vector<float> features;   // [m, width] row-major
  std::vector<int64_t> offsets;  // [m] seconds, entry minus clip, ascending
  std::vector<Box> boxes;        // [m]
};

class RelationBankWriter {
 public:
  // Writes into a temporary folder beside `path`; nothing appears at `path`
  // before Finish(). An object destroyed before that removes its folder.
  // AlreadyExists if something stands at `path`; InvalidArgument for width < 1.
  static absl::StatusOr<std::unique_ptr<RelationBankWriter>> Create(const std::string& path,
                                                                    const BankIdentity& identity,
                                                                    int64_t width);
  ~RelationBankWriter();
  RelationBankWriter(const RelationBankWriter&) = delete;
  RelationBankWriter& operator=(const RelationBankWriter&) = delete;

  // features [n, width] row-major, one row per box; n may be 0. Each keyframe
  // once (else AlreadyExists). InvalidArgument for a size that does not fit, an
  // empty or too long video name, or a value float16 cannot hold (NaN, infinite,
  // |x| > 65504). Any order of keyframes; the same order gives the same bytes.
  // ResourceExhausted or Unavailable, naming the path and the reason, when the
  // disk is full or fails; the writer is then of no more use.
  absl::Status Add(const Keyframe& keyframe, absl::Span<const float> features, absl::Span<const Box> boxes);

  // Syncs, writes the fingerprint and renames the folder to `path`. Once, last.
  absl::Status Finish();

 private:
  struct State;
  explicit RelationBankWriter(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// Reading is thread-safe.
class RelationBank {
 public:
  // NotFound if there is no bank at `path`; DataLoss if its bytes are not those
  // that were written (the whole file is read once to know: 5 GB take some
  // seconds, and are then in the page cache); FailedPrecondition, naming both
  // fingerprints, if it belongs to another checkpoint, box list or configuration.
  static absl::StatusOr<std::unique_ptr<RelationBank>> Open(const std::string& path,
                                                            const BankIdentity& expected);
  // Opens a bank of any identity, for tools that show a bank.
  static absl::StatusOr<std::unique_ptr<RelationBank>> OpenAny(const std::string& path);
  ~RelationBank();
  RelationBank(const RelationBank&) = delete;
  RelationBank& operator=(const RelationBank&) = delete;

  // The window [second - radius, second + radius]; empty if the bank has nothing
  // there (a video's ends, an unknown video).
  absl::StatusOr<BankWindow> Window(const std::string& video, int64_t second, int64_t radius) const;

  int64_t width() const;      // g
  int64_t keyframes() const;  // records, those without persons included
  const BankIdentity& identity() const;

 private:
  struct State;
  explicit RelationBank(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace mrsn

#endif  // MRSN_MRSN_BANK_RELATION_BANK_H_
