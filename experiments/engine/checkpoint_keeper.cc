#include "experiments/engine/checkpoint_keeper.h"

#include <cstdio>
#include <filesystem>
#include <set>
#include <system_error>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "mrsn/checkpoint/checksum.h"
#include "ops/base/file.h"
#include "ops/base/status_macros.h"

namespace mrsn::experiments {
namespace {

constexpr char kCheckpoint[] = "checkpoint-";
constexpr char kMemory[] = "memory-";
constexpr char kEnding[] = ".safetensors";
constexpr char kParts[] = "mrsn.memory";  // metadata of a checkpoint: "1=<checksum> 2=<checksum>"
constexpr int kKept = 2;

// The numbers of the folder's files "<start><number>.safetensors".
std::set<int64_t> Numbers(const std::string& folder, absl::string_view start) {
  std::set<int64_t> numbers;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(folder, ignored)) {
    const std::string file = entry.path().filename();
    absl::string_view name = file;
    int64_t number = 0;
    if (absl::ConsumePrefix(&name, start) && absl::ConsumeSuffix(&name, kEnding) &&
        absl::SimpleAtoi(name, &number)) {
      numbers.insert(number);
    }
  }
  return numbers;
}

// Earlier versions kept one checkpoint, beside the folder and without a checksum.
void WarnOfOldLayout(const std::string& folder) {
  const std::string old = std::filesystem::path(folder).parent_path() / "checkpoint.safetensors";
  if (!FileExists(old)) return;
  std::fprintf(
      stderr,
      "warning: starts the training anew, because %s was written by an earlier version of the program, "
      "which alone can go on from it\n",
      old.c_str());
}

absl::StatusOr<Safetensors> ReadChecked(const std::string& path) {
  MRSN_ASSIGN_OR_RETURN(Safetensors content, ReadSafetensors(path));
  MRSN_RETURN_IF_ERROR(TakeChecksum(path, &content));
  return content;
}

}  // namespace

std::string CheckpointKeeper::CheckpointPath(int64_t iteration) const {
  return absl::StrFormat("%s/%s%09d%s", folder_, kCheckpoint, iteration, kEnding);
}

std::string CheckpointKeeper::MemoryPath(int64_t number) const {
  return absl::StrFormat("%s/%s%09d%s", folder_, kMemory, number, kEnding);
}

absl::StatusOr<CheckpointKeeper::Found> CheckpointKeeper::Read(int64_t iteration) {
  Found found;
  found.path = CheckpointPath(iteration);
  MRSN_ASSIGN_OR_RETURN(found.snapshot, ReadChecked(found.path));
  const auto listed = found.snapshot.metadata.extract(kParts);
  std::vector<Part> parts;
  if (!listed.empty()) {
    for (const absl::string_view item : absl::StrSplit(listed.mapped(), ' ', absl::SkipEmpty())) {
      const std::pair<absl::string_view, absl::string_view> words =
          absl::StrSplit(item, absl::MaxSplits('=', 1));
      Part part;
      part.second = std::string(words.second);
      if (!absl::SimpleAtoi(words.first, &part.first)) {
        return absl::DataLossError(absl::StrCat(found.path, ": names a part of the memory '", item, "'"));
      }
      const std::string path = MemoryPath(part.first);
      MRSN_ASSIGN_OR_RETURN(Safetensors content, ReadChecked(path));
      if (const std::string checksum = AddChecksum(&content); checksum != part.second) {
        return absl::DataLossError(absl::StrCat(path, ": has the checksum ", checksum, ", ", found.path,
                                                " needs one of ", part.second));
      }
      found.memory.push_back(std::move(content));
      parts.push_back(std::move(part));
    }
  }
  parts_[iteration] = current_ = std::move(parts);
  return found;
}

absl::StatusOr<std::optional<CheckpointKeeper::Found>> CheckpointKeeper::Newest() {
  const std::set<int64_t> iterations = Numbers(folder_, kCheckpoint);
  std::vector<std::string> damaged;
  std::string reasons;
  for (auto iteration = iterations.rbegin(); iteration != iterations.rend(); ++iteration) {
    absl::StatusOr<Found> found = Read(*iteration);
    if (!found.ok()) {
      damaged.push_back(CheckpointPath(*iteration));
      absl::StrAppend(&reasons, "\n  ", found.status().message());
      continue;
    }
    newest_path_ = found->path;
    if (!damaged.empty()) {
      std::fprintf(stderr, "warning: goes on from %s, because a newer checkpoint cannot be read:%s\n",
                   newest_path_.c_str(), reasons.c_str());
      std::error_code ignored;
      for (const std::string& path : damaged) std::filesystem::rename(path, path + ".damaged", ignored);
    }
    return std::optional<Found>(*std::move(found));
  }
  if (damaged.empty()) {
    WarnOfOldLayout(folder_);
    return std::optional<Found>();
  }
  return absl::DataLossError(absl::StrCat(
      folder_, ": no checkpoint is whole; without this folder the training starts anew:", reasons));
}

absl::Status CheckpointKeeper::Write(int64_t iteration, Safetensors snapshot, std::optional<Memory> memory) {
  if (memory.has_value()) {
    Safetensors part;
    part.tensors = std::move(memory->tensors);
    const std::string checksum = AddChecksum(&part);
    // A new number: no file that an earlier checkpoint needs is written over.
    const std::set<int64_t> numbers = Numbers(folder_, kMemory);
    const int64_t number = numbers.empty() ? 1 : *numbers.rbegin() + 1;
    // A checkpoint never stands beside a memory that lacks its part.
    MRSN_RETURN_IF_ERROR(WriteSafetensors(MemoryPath(number), part));
    if (memory->whole) current_.clear();
    current_.emplace_back(number, checksum);
    std::string& listed = snapshot.metadata[kParts];
    for (const Part& one : current_)
      absl::StrAppend(&listed, listed.empty() ? "" : " ", one.first, "=", one.second);
  }
  AddChecksum(&snapshot);
  MRSN_RETURN_IF_ERROR(WriteSafetensors(CheckpointPath(iteration), snapshot));
  newest_path_ = CheckpointPath(iteration);
  parts_[iteration] = current_;
  RemoveOld(iteration);
  return absl::OkStatus();
}

void CheckpointKeeper::RemoveOld(int64_t newest) {
  std::error_code ignored;
  std::set<int64_t> needed;  // files of the memory
  const std::set<int64_t> iterations = Numbers(folder_, kCheckpoint);
  int kept = 0;
  for (auto iteration = iterations.rbegin(); iteration != iterations.rend(); ++iteration) {
    if (*iteration <= newest && kept++ < kKept) {
      for (const Part& part : parts_[*iteration]) needed.insert(part.first);
    } else {
      std::filesystem::remove(CheckpointPath(*iteration), ignored);
    }
  }
  for (const int64_t number : Numbers(folder_, kMemory)) {
    if (needed.count(number) == 0) std::filesystem::remove(MemoryPath(number), ignored);
  }
}

absl::Status CheckpointKeeper::WriteBest(const Safetensors& weights) {
  return WriteSafetensors(folder_ + "/best" + kEnding, weights);
}

}  // namespace mrsn::experiments
