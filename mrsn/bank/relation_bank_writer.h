// Writes a relation bank (relation_bank.h), by one process or by several, at once or after interruptions.
//
//   MRSN_ASSIGN_OR_RETURN(auto writer, RelationBankWriter::Create(path, identity, g));
//   for (...) {
//     if (writer->Contains({video, second})) continue;  // an earlier process has written it
//     MRSN_RETURN_IF_ERROR(writer->Add({video, second}, features, boxes));
//   }
//   MRSN_RETURN_IF_ERROR(writer->Finish());
//
// Each process appends to a part of its own in the folder <path>.unfinished (bank_part.h). Finish() merges
// the parts in the order of the keys into one LMDB file. The merge reads and writes everything once more, and
// the disk holds the features twice for this time. In return, the finished bank has the same bytes however
// many processes wrote it and however often they were killed, readers open one file, and a video's seconds
// lie side by side in it.
#ifndef MRSN_MRSN_BANK_RELATION_BANK_WRITER_H_
#define MRSN_MRSN_BANK_RELATION_BANK_WRITER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "mrsn/bank/bank_identity.h"
#include "ops/base/box.h"
#include "ops/base/keyframe.h"

namespace mrsn {

struct BankWriterOptions {
  // This process is number `rank` of those that write the bank together; their key frames differ.
  int rank = 0;
  // What to do while another job writes the same bank: wait until it has ended, or return Unavailable.
  bool wait = true;
};

class RelationBankWriter {
 public:
  // Begins a bank, or goes on with one that was begun. Nothing appears at `path` before Finish().
  // AlreadyExists if something stands at `path`, also if it appears there while this call waits;
  // InvalidArgument for width < 1; FailedPrecondition, naming the differences, if the bank was begun with
  // another identity or width; DataLoss if a file in the folder is of another kind; the error of Stopped()
  // (ops/base/stop_signal.h) if a stop signal comes while it waits.
  static absl::StatusOr<std::unique_ptr<RelationBankWriter>> Create(const std::string& path,
                                                                    const BankIdentity& identity,
                                                                    int64_t width,
                                                                    const BankWriterOptions& options = {});
  // Without Finish() the parts stay, and the next writer goes on.
  ~RelationBankWriter();
  RelationBankWriter(const RelationBankWriter&) = delete;
  RelationBankWriter& operator=(const RelationBankWriter&) = delete;

  // Whether this writer has added the key frame, or any process before Create().
  bool Contains(const Keyframe& keyframe) const;

  // features [n, width] row-major, one row per box; n may be 0. Each keyframe
  // once (else AlreadyExists). InvalidArgument for a size that does not fit, an
  // empty or too long video name, or a value float16 cannot hold (NaN, infinite,
  // |x| > 65504). Any order of keyframes. An added key frame survives the death of the process.
  // ResourceExhausted or Unavailable, naming the file and the reason, when the disk is full or fails; what
  // was added before is kept.
  absl::Status Add(const Keyframe& keyframe, absl::Span<const float> features, absl::Span<const Box> boxes);

  // Brings everything added to the disk. Every process calls it before one of them calls Finish().
  absl::Status Sync();

  // Merges the parts, checks their bytes and puts the bank to `path`. Once, last, by one process, after all
  // others have added all. FailedPrecondition unless the bank then has `keyframes` of them, if given: the
  // parts stay, and a writer can add the others. AlreadyExists for a key frame to which two processes gave
  // different features. After an error, as a full disk, the parts are there.
  absl::Status Finish(std::optional<int64_t> keyframes = std::nullopt);

 private:
  struct State;
  explicit RelationBankWriter(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace mrsn

#endif  // MRSN_MRSN_BANK_RELATION_BANK_WRITER_H_
