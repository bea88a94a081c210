#include <lmdb.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"
#include "mrsn/bank/float16.h"
#include "mrsn/bank/relation_bank.h"
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
using bank::MetaRecord;
using bank::Value;

constexpr size_t kBatchBytes = 8 << 20;         // entries are committed in pieces of this size
constexpr size_t kFirstMapBytes = 64ull << 20;  // grows; must only exceed one batch
constexpr float kFloat16Max = 65504;

}  // namespace

struct RelationBankWriter::State {
  std::string path, folder;  // of the finished bank, and while it is written
  BankMeta meta;
  MDB_env* environment = nullptr;
  MDB_dbi database = 0;
  size_t map_bytes = kFirstMapBytes;
  std::vector<std::pair<std::string, std::string>> batch;  // not yet committed
  size_t batch_bytes = 0;
  bool failed = false;

  ~State() {
    if (environment != nullptr) mdb_env_close(environment);
    std::error_code ignored;
    if (!folder.empty()) std::filesystem::remove_all(folder, ignored);
  }

  // Commits the batch in one transaction: all of it or nothing.
  int TryCommit() {
    MDB_txn* transaction;
    if (int code = mdb_txn_begin(environment, nullptr, 0, &transaction)) return code;
    for (const auto& [key, value] : batch) {
      MDB_val k = Value(key), v = Value(value);
      if (int code = mdb_put(transaction, database, &k, &v, MDB_NOOVERWRITE)) {
        mdb_txn_abort(transaction);
        return code;
      }
    }
    return mdb_txn_commit(transaction);
  }

  absl::Status Commit() {
    if (failed)
      return absl::FailedPreconditionError(absl::StrCat("relation bank ", path, ": writing has failed"));
    int code;
    while ((code = TryCommit()) == MDB_MAP_FULL) {
      map_bytes *= 2;
      if ((code = mdb_env_set_mapsize(environment, map_bytes))) break;
    }
    if (code == 0) {
      batch.clear();
      batch_bytes = 0;
      return absl::OkStatus();
    }
    failed = true;
    if (code == MDB_KEYEXIST) {
      return absl::AlreadyExistsError(absl::StrCat("relation bank ", path, ": a keyframe was added twice"));
    }
    return LmdbError(code, path, "writing");
  }
};

RelationBankWriter::RelationBankWriter(std::unique_ptr<State> state) : state_(std::move(state)) {}
RelationBankWriter::~RelationBankWriter() = default;

absl::StatusOr<std::unique_ptr<RelationBankWriter>> RelationBankWriter::Create(const std::string& path,
                                                                               const BankIdentity& identity,
                                                                               int64_t width) {
  if (width < 1) return absl::InvalidArgumentError(absl::StrCat("relation bank ", path, ": width ", width));
  for (const std::string* name : {&identity.checkpoint, &identity.boxes, &identity.config}) {
    if (name->find('\n') != std::string::npos) {
      return absl::InvalidArgumentError("relation bank: a line break in a fingerprint");
    }
  }
  if (FileExists(path))
    return absl::AlreadyExistsError(absl::StrCat("relation bank ", path, ": exists already"));
  auto state = std::make_unique<State>();
  state->path = path;
  state->meta.identity = identity;
  state->meta.width = width;
  const std::string parent = std::filesystem::path(path).parent_path().string();
  if (!parent.empty()) MRSN_RETURN_IF_ERROR(MakeFolders(parent));
  std::string folder = path + ".unfinished-XXXXXX";
  if (mkdtemp(folder.data()) == nullptr || chmod(folder.c_str(), 0755) != 0) {
    return absl::UnavailableError(absl::StrCat("relation bank ", path, ": ", std::strerror(errno)));
  }
  state->folder = folder;

  int code = mdb_env_create(&state->environment);
  if (code == 0) code = mdb_env_set_mapsize(state->environment, state->map_bytes);
  // No lock file, because no other process knows the folder; one sync at the end, because the bank is all or
  // nothing.
  if (code == 0) code = mdb_env_open(state->environment, folder.c_str(), MDB_NOLOCK | MDB_NOSYNC, 0644);
  MDB_txn* transaction = nullptr;
  if (code == 0) code = mdb_txn_begin(state->environment, nullptr, 0, &transaction);
  if (code == 0) code = mdb_dbi_open(transaction, nullptr, 0, &state->database);
  if (code == 0) {
    code = mdb_txn_commit(transaction);
  } else if (transaction != nullptr) {
    mdb_txn_abort(transaction);
  }
  if (code != 0) return LmdbError(code, path, "making it");
  return std::unique_ptr<RelationBankWriter>(new RelationBankWriter(std::move(state)));
}

absl::Status RelationBankWriter::Add(const Keyframe& keyframe, absl::Span<const float> features,
                                     absl::Span<const Box> boxes) {
  State& state = *state_;
  const std::string where =
      absl::StrCat("relation bank ", state.path, ", ", keyframe.video, " second ", keyframe.timestamp, ": ");
  const std::string key = EntryKey(keyframe.video, keyframe.timestamp);
  if (keyframe.video.empty() || keyframe.video.find('\0') != std::string::npos ||
      key.size() > static_cast<size_t>(mdb_env_get_maxkeysize(state.environment))) {
    return absl::InvalidArgumentError(
        absl::StrCat(where, "a video's name has 1 to 500 bytes, none of them 0"));
  }
  if (features.size() != boxes.size() * static_cast<size_t>(state.meta.width)) {
    return absl::InvalidArgumentError(absl::StrCat(where, features.size(), " values for ", boxes.size(),
                                                   " boxes; expected ", state.meta.width, " each"));
  }
  std::string value(boxes.size() * EntryBytes(state.meta.width), '\0');
  char* out = value.data();
  for (float feature : features) {
    if (!(std::fabs(feature) <= kFloat16Max)) {
      return absl::InvalidArgumentError(absl::StrCat(where, "float16 cannot hold the value ", feature));
    }
    const uint16_t half = ToFloat16(feature);
    std::memcpy(out, &half, sizeof(half));
    out += sizeof(half);
  }
  if (!boxes.empty()) std::memcpy(out, boxes.data(), boxes.size() * sizeof(Box));
  state.batch_bytes += key.size() + value.size();
  state.batch.emplace_back(key, std::move(value));
  ++state.meta.keyframes;
  return state.batch_bytes < kBatchBytes ? absl::OkStatus() : state.Commit();
}

absl::Status RelationBankWriter::Finish() {
  State& state = *state_;
  state.batch.emplace_back(MetaKey(), MetaRecord(state.meta));
  MRSN_RETURN_IF_ERROR(state.Commit());
  if (int code = mdb_env_sync(state.environment, /*force=*/1)) return LmdbError(code, state.path, "syncing");
  mdb_env_close(state.environment);
  state.environment = nullptr;
  state.failed = true;  // nothing may follow
  MRSN_ASSIGN_OR_RETURN(const std::string fingerprint, FileFingerprint(state.folder + "/data.mdb"));
  MRSN_RETURN_IF_ERROR(WriteFileAtomically(state.folder + "/data.sha256", fingerprint + "  data.mdb\n"));
  if (std::rename(state.folder.c_str(), state.path.c_str()) != 0) {
    return absl::UnavailableError(absl::StrCat("relation bank ", state.path, ": ", std::strerror(errno)));
  }
  state.folder.clear();
  return absl::OkStatus();
}

}  // namespace mrsn
