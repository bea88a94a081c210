#include "experiments/engine/shared_batch.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include <algorithm>
#include <cstring>
#include <string>

#include "absl/strings/string_view.h"
#include "ops/base/status_macros.h"

namespace mrsn::experiments {
namespace {

// A clip of some rank.
struct Place {
  int rank = 0;
  size_t number = 0;  // among the rank's clips
  SharedBatch::Clip clip;
};

constexpr size_t kNumbers = 5;  // of a Clip

std::string BytesOf(bool whole, const std::vector<SharedBatch::Clip>& clips) {
  std::vector<int64_t> numbers = {whole ? 1 : 0};
  for (const SharedBatch::Clip& clip : clips) {
    numbers.insert(numbers.end(), {clip.height, clip.width, clip.persons, clip.entries, clip.objects});
  }
  return std::string(reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(int64_t));
}

// Appends the rank's clips; returns whether it has all of its clips.
bool Read(const std::string& bytes, int rank, std::vector<Place>* places) {
  std::vector<int64_t> numbers(bytes.size() / sizeof(int64_t));
  std::memcpy(numbers.data(), bytes.data(), numbers.size() * sizeof(int64_t));
  for (size_t i = 0; 1 + i * kNumbers < numbers.size(); ++i) {
    const int64_t* const n = &numbers[1 + i * kNumbers];
    places->push_back({rank, i, {n[0], n[1], n[2], n[3], n[4]}});
  }
  return numbers[0] != 0;
}

}  // namespace

SharedBatch::SharedBatch(ProcessGroup& group, uint64_t seed, bool whole)
    : group_(group), whole_(whole), random_(at::detail::createCPUGenerator(seed)) {}

absl::Status SharedBatch::Meet(const std::vector<Clip>& own) {
  MRSN_ASSIGN_OR_RETURN(const std::vector<std::string> gathered, group_.Gather(BytesOf(whole_, own)));
  std::vector<Place> places;
  places_known_ = true;
  for (int rank = 0; rank < group_.size(); ++rank) {
    places_known_ = Read(gathered[rank], rank, &places) && places_known_;
  }
  std::stable_sort(places.begin(), places.end(),
                   [](const Place& a, const Place& b) { return a.number < b.number; });
  groups_.clear();
  first_who_.clear();
  not_all_.clear();
  std::vector<std::vector<bool>> present;  // of each group and rank: it has persons
  for (const Place& place : places) {
    const Clip& clip = place.clip;
    size_t g = 0;
    while (g < groups_.size() && (groups_[g].height != clip.height || groups_[g].width != clip.width)) ++g;
    if (g == groups_.size()) {
      groups_.push_back({clip.height, clip.width, {}, {}});
      present.emplace_back(group_.size(), false);
    }
    Group& group = groups_[g];
    const bool mine = place.rank == group_.rank();
    if (mine) group.own.push_back(place.number);
    const auto add = [&](ops::RowKind kind, int64_t count) {
      ops::RowShare& rows = group.share[static_cast<int>(kind)];
      for (int64_t row = 0; mine && row < count; ++row) rows.own.push_back(rows.all + row);
      rows.all += count;
    };
    add(ops::RowKind::kClips, 1);
    add(ops::RowKind::kPersons, clip.persons);
    add(ops::RowKind::kEntries, clip.entries);
    add(ops::RowKind::kObjects, clip.objects);
    if (clip.persons > 0) present[g][place.rank] = true;
  }
  for (const std::vector<bool>& who : present) {
    const auto first = std::find(who.begin(), who.end(), true);
    first_who_.push_back(first == who.end() ? -1 : static_cast<int>(first - who.begin()));
    not_all_.push_back(std::find(who.begin(), who.end(), false) != who.end());
  }
  return absl::OkStatus();
}

// A rank without persons in a group computes nothing there, or not all, and draws no numbers: before the
// next forward pass it takes the state of a rank that has drawn them.
absl::Status SharedBatch::Begin(size_t g, std::optional<ops::BatchShareScope>* scope) {
  if (places_known_ && ahead_ >= 0) {
    const at::Tensor state = random_.get_state();
    MRSN_RETURN_IF_ERROR(group_.Broadcast({state}, ahead_));
    random_.set_state(state);
    ahead_ = -1;
  }
  if (not_all_[g] && first_who_[g] >= 0) ahead_ = first_who_[g];
  scope->emplace(groups_[g].share, places_known_ ? random_ : at::Generator());
  return absl::OkStatus();
}

}  // namespace mrsn::experiments
