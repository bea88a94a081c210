// One process's share of a relation bank that is being written: a file to whose end key frames are appended.
//
// Each record carries its sizes and a checksum. A writer that is killed leaves whole records and at most one
// cut one at the end, and the next writer of the part goes on behind the last whole record. The first record
// says to which bank the part belongs.
#ifndef MRSN_MRSN_BANK_BANK_PART_H_
#define MRSN_MRSN_BANK_BANK_PART_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "mrsn/bank/relation_bank_format.h"

namespace mrsn::bank {

// Where an entry stands in its part.
struct PartRecord {
  std::string key;      // EntryKey
  uint64_t offset = 0;  // of its value, in bytes
  uint32_t size = 0;    // of its value, in bytes
  uint32_t checksum = 0;
};

struct PartContents {
  std::optional<BankMeta> meta;     // none: the writer was killed before it had written anything
  std::vector<PartRecord> records;  // whole records, as they were written
  uint64_t bytes = 0;               // of the whole records; behind them may stand a cut one
};

// Reads the places of the entries; with `check_values` also the values, and stops at the first damaged one.
// A living writer may append meanwhile. DataLoss for a file of another kind.
absl::StatusOr<PartContents> ReadPart(const std::string& path, bool check_values);

// The value of a record into `out`, record.size bytes. DataLoss, naming the part, for other bytes than were
// written. `file` is the part, opened for reading.
absl::Status ReadPartValue(int file, const std::string& path, const PartRecord& record, char* out);

class PartWriter {
 public:
  // Goes on behind `contents`, which ReadPart found at `path`, or makes the part if they are empty.
  static absl::StatusOr<std::unique_ptr<PartWriter>> Open(const std::string& path, const BankMeta& meta,
                                                          const PartContents& contents);
  ~PartWriter();
  PartWriter(const PartWriter&) = delete;
  PartWriter& operator=(const PartWriter&) = delete;

  // What is appended survives the death of this process at once, and a loss of power from time to time, at
  // the latest after Sync(). ResourceExhausted for a full disk; the part then ends as it did before the call.
  absl::Status Append(const std::string& key, absl::string_view value);
  absl::Status Sync();

 private:
  PartWriter(int file, std::string path, uint64_t bytes)
      : file_(file), path_(std::move(path)), bytes_(bytes) {}

  const int file_;
  const std::string path_;
  uint64_t bytes_, synced_bytes_ = 0;
};

}  // namespace mrsn::bank

#endif  // MRSN_MRSN_BANK_BANK_PART_H_
