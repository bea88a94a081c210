#include "mrsn/bank/relation_bank.h"

#include <lmdb.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <limits>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "mrsn/bank/bank_digest.h"
#include "mrsn/bank/float16.h"
#include "mrsn/bank/relation_bank_format.h"
#include "ops/base/file.h"
#include "ops/base/status_macros.h"

namespace mrsn {
namespace {

using bank::BankMeta;
using bank::CheckDigest;
using bank::EntryBytes;
using bank::EntryKey;
using bank::KeyframeOfKey;
using bank::LmdbError;
using bank::MetaKey;
using bank::ParseMeta;
using bank::Value;

// A read transaction with a cursor.
struct CloseCursor {
  void operator()(MDB_cursor* cursor) const {
    MDB_txn* const transaction = mdb_cursor_txn(cursor);
    mdb_cursor_close(cursor);
    mdb_txn_abort(transaction);
  }
};
using ReadCursor = std::unique_ptr<MDB_cursor, CloseCursor>;

absl::string_view Bytes(const MDB_val& value) {
  return {static_cast<const char*>(value.mv_data), value.mv_size};
}

}  // namespace

struct RelationBank::State {
  absl::StatusOr<ReadCursor> Cursor() const;
  // The number of persons in a key frame's value.
  absl::StatusOr<int64_t> Persons(const MDB_val& value, const Keyframe& keyframe) const;

  std::string path;
  BankMeta meta;
  MDB_env* environment = nullptr;
  MDB_dbi database = 0;
  int64_t bytes = 0;

  ~State() {
    if (environment != nullptr) mdb_env_close(environment);
  }
};

absl::StatusOr<ReadCursor> RelationBank::State::Cursor() const {
  MDB_txn* transaction;
  if (int code = mdb_txn_begin(environment, nullptr, MDB_RDONLY, &transaction)) {
    return LmdbError(code, path, "reading");
  }
  MDB_cursor* cursor;
  if (int code = mdb_cursor_open(transaction, database, &cursor)) {
    mdb_txn_abort(transaction);
    return LmdbError(code, path, "reading");
  }
  return ReadCursor(cursor);
}

absl::StatusOr<int64_t> RelationBank::State::Persons(const MDB_val& value, const Keyframe& keyframe) const {
  const size_t entry_bytes = EntryBytes(meta.width), persons = value.mv_size / entry_bytes;
  if (persons * entry_bytes == value.mv_size) return static_cast<int64_t>(persons);
  return absl::DataLossError(absl::StrCat("relation bank ", path, ", ", keyframe.video, " second ",
                                          keyframe.timestamp.Text(), ": ", value.mv_size,
                                          " bytes are no multiple of ", entry_bytes));
}

std::vector<float> BankWindow::features() const {
  std::vector<float> features;
  features.reserve(halves.size());
  for (const uint16_t half : halves) features.push_back(FromFloat16(half));
  return features;
}

RelationBank::RelationBank(std::unique_ptr<State> state) : state_(std::move(state)) {}
RelationBank::~RelationBank() = default;
int64_t RelationBank::bytes() const { return state_->bytes; }
int64_t RelationBank::width() const { return state_->meta.width; }
int64_t RelationBank::keyframes() const { return state_->meta.keyframes; }
const BankIdentity& RelationBank::identity() const { return state_->meta.identity; }

absl::StatusOr<std::unique_ptr<RelationBank>> RelationBank::OpenAny(const std::string& path) {
  if (!FileExists(path)) return absl::NotFoundError(absl::StrCat("relation bank ", path, ": there is none"));
  // LMDB trusts its file and a damaged one can crash it, so the index is checked first.
  MRSN_RETURN_IF_ERROR(CheckDigest(path));
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
  std::error_code error;
  state->bytes = static_cast<int64_t>(std::filesystem::file_size(path + "/data.mdb", error));
  return std::unique_ptr<RelationBank>(new RelationBank(std::move(state)));
}

absl::StatusOr<std::unique_ptr<RelationBank>> RelationBank::Open(const std::string& path,
                                                                 const BankIdentity& expected) {
  MRSN_ASSIGN_OR_RETURN(std::unique_ptr<RelationBank> bank, OpenAny(path));
  const std::string differences = bank::Differences(bank->identity(), expected);
  if (!differences.empty()) {
    return absl::FailedPreconditionError(
        absl::StrCat("relation bank ", path, " does not belong here", differences));
  }
  return bank;
}

absl::StatusOr<BankWindow> RelationBank::Window(const Keyframe& clip, int64_t radius) const {
  using Limits = std::numeric_limits<int32_t>;
  const Timestamp now = clip.timestamp;
  if (radius < 0 || now < Limits::min() || now > Limits::max() || radius > Limits::max()) {
    return absl::InvalidArgumentError(
        absl::StrCat("relation bank: no window of ", radius, " s around ", now.Text()));
  }
  const int64_t width = state_->meta.width;
  BankWindow window;
  window.width = width;
  const std::string first = EntryKey({clip.video, std::max(now - radius, Timestamp(Limits::min()))});

  MRSN_ASSIGN_OR_RETURN(const ReadCursor cursor, state_->Cursor());
  // Values stay where they are while the cursor lives: they are counted first, then copied once.
  std::vector<std::pair<int64_t, MDB_val>> found;  // offset, value
  size_t entries = 0;
  MDB_val key = Value(first), value;
  int code = mdb_cursor_get(cursor.get(), &key, &value, MDB_SET_RANGE);
  for (; code == 0; code = mdb_cursor_get(cursor.get(), &key, &value, MDB_NEXT)) {
    const std::optional<Keyframe> entry = KeyframeOfKey(Bytes(key));
    if (!entry.has_value() || entry->video != clip.video) break;
    const Timestamp offset = entry->timestamp - now;
    if (offset > radius) break;
    MRSN_ASSIGN_OR_RETURN(const int64_t persons, state_->Persons(value, *entry));
    entries += persons;
    found.emplace_back(offset.Rounded(), value);
  }
  if (code != 0 && code != MDB_NOTFOUND) return LmdbError(code, state_->path, "reading");
  window.halves.resize(entries * width);
  window.offsets.reserve(entries);
  window.boxes.resize(entries);
  const size_t feature_bytes = width * sizeof(uint16_t);
  size_t done = 0;
  for (const auto& [offset, bytes] : found) {
    const size_t persons = bytes.mv_size / EntryBytes(width);
    if (persons == 0) continue;
    const char* in = static_cast<const char*>(bytes.mv_data);
    std::memcpy(&window.halves[done * width], in, persons * feature_bytes);
    std::memcpy(&window.boxes[done], in + persons * feature_bytes, persons * sizeof(Box));
    window.offsets.insert(window.offsets.end(), persons, offset);
    done += persons;
  }
  return window;
}

absl::Status RelationBank::Scan(absl::FunctionRef<void(const Keyframe&, int64_t)> entry) const {
  MRSN_ASSIGN_OR_RETURN(const ReadCursor cursor, state_->Cursor());
  const std::string meta_key = MetaKey();
  MDB_val key, value;
  int code = mdb_cursor_get(cursor.get(), &key, &value, MDB_FIRST);
  for (; code == 0; code = mdb_cursor_get(cursor.get(), &key, &value, MDB_NEXT)) {
    if (Bytes(key) == meta_key) continue;
    const std::optional<Keyframe> keyframe = KeyframeOfKey(Bytes(key));
    if (!keyframe.has_value()) {
      return absl::DataLossError(absl::StrCat("relation bank ", state_->path, ": a key of ", key.mv_size,
                                              " bytes that names no key frame"));
    }
    MRSN_ASSIGN_OR_RETURN(const int64_t persons, state_->Persons(value, *keyframe));
    entry(*keyframe, persons);
  }
  return code == MDB_NOTFOUND ? absl::OkStatus() : LmdbError(code, state_->path, "reading");
}

absl::Status RelationBank::Verify(absl::FunctionRef<void(int64_t)> progress) const {
  MRSN_RETURN_IF_ERROR(bank::CheckWhole(state_->path, progress));
  int64_t keyframes = 0;
  MRSN_RETURN_IF_ERROR(Scan([&](const Keyframe&, int64_t) { ++keyframes; }));
  if (keyframes == state_->meta.keyframes) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat("relation bank ", state_->path, ": holds ", keyframes,
                                          " key frames, was written with ", state_->meta.keyframes));
}

}  // namespace mrsn
