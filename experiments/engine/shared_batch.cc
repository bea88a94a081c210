#include "experiments/engine/shared_batch.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include <algorithm>
#include <array>
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

constexpr size_t kNumbers = 6;  // of a Clip

std::string BytesOf(bool whole, const std::vector<SharedBatch::Clip>& clips) {
  std::vector<int64_t> numbers = {whole ? 1 : 0};
  for (const SharedBatch::Clip& clip : clips) {
    numbers.insert(numbers.end(),
                   {clip.frames, clip.height, clip.width, clip.persons, clip.entries, clip.objects});
  }
  return std::string(reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(int64_t));
}

// Appends the rank's clips; returns whether it has all of its clips.
bool Read(const std::string& bytes, int rank, std::vector<Place>* places) {
  std::vector<int64_t> numbers(bytes.size() / sizeof(int64_t));
  std::memcpy(numbers.data(), bytes.data(), numbers.size() * sizeof(int64_t));
  for (size_t i = 0; 1 + i * kNumbers < numbers.size(); ++i) {
    const int64_t* const n = &numbers[1 + i * kNumbers];
    places->push_back({rank, i, {n[0], n[1], n[2], n[3], n[4], n[5]}});
  }
  return numbers[0] != 0;
}

}  // namespace

SharedBatch::SharedBatch(ProcessGroup& group, uint64_t seed, int parts, Deal deal)
    : group_(group),
      parts_(parts),
      deal_(deal),
      random_(at::detail::createCPUGenerator(seed)),
      begin_(random_.get_state()) {}

// Of clip number `clip` of a rank's `clips`.
int SharedBatch::PartOf(size_t clip, size_t clips) const {
  return static_cast<int>(deal_ == Deal::kRuns ? ((clip + 1) * parts_ - 1) / clips : clip % parts_);
}

absl::Status SharedBatch::Meet(const std::vector<Clip>& own, bool whole) {
  MRSN_ASSIGN_OR_RETURN(const std::vector<std::string> gathered, group_.Gather(BytesOf(whole, own)));
  std::vector<Place> places;
  std::vector<size_t> clips_of;  // of each rank
  places_known_ = true;
  for (int rank = 0; rank < group_.size(); ++rank) {
    const size_t before = places.size();
    places_known_ = Read(gathered[rank], rank, &places) && places_known_;
    clips_of.push_back(places.size() - before);
  }
  std::stable_sort(places.begin(), places.end(),
                   [](const Place& a, const Place& b) { return a.number < b.number; });
  std::vector<std::vector<bool>> present;                 // of each group and rank: it has persons
  std::vector<std::array<int64_t, ops::kRowKinds>> rows;  // of each group, so far
  for (const Place& place : places) {
    const Clip& clip = place.clip;
    size_t g = 0;
    while (g < groups_.size() && (groups_[g].height != clip.height || groups_[g].width != clip.width)) ++g;
    if (g == groups_.size()) {
      groups_.push_back({clip.frames, clip.height, clip.width, std::vector<Part>(parts_)});
      present.emplace_back(group_.size(), false);
      rows.emplace_back();
    }
    Part& part = groups_[g].parts[PartOf(place.number, clips_of[place.rank])];
    const bool mine = place.rank == group_.rank();
    if (mine) part.own.push_back(place.number);
    const auto add = [&](ops::RowKind kind, int64_t count) {
      int64_t& all = rows[g][static_cast<int>(kind)];
      for (int64_t row = 0; mine && row < count; ++row) {
        part.share[static_cast<int>(kind)].own.push_back(all + row);
      }
      all += count;
    };
    add(ops::RowKind::kClips, 1);
    add(ops::RowKind::kPersons, clip.persons);
    add(ops::RowKind::kEntries, clip.entries);
    add(ops::RowKind::kObjects, clip.objects);
    part.persons += clip.persons;
    if (clip.persons > 0) present[g][place.rank] = true;
  }
  for (size_t g = 0; g < groups_.size(); ++g) {
    for (Part& part : groups_[g].parts) {
      for (int kind = 0; kind < ops::kRowKinds; ++kind) part.share[kind].all = rows[g][kind];
    }
    const std::vector<bool>& who = present[g];
    const auto first = std::find(who.begin(), who.end(), true);
    first_who_.push_back(first == who.end() ? -1 : static_cast<int>(first - who.begin()));
    not_all_.push_back(std::find(who.begin(), who.end(), false) != who.end());
  }
  return absl::OkStatus();
}

// Parts without persons compute nothing, or not all, and draw no numbers.
void SharedBatch::KeepDrawn() {
  if (drawing_) end_ = random_.get_state();
  drawing_ = false;
}

// A rank without persons in the group before takes the state of a rank that has drawn.
absl::Status SharedBatch::BeginGroup(size_t g) {
  KeepDrawn();
  if (present_.has_value() && places_known_ && first_who_[*present_] >= 0) {
    if (end_.defined()) begin_ = end_;
    if (not_all_[*present_]) MRSN_RETURN_IF_ERROR(group_.Broadcast({begin_}, first_who_[*present_]));
  }
  end_.reset();
  present_ = g;
  return absl::OkStatus();
}

void SharedBatch::BeginPart(int part, std::optional<ops::BatchShareScope>* scope) {
  KeepDrawn();
  const ops::BatchShare& share = groups_[*present_].parts[part].share;
  random_.set_state(begin_);
  drawing_ = !share[static_cast<int>(ops::RowKind::kPersons)].own.empty();
  scope->emplace(share, places_known_ ? random_ : at::Generator());
}

}  // namespace mrsn::experiments
