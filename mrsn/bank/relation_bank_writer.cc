#include "mrsn/bank/relation_bank_writer.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <optional>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "mrsn/bank/bank_merge.h"
#include "mrsn/bank/bank_part.h"
#include "mrsn/bank/float16.h"
#include "mrsn/bank/relation_bank_format.h"
#include "ops/base/file.h"
#include "ops/base/file_lock.h"
#include "ops/base/status_macros.h"

namespace mrsn {
namespace {

using bank::BankMeta;
using bank::Differences;
using bank::EntryBytes;
using bank::EntryKey;
using bank::PartContents;
using bank::PartWriter;
using bank::ReadPart;
using bank::SystemError;

constexpr size_t kLongestKey = 511;  // LMDB's default
constexpr char kPartEnding[] = ".part";

absl::Status CheckIdentity(const std::string& path, const BankIdentity& identity) {
  for (const std::string* name : {&identity.checkpoint, &identity.boxes, &identity.config}) {
    if (name->find('\n') != std::string::npos) {
      return absl::InvalidArgumentError(
          absl::StrCat("relation bank ", path, ": a line break in a fingerprint"));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckSameBank(const std::string& folder, const BankMeta& begun, const BankMeta& asked) {
  const std::string differences =
      Differences(begun.identity, asked.identity) +
      (begun.width == asked.width ? ""
                                  : absl::StrCat("; width: the bank was written with ", begun.width,
                                                 ", this run has ", asked.width));
  if (differences.empty()) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat(folder, ": a relation bank was begun here with other inputs", differences,
                   "; delete this folder to write the bank from the start"));
}

absl::StatusOr<std::vector<std::string>> PartsIn(const std::string& folder) {
  std::vector<std::string> parts;
  std::error_code error;
  for (std::filesystem::directory_iterator i(folder, error), end; !error && i != end; i.increment(error)) {
    if (i->path().extension() == kPartEnding) parts.push_back(i->path().string());
  }
  if (error) return SystemError(error.value(), folder, "listing its parts");
  std::sort(parts.begin(), parts.end());
  return parts;
}

// Makes the names of the files in a folder survive a loss of power.
absl::Status SyncFolder(const std::string& folder) {
  const int file = open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (file < 0) return SystemError(errno, folder, "syncing");
  const int code = fsync(file) == 0 ? 0 : errno;
  close(file);
  return code == 0 || code == EINVAL ? absl::OkStatus() : SystemError(code, folder, "syncing");
}

}  // namespace

struct RelationBankWriter::State {
  std::string path, folder;  // of the finished bank, and of its parts
  BankMeta meta;
  std::optional<FileLock> lock;
  std::unique_ptr<PartWriter> part;
  absl::flat_hash_set<std::string> keys;
  std::string value;  // of the entry being added
  bool finished = false;

  absl::Status OpenParts(int rank);
};

// The keys of all parts, and this process's own part.
absl::Status RelationBankWriter::State::OpenParts(int rank) {
  const std::string own = absl::StrCat(folder, "/rank", rank, kPartEnding);
  MRSN_ASSIGN_OR_RETURN(const std::vector<std::string> parts, PartsIn(folder));
  PartContents contents;
  for (const std::string& file : parts) {
    // Whoever owns a part checks its values; the merge checks all of them.
    MRSN_ASSIGN_OR_RETURN(PartContents found, ReadPart(file, /*check_values=*/file == own));
    if (found.meta.has_value()) MRSN_RETURN_IF_ERROR(CheckSameBank(folder, *found.meta, meta));
    for (const bank::PartRecord& record : found.records) keys.insert(record.key);
    if (file == own) contents = std::move(found);
  }
  MRSN_ASSIGN_OR_RETURN(part, PartWriter::Open(own, meta, contents));
  return SyncFolder(folder);
}

RelationBankWriter::RelationBankWriter(std::unique_ptr<State> state) : state_(std::move(state)) {}
RelationBankWriter::~RelationBankWriter() = default;

absl::StatusOr<std::unique_ptr<RelationBankWriter>> RelationBankWriter::Create(
    const std::string& path, const BankIdentity& identity, int64_t width, const BankWriterOptions& options) {
  if (width < 1) return absl::InvalidArgumentError(absl::StrCat("relation bank ", path, ": width ", width));
  MRSN_RETURN_IF_ERROR(CheckIdentity(path, identity));
  auto state = std::make_unique<State>();
  state->path = path;
  state->folder = path + ".unfinished";
  state->meta.identity = identity;
  state->meta.width = width;
  const auto exists = [&path]() -> absl::Status {
    if (!FileExists(path)) return absl::OkStatus();
    return absl::AlreadyExistsError(absl::StrCat("relation bank ", path, ": exists already"));
  };
  MRSN_ASSIGN_OR_RETURN(state->lock,
                        FileLock::Take(absl::StrCat(state->folder, "/rank", options.rank, ".lock"),
                                       absl::StrCat("relation bank ", path), options.wait, exists));
  MRSN_RETURN_IF_ERROR(state->OpenParts(options.rank));
  return std::unique_ptr<RelationBankWriter>(new RelationBankWriter(std::move(state)));
}

bool RelationBankWriter::Contains(const Keyframe& keyframe) const {
  return state_->keys.contains(EntryKey(keyframe));
}

absl::Status RelationBankWriter::Add(const Keyframe& keyframe, absl::Span<const float> features,
                                     absl::Span<const Box> boxes) {
  State& state = *state_;
  const auto where = [&] {
    return absl::StrCat("relation bank ", state.path, ", ", keyframe.video, " second ",
                        keyframe.timestamp.Text(), ": ");
  };
  if (state.finished) return absl::FailedPreconditionError(where() + "the bank is finished");
  const std::string key = EntryKey(keyframe);
  if (keyframe.video.empty() || keyframe.video.find('\0') != std::string::npos || key.size() > kLongestKey) {
    return absl::InvalidArgumentError(where() + "a video's name has 1 to 500 bytes, none of them 0");
  }
  if (features.size() != boxes.size() * static_cast<size_t>(state.meta.width)) {
    return absl::InvalidArgumentError(absl::StrCat(where(), features.size(), " values for ", boxes.size(),
                                                   " boxes; expected ", state.meta.width, " each"));
  }
  if (state.keys.contains(key)) return absl::AlreadyExistsError(where() + "the key frame was added twice");
  state.value.resize(boxes.size() * EntryBytes(state.meta.width));
  const size_t wrong = WriteFloat16(features.data(), features.size(), state.value.data());
  if (wrong < features.size()) {
    return absl::InvalidArgumentError(
        absl::StrCat(where(), "float16 cannot hold the value ", features[wrong]));
  }
  if (!boxes.empty()) {
    std::memcpy(state.value.data() + features.size() * sizeof(uint16_t), boxes.data(),
                boxes.size() * sizeof(Box));
  }
  MRSN_RETURN_IF_ERROR(state.part->Append(key, state.value));
  state.keys.insert(key);
  return absl::OkStatus();
}

absl::Status RelationBankWriter::Sync() { return state_->part->Sync(); }

absl::Status RelationBankWriter::Finish(std::optional<int64_t> keyframes) {
  State& state = *state_;
  if (state.finished) {
    return absl::FailedPreconditionError(absl::StrCat("relation bank ", state.path, ": is finished"));
  }
  MRSN_ASSIGN_OR_RETURN(const std::vector<std::string> parts, PartsIn(state.folder));
  const std::string merged = state.folder + "/merged";
  std::error_code ignored;
  std::filesystem::remove_all(merged, ignored);  // of a merge that was killed
  if (absl::Status status = MergeParts(parts, state.meta, keyframes, merged, state.path); !status.ok()) {
    std::filesystem::remove_all(merged, ignored);
    return status;
  }
  if (std::rename(merged.c_str(), state.path.c_str()) != 0)
    return SystemError(errno, state.path, "naming it");
  MRSN_RETURN_IF_ERROR(SyncFolder(std::filesystem::path(state.path).parent_path().string()));
  state.finished = true;
  std::filesystem::remove_all(state.folder, ignored);
  return absl::OkStatus();
}

}  // namespace mrsn
