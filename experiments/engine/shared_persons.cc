#include "experiments/engine/shared_persons.h"

#include <cstring>
#include <string>

#include "absl/strings/string_view.h"
#include "experiments/engine/size_groups.h"
#include "ops/base/status_macros.h"

namespace mrsn::experiments {
namespace {

// Height and width of the frames, then the persons of each clip; nothing if the clips have several sizes.
std::vector<int64_t> NumbersOf(const std::vector<datasets::Sample>& samples) {
  std::vector<int64_t> numbers;
  if (samples.empty() || !CheckOneSize(samples).ok()) return numbers;
  numbers = {samples[0].slow.height, samples[0].slow.width};
  for (const datasets::Sample& sample : samples) {
    numbers.push_back(static_cast<int64_t>(sample.actors.size()));
  }
  return numbers;
}

}  // namespace

absl::StatusOr<std::optional<SharedPersons>> PersonsAmongAll(const std::vector<datasets::Sample>& samples,
                                                             int64_t clips, ProcessGroup& group) {
  const std::vector<int64_t> own = NumbersOf(samples);
  const size_t bytes = own.size() * sizeof(int64_t);
  MRSN_ASSIGN_OR_RETURN(const std::vector<std::string> gathered,
                        group.Gather(absl::string_view(reinterpret_cast<const char*>(own.data()), bytes)));
  std::vector<std::vector<int64_t>> ranks;
  for (const std::string& of_rank : gathered) {
    std::vector<int64_t>& numbers = ranks.emplace_back(of_rank.size() / sizeof(int64_t));
    if (!numbers.empty()) std::memcpy(numbers.data(), of_rank.data(), numbers.size() * sizeof(int64_t));
    const bool whole = static_cast<int64_t>(numbers.size()) == 2 + clips / group.size() &&
                       numbers[0] == ranks[0][0] && numbers[1] == ranks[0][1];
    if (!whole) return std::nullopt;
  }
  SharedPersons persons;
  for (int64_t clip = 0; clip < clips; ++clip) {
    const int64_t rank = clip % group.size(), count = ranks[rank][2 + clip / group.size()];
    for (int64_t person = 0; person < count; ++person, ++persons.all) {
      if (rank == group.rank()) persons.own.push_back(persons.all);
    }
  }
  return persons;
}

}  // namespace mrsn::experiments
