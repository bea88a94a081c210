// The Long-term Relation Bank (Sec. 3.2.2): the relation features G of every person of every clip of a video.
// A trained MRSN_S writes the bank once; MRSN_L reads windows of seconds around a clip.
//
// On disk the bank is a folder with an LMDB environment (5 GB for AVA); it is never held in memory as a
// whole:
//   key    video name, '\0', second (4 bytes, so that keys sort by time; of a second with a fraction 8)
//   value  n*g float16 features, then n*4 float32 box corners in [0,1]
//   meta   one record that says to which checkpoint, box list and configuration
//          the bank belongs, and g
// bank.digest, which is checked at each opening (bank_digest.h), and data.sha256, the fingerprint of
// data.mdb. Little-endian machines only. relation_bank_writer.h writes it.
//
//   MRSN_ASSIGN_OR_RETURN(auto bank, RelationBank::Open(path, identity));
//   MRSN_ASSIGN_OR_RETURN(BankWindow window, bank->Window({video, second}, 10));
//
// No LibTorch here: features are bits of float16.
#ifndef MRSN_MRSN_BANK_RELATION_BANK_H_
#define MRSN_MRSN_BANK_RELATION_BANK_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "mrsn/bank/bank_identity.h"
#include "ops/base/box.h"
#include "ops/base/keyframe.h"

namespace mrsn {

// Entries within `radius` seconds of a clip, ordered by second and, within one,
// as they were added. Key frames may be at fractions of a second. A window then holds every key frame that is
// not further than `radius` from the clip's own one, and an offset is the nearest whole second, of a half the
// further one: 902.5, 903.4 and 904.5 have the offsets -1, 0 and 2 from 903. A clip's own second is 0.
struct BankWindow {
  int64_t width = 0;             // g
  std::vector<uint16_t> halves;  // [m, width] row-major, IEEE binary16 as stored
  std::vector<int64_t> offsets;  // [m] seconds, entry minus clip, whole, ascending
  std::vector<Box> boxes;        // [m]

  std::vector<float> features() const;  // halves as numbers, for those who read a few
};

// Reading is thread-safe.
class RelationBank {
 public:
  // NotFound if there is no bank at `path`; DataLoss if its size or its index is not as written (features
  // are not read: Verify() does it); FailedPrecondition, naming both fingerprints, if it
  // belongs to another checkpoint, box list or configuration.
  static absl::StatusOr<std::unique_ptr<RelationBank>> Open(const std::string& path,
                                                            const BankIdentity& expected);
  // Opens a bank of any identity, for tools that show a bank.
  static absl::StatusOr<std::unique_ptr<RelationBank>> OpenAny(const std::string& path);
  ~RelationBank();
  RelationBank(const RelationBank&) = delete;
  RelationBank& operator=(const RelationBank&) = delete;

  // The window [t - radius, t + radius] around the clip's second t; empty if the bank has nothing
  // there (a video's ends, an unknown video). InvalidArgument for a negative radius, and for seconds that 32
  // bits do not hold.
  absl::StatusOr<BankWindow> Window(const Keyframe& clip, int64_t radius) const;

  // Calls `entry` with the number of persons of each key frame, ordered by video, then time.
  absl::Status Scan(absl::FunctionRef<void(const Keyframe&, int64_t persons)> entry) const;

  // Reads the whole data: DataLoss for any byte that was not written so. `progress` is called with the bytes
  // read so far.
  absl::Status Verify(absl::FunctionRef<void(int64_t)> progress) const;

  int64_t bytes() const;      // of the data
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
