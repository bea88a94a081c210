#include "experiments/engine/evaluation_parts.h"

#include <ATen/ATen.h>

#include <cstdio>
#include <filesystem>
#include <iterator>
#include <system_error>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "mrsn/checkpoint/checksum.h"
#include "mrsn/checkpoint/safetensors.h"
#include "ops/base/file.h"
#include "ops/base/status_macros.h"

namespace mrsn::experiments {
namespace {

constexpr char kIdentity[] = "mrsn.identity";
constexpr char kNext[] = "mrsn.next_batch";
constexpr char kUnread[] = "mrsn.unread";  // clips of this part's batches

struct Part {
  ScoredRows rows;
  std::string identity;
  int64_t next = 0, unread = 0;
};

std::string PartPath(const std::string& folder, int64_t first) {
  return absl::StrFormat("%s/part-%09d.safetensors", folder, first);
}

absl::StatusOr<Part> ReadPart(const std::string& path, int64_t first) {
  MRSN_ASSIGN_OR_RETURN(Safetensors content, ReadSafetensors(path));
  MRSN_RETURN_IF_ERROR(TakeChecksum(path, &content));
  Part part;
  part.identity = content.metadata[kIdentity];
  if (!absl::SimpleAtoi(content.metadata[kNext], &part.next) || part.next <= first ||
      !absl::SimpleAtoi(content.metadata[kUnread], &part.unread)) {
    return absl::DataLossError(absl::StrCat(path, ": does not say which batches it holds"));
  }
  part.rows = {content.tensors["clips"], content.tensors["boxes"], content.tensors["scores"]};
  return part;
}

at::Tensor Joined(const std::vector<ScoredRows>& rows, at::Tensor ScoredRows::*member) {
  std::vector<at::Tensor> tensors;
  for (const ScoredRows& one : rows) tensors.push_back(one.*member);
  return at::cat(tensors);
}

}  // namespace

EvaluationParts::EvaluationParts(std::string folder, std::string identity, absl::Duration every)
    : folder_(std::move(folder)), identity_(std::move(identity)), every_(every), written_(absl::Now()) {}

std::vector<ScoredRows> EvaluationParts::Read() {
  std::vector<ScoredRows> rows;
  while (true) {
    const std::string path = PartPath(folder_, next_);
    if (!FileExists(path)) break;
    absl::StatusOr<Part> part = ReadPart(path, next_);
    if (!part.ok()) {
      std::fprintf(stderr, "warning: evaluates again from batch %lld on: %s\n", static_cast<long long>(next_),
                   std::string(part.status().message()).c_str());
      break;
    }
    if (part->identity != identity_) break;
    rows.push_back(std::move(part->rows));
    unread_ += part->unread;
    next_ = part->next;
  }
  current_ = next_;
  return rows;
}

absl::Status EvaluationParts::Add(int64_t batch, ScoredRows rows) {
  TORCH_CHECK(batch >= current_, "evaluation: batch ", batch, " comes after batch ", current_);
  if (batch > current_) {
    Complete(batch);
    if (absl::Now() - written_ >= every_) MRSN_RETURN_IF_ERROR(Write());
  }
  unfinished_.push_back(std::move(rows));
  return absl::OkStatus();
}

void EvaluationParts::Complete(int64_t batch) {
  complete_.insert(complete_.end(), std::make_move_iterator(unfinished_.begin()),
                   std::make_move_iterator(unfinished_.end()));
  unfinished_.clear();
  current_ = batch;
}

absl::Status EvaluationParts::Finish(int64_t batches) {
  Complete(batches);
  return Write();
}

absl::Status EvaluationParts::Write() {
  written_ = absl::Now();
  if (current_ == next_ || complete_.empty()) return absl::OkStatus();
  int64_t unread = 0;
  std::vector<int64_t> later;
  for (const int64_t batch : unread_batches_) {
    if (batch < current_) {
      ++unread;
    } else {
      later.push_back(batch);
    }
  }
  Safetensors part;
  part.tensors = {{"clips", Joined(complete_, &ScoredRows::clips)},
                  {"boxes", Joined(complete_, &ScoredRows::boxes)},
                  {"scores", Joined(complete_, &ScoredRows::scores)}};
  part.metadata = {{kIdentity, identity_}, {kNext, absl::StrCat(current_)}, {kUnread, absl::StrCat(unread)}};
  AddChecksum(&part);
  MRSN_RETURN_IF_ERROR(WriteSafetensors(PartPath(folder_, next_), part));
  complete_.clear();
  unread_batches_ = std::move(later);
  unread_ += unread;
  next_ = current_;
  return absl::OkStatus();
}

void EvaluationParts::Remove() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

}  // namespace mrsn::experiments
