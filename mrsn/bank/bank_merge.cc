#include "mrsn/bank/bank_merge.h"

#include <fcntl.h>
#include <lmdb.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "mrsn/bank/bank_digest.h"
#include "mrsn/bank/bank_part.h"
#include "ops/base/file.h"
#include "ops/base/status_macros.h"

namespace mrsn::bank {
namespace {

constexpr size_t kTransactionBytes = 8 << 20;  // LMDB holds the pages of a transaction in memory
constexpr size_t kSpareMapBytes = 64 << 20;    // for LMDB's index; more is added if it is not enough

struct Part {
  Part() = default;
  Part(Part&& other) noexcept : path(std::move(other.path)), file(std::exchange(other.file, -1)) {}
  ~Part() {
    if (file >= 0) close(file);
  }
  std::string path;
  int file = -1;
};

struct Entry {
  PartRecord record;
  size_t part = 0;  // position in Merger::parts
};

class Merger {
 public:
  explicit Merger(const std::string& path) : path_(path) {}
  ~Merger() {
    if (environment_ != nullptr) mdb_env_close(environment_);
  }

  absl::Status ReadParts(const std::vector<std::string>& paths);
  absl::Status Open(const std::string& folder);
  absl::Status Write(const BankMeta& meta);
  int64_t entries() const { return static_cast<int64_t>(entries_.size()); }
  // Syncs and closes; returns the bytes of a page.
  absl::StatusOr<int64_t> Close();

 private:
  absl::Status SameValue(const Entry& a, const Entry& b) const;
  // Writes entries from `first` on in one transaction; their number, 0 if the map is too small for them.
  absl::StatusOr<size_t> WriteSome(size_t first);
  absl::Status PutMeta(const BankMeta& meta);

  const std::string& path_;
  std::vector<Part> parts_;
  std::vector<Entry> entries_;
  MDB_env* environment_ = nullptr;
  MDB_dbi database_ = 0;
  size_t map_bytes_ = kSpareMapBytes;
};

absl::Status Merger::ReadParts(const std::vector<std::string>& paths) {
  for (const std::string& path : paths) {
    MRSN_ASSIGN_OR_RETURN(PartContents contents, ReadPart(path, /*check_values=*/false));
    Part& part = parts_.emplace_back();
    part.path = path;
    part.file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (part.file < 0) return SystemError(errno, path, "opening");
    for (PartRecord& record : contents.records) entries_.push_back({std::move(record), parts_.size() - 1});
  }
  std::sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) {
    return std::tie(a.record.key, a.part) < std::tie(b.record.key, b.part);
  });
  size_t kept = 0;
  for (size_t i = 0; i < entries_.size(); ++i) {
    if (kept > 0 && entries_[kept - 1].record.key == entries_[i].record.key) {
      MRSN_RETURN_IF_ERROR(SameValue(entries_[kept - 1], entries_[i]));
      continue;
    }
    if (kept != i) entries_[kept] = std::move(entries_[i]);
    ++kept;
  }
  entries_.resize(kept);
  for (const Entry& entry : entries_) map_bytes_ += entry.record.size + 8192;  // rounding to pages
  return absl::OkStatus();
}

absl::Status Merger::SameValue(const Entry& a, const Entry& b) const {
  if (a.record.size == b.record.size && a.record.checksum == b.record.checksum) return absl::OkStatus();
  const Keyframe keyframe = KeyframeOfKey(a.record.key).value_or(Keyframe());
  return absl::AlreadyExistsError(absl::StrCat("relation bank ", path_, ", ", keyframe.video, " second ",
                                               keyframe.timestamp.Text(), ": different features in ",
                                               parts_[a.part].path, " and ", parts_[b.part].path));
}

absl::Status Merger::Open(const std::string& folder) {
  int code = mdb_env_create(&environment_);
  if (code == 0) code = mdb_env_set_mapsize(environment_, map_bytes_);
  // No lock file, because no other process knows the folder; one sync at the end, because the bank is all or
  // nothing.
  if (code == 0) code = mdb_env_open(environment_, folder.c_str(), MDB_NOLOCK | MDB_NOSYNC, 0644);
  MDB_txn* transaction = nullptr;
  if (code == 0) code = mdb_txn_begin(environment_, nullptr, 0, &transaction);
  if (code == 0) code = mdb_dbi_open(transaction, nullptr, 0, &database_);
  if (code == 0) {
    code = mdb_txn_commit(transaction);
  } else if (transaction != nullptr) {
    mdb_txn_abort(transaction);
  }
  return code == 0 ? absl::OkStatus() : LmdbError(code, path_, "making it");
}

absl::Status Merger::PutMeta(const BankMeta& meta) {
  const std::string key = MetaKey(), record = MetaRecord(meta);
  MDB_txn* transaction;
  int code = mdb_txn_begin(environment_, nullptr, 0, &transaction);
  if (code != 0) return LmdbError(code, path_, "writing");
  MDB_val k = Value(key), v = Value(record);
  code = mdb_put(transaction, database_, &k, &v, 0);
  if (code != 0) {
    mdb_txn_abort(transaction);
  } else {
    code = mdb_txn_commit(transaction);
  }
  return code == 0 ? absl::OkStatus() : LmdbError(code, path_, "writing");
}

absl::StatusOr<size_t> Merger::WriteSome(size_t first) {
  MDB_txn* transaction;
  int code = mdb_txn_begin(environment_, nullptr, 0, &transaction);
  if (code != 0) return LmdbError(code, path_, "writing");
  absl::Status read;
  size_t bytes = 0, i = first;
  for (; code == 0 && i < entries_.size() && bytes < kTransactionBytes; ++i) {
    const Entry& entry = entries_[i];
    MDB_val k = Value(entry.record.key), v = {entry.record.size, nullptr};
    code = mdb_put(transaction, database_, &k, &v, MDB_APPEND | MDB_RESERVE);
    if (code != 0) break;
    const Part& part = parts_[entry.part];
    read = ReadPartValue(part.file, part.path, entry.record, static_cast<char*>(v.mv_data));
    if (!read.ok()) break;
    bytes += entry.record.key.size() + entry.record.size;
  }
  if (code != 0 || !read.ok()) {
    mdb_txn_abort(transaction);
  } else {
    code = mdb_txn_commit(transaction);
  }
  MRSN_RETURN_IF_ERROR(read);
  if (code == MDB_MAP_FULL) return 0;
  if (code != 0) return LmdbError(code, path_, "writing");
  return i - first;
}

absl::Status Merger::Write(const BankMeta& meta) {
  MRSN_RETURN_IF_ERROR(PutMeta(meta));
  for (size_t first = 0; first < entries_.size();) {
    MRSN_ASSIGN_OR_RETURN(const size_t written, WriteSome(first));
    if (written == 0) {
      map_bytes_ *= 2;
      if (int code = mdb_env_set_mapsize(environment_, map_bytes_)) return LmdbError(code, path_, "writing");
    }
    first += written;
  }
  return absl::OkStatus();
}

absl::StatusOr<int64_t> Merger::Close() {
  if (int code = mdb_env_sync(environment_, /*force=*/1)) return LmdbError(code, path_, "syncing");
  MDB_stat about;
  if (int code = mdb_env_stat(environment_, &about)) return LmdbError(code, path_, "syncing");
  mdb_env_close(environment_);
  environment_ = nullptr;
  return static_cast<int64_t>(about.ms_psize);
}

}  // namespace

absl::Status MergeParts(const std::vector<std::string>& parts, BankMeta meta,
                        std::optional<int64_t> keyframes, const std::string& folder,
                        const std::string& path) {
  Merger merger(path);
  MRSN_RETURN_IF_ERROR(merger.ReadParts(parts));
  meta.keyframes = merger.entries();
  if (keyframes.has_value() && meta.keyframes != *keyframes) {
    return absl::FailedPreconditionError(absl::StrCat("relation bank ", path, ": its parts hold ",
                                                      meta.keyframes, " of ", *keyframes,
                                                      " key frames; write it again to add "
                                                      "the others"));
  }
  MRSN_RETURN_IF_ERROR(MakeFolders(folder));
  MRSN_RETURN_IF_ERROR(merger.Open(folder));
  MRSN_RETURN_IF_ERROR(merger.Write(meta));
  MRSN_ASSIGN_OR_RETURN(const int64_t page_bytes, merger.Close());
  return WriteDigest(folder, page_bytes);
}

}  // namespace mrsn::bank
