#include "mrsn/bank/relation_bank.h"

#include <lmdb.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "mrsn/bank/float16.h"
#include "mrsn/bank/relation_bank_format.h"
#include "ops/base/file.h"
#include "ops/base/status_macros.h"

namespace mrsn {
namespace {

using bank::BankMeta;
using bank::EntryBytes;
using bank::EntryKey;
using bank::FileFingerprint;
using bank::LmdbError;
using bank::MetaKey;
using bank::ParseMeta;
using bank::SecondOfKey;
using bank::Value;

}  // namespace

struct RelationBank::State {
  std::string path;
  BankMeta meta;
  MDB_env* environment = nullptr;
  MDB_dbi database = 0;

  ~State() {
    if (environment != nullptr) mdb_env_close(environment);
  }
};

RelationBank::RelationBank(std::unique_ptr<State> state) : state_(std::move(state)) {}
RelationBank::~RelationBank() = default;
int64_t RelationBank::width() const { return state_->meta.width; }
int64_t RelationBank::keyframes() const { return state_->meta.keyframes; }
const BankIdentity& RelationBank::identity() const { return state_->meta.identity; }

absl::StatusOr<std::unique_ptr<RelationBank>> RelationBank::OpenAny(const std::string& path) {
  if (!FileExists(path)) return absl::NotFoundError(absl::StrCat("relation bank ", path, ": there is none"));
  // LMDB trusts its file and a damaged one can crash it, so the bytes are checked first.
  MRSN_ASSIGN_OR_RETURN(const std::string expected, ReadFile(path + "/data.sha256"));
  MRSN_ASSIGN_OR_RETURN(const std::string fingerprint, FileFingerprint(path + "/data.mdb"));
  if (expected.substr(0, 64) != fingerprint) {
    return absl::DataLossError(absl::StrCat("relation bank ", path, ": data.mdb has fingerprint ",
                                            fingerprint, ", was written with ", expected.substr(0, 64),
                                            ": damaged; write the bank again"));
  }
  auto state = std::make_unique<State>();
  state->path = path;
  int code = mdb_env_create(&state->environment);
  // Never written again: no locks, any number of readers, read-only media.
  if (code == 0) code = mdb_env_open(state->environment, path.c_str(), MDB_RDONLY | MDB_NOLOCK, 0);
  MDB_txn* transaction = nullptr;
  if (code == 0) code = mdb_txn_begin(state->environment, nullptr, MDB_RDONLY, &transaction);
  if (code == 0) code = mdb_dbi_open(transaction, nullptr, 0, &state->database);
  std::string record;
  if (code == 0) {
    const std::string meta_key = MetaKey();
    MDB_val key = Value(meta_key), value;
    code = mdb_get(transaction, state->database, &key, &value);
    if (code == 0) record.assign(static_cast<const char*>(value.mv_data), value.mv_size);
  }
  if (code == 0) {
    code = mdb_txn_commit(transaction);  // keeps the database handle open
  } else if (transaction != nullptr) {
    mdb_txn_abort(transaction);
  }
  if (code == MDB_NOTFOUND) code = MDB_INVALID;
  if (code != 0) return LmdbError(code, path, "opening");
  MRSN_ASSIGN_OR_RETURN(state->meta, ParseMeta(record, path));
  return std::unique_ptr<RelationBank>(new RelationBank(std::move(state)));
}

absl::StatusOr<std::unique_ptr<RelationBank>> RelationBank::Open(const std::string& path,
                                                                 const BankIdentity& expected) {
  MRSN_ASSIGN_OR_RETURN(std::unique_ptr<RelationBank> bank, OpenAny(path));
  const BankIdentity& found = bank->identity();
  std::string differences;
  const auto compare = [&](const char* what, const std::string& bank_has, const std::string& run_has) {
    if (bank_has != run_has) {
      absl::StrAppend(&differences, "; ", what, ": the bank was written with ", bank_has, ", this run has ",
                      run_has);
    }
  };
  compare("checkpoint", found.checkpoint, expected.checkpoint);
  compare("boxes", found.boxes, expected.boxes);
  compare("config", found.config, expected.config);
  if (!differences.empty()) {
    return absl::FailedPreconditionError(
        absl::StrCat("relation bank ", path, " does not belong here", differences));
  }
  return bank;
}

absl::StatusOr<BankWindow> RelationBank::Window(const std::string& video, int64_t second,
                                                int64_t radius) const {
  using Limits = std::numeric_limits<int32_t>;
  if (radius < 0 || second < Limits::min() || second > Limits::max() || radius > Limits::max()) {
    return absl::InvalidArgumentError(
        absl::StrCat("relation bank: no window of ", radius, " s around ", second));
  }
  const int64_t width = state_->meta.width;
  BankWindow window;
  window.width = width;
  const std::string first =
      EntryKey(video, static_cast<int32_t>(std::max<int64_t>(second - radius, Limits::min())));
  const size_t prefix = video.size() + 1;

  MDB_txn* transaction;
  if (int code = mdb_txn_begin(state_->environment, nullptr, MDB_RDONLY, &transaction)) {
    return LmdbError(code, state_->path, "reading");
  }
  MDB_cursor* cursor = nullptr;
  absl::Status status;
  int code = mdb_cursor_open(transaction, state_->database, &cursor);
  MDB_val key = Value(first), value;
  if (code == 0) code = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);
  for (; code == 0; code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) {
    const char* key_bytes = static_cast<const char*>(key.mv_data);
    if (key.mv_size != first.size() || std::memcmp(key_bytes, first.data(), prefix) != 0)
      break;  // another video
    const int64_t offset = SecondOfKey(key_bytes + prefix) - second;
    if (offset > radius) break;
    const size_t entry_bytes = EntryBytes(width), entries = value.mv_size / entry_bytes;
    if (entries * entry_bytes != value.mv_size) {
      status = absl::DataLossError(absl::StrCat("relation bank ", state_->path, ", ", video, " second ",
                                                second + offset, ": ", value.mv_size,
                                                " bytes are no multiple of ", entry_bytes));
      break;
    }
    const char* in = static_cast<const char*>(value.mv_data);
    window.features.reserve(window.features.size() + entries * width);
    for (size_t i = 0; i < entries * width; ++i, in += sizeof(uint16_t)) {
      uint16_t half;
      std::memcpy(&half, in, sizeof(half));
      window.features.push_back(FromFloat16(half));
    }
    window.offsets.insert(window.offsets.end(), entries, offset);
    window.boxes.resize(window.boxes.size() + entries);
    if (entries > 0) std::memcpy(&*(window.boxes.end() - entries), in, entries * sizeof(Box));
  }
  if (cursor != nullptr) mdb_cursor_close(cursor);
  mdb_txn_abort(transaction);
  MRSN_RETURN_IF_ERROR(status);
  if (code != 0 && code != MDB_NOTFOUND) return LmdbError(code, state_->path, "reading");
  return window;
}

}  // namespace mrsn
