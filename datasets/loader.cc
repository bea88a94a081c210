#include "datasets/loader.h"

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "ops/base/random.h"

namespace mrsn::datasets {
namespace {

constexpr uint64_t kOrderStream = 1, kAugmentationStream = 2;
constexpr int kMostDefaultWorkers = 16;

template <typename Stack>
size_t StackBytes(const Stack& stack) {
  return stack.values.size() * sizeof(stack.values[0]);
}

}  // namespace

int DefaultWorkers() {
  return std::clamp(static_cast<int>(std::thread::hardware_concurrency()) - 1, 1, kMostDefaultWorkers);
}

size_t SampleBytes(const Sample& sample) {
  const size_t features = sample.features.halves.size() * sizeof(uint16_t);
  return std::apply([&](const auto&... stack) { return (StackBytes(stack) + ... + features); },
                    sample.Stacks());
}

// Workers take the samples of the batches one by one, in order, and put them into `batches`. They run ahead
// of Next() by a few batches at most, and by options.ahead_bytes.
struct Loader::State {
  static constexpr int64_t kBatchesAhead = 2;

  struct Batch {
    std::vector<int64_t> indices;  // of this rank
    std::vector<std::optional<absl::StatusOr<Sample>>> samples;
    size_t read = 0, bytes = 0;
  };

  State(const Dataset& dataset, const LoaderOptions& options) : dataset(dataset), options(options) {
    // Enough samples for all workers, however small the batches.
    const int64_t share = std::max(1, options.batch_size / options.world_size);
    batches_ahead = kBatchesAhead + (2 * options.workers + share - 1) / share;
  }

  std::vector<int64_t> Indices(int64_t batch);
  Batch& At(int64_t batch);
  bool MayRead();
  void Work();
  absl::StatusOr<std::vector<Sample>> Give(int64_t number, Batch batch);

  const Dataset& dataset;
  const LoaderOptions options;
  int64_t batches_ahead = 0;
  int64_t per_epoch = 0;
  absl::Status usable;

  mutable std::mutex mutex;  // guards everything below
  std::condition_variable changed;
  bool stop = false;
  int64_t to_read = 0, to_give = 0, end = 0;       // batches
  size_t to_read_sample = 0;                       // of the batch to_read
  std::map<int64_t, Batch> batches;                // from to_give on
  std::map<int64_t, std::vector<int64_t>> orders;  // of the epochs in work
  size_t finished_bytes = 0, largest_finished_bytes = 0, largest_sample = 0;
  int64_t in_work = 0;  // samples being read
  int64_t skipped = 0, skipped_in_epoch = 0, epoch_of_skips = -1;
  std::vector<std::thread> threads;
};

// Positions in the data set of this rank's samples of a batch.
std::vector<int64_t> Loader::State::Indices(int64_t batch) {
  const int64_t epoch = batch / per_epoch;
  const int64_t first = (batch % per_epoch) * options.batch_size;
  const int64_t last = std::min(first + options.batch_size, dataset.size());
  const std::vector<int64_t>* order = nullptr;
  if (options.shuffle) {
    auto [made, inserted] = orders.try_emplace(epoch);
    if (inserted) {
      made->second = Permutation(dataset.size(), HashSeed(options.seed, kOrderStream, epoch));
      // Batches are opened in order: older epochs are done.
      orders.erase(orders.begin(), made);
    }
    order = &made->second;
  }
  std::vector<int64_t> indices;
  for (int64_t i = first + options.rank; i < last; i += options.world_size) {
    indices.push_back(order != nullptr ? (*order)[i] : i);
  }
  return indices;
}

Loader::State::Batch& Loader::State::At(int64_t number) {
  const auto [batch, inserted] = batches.try_emplace(number);
  if (inserted) {
    batch->second.indices = Indices(number);
    batch->second.samples.resize(batch->second.indices.size());
  }
  return batch->second;
}

// Whether a worker may begin the next sample.
bool Loader::State::MayRead() {
  while (to_read < end && to_read < to_give + batches_ahead) {
    if (to_read_sample < At(to_read).indices.size()) {
      if (to_read == to_give) return true;
      return finished_bytes + (in_work + 1) * largest_sample <= options.ahead_bytes;
    }
    ++to_read;
    to_read_sample = 0;
  }
  return false;
}

void Loader::State::Work() {
  std::unique_lock<std::mutex> lock(mutex);
  while (true) {
    changed.wait(lock, [&] { return stop || MayRead(); });
    if (stop) return;
    const int64_t number = to_read;
    const size_t position = to_read_sample++;
    const int64_t index = batches.at(number).indices[position];
    ++in_work;
    lock.unlock();
    const uint64_t epoch_seed = HashSeed(options.seed, kAugmentationStream, number / per_epoch);
    absl::StatusOr<Sample> sample = dataset.Load(index, HashSeed(epoch_seed, index));
    const size_t bytes = sample.ok() ? SampleBytes(*sample) : 0;
    lock.lock();
    --in_work;
    Batch& batch = batches.at(number);
    batch.samples[position] = std::move(sample);
    batch.bytes += bytes;
    ++batch.read;
    finished_bytes += bytes;
    largest_sample = std::max(largest_sample, bytes);
    largest_finished_bytes = std::max(largest_finished_bytes, finished_bytes);
    changed.notify_all();
  }
}

// Called by Next() alone, without the lock but for the counts.
absl::StatusOr<std::vector<Sample>> Loader::State::Give(int64_t number, Batch batch) {
  const int64_t epoch = number / per_epoch;
  std::vector<Sample> samples;
  for (size_t i = 0; i < batch.samples.size(); ++i) {
    absl::StatusOr<Sample>& sample = *batch.samples[i];
    if (sample.ok()) {
      samples.push_back(*std::move(sample));
      continue;
    }
    const Keyframe& keyframe = dataset.keyframe(batch.indices[i]);
    const std::string what = absl::StrCat("key frame ", keyframe.video, ",", keyframe.timestamp.Text(), ": ",
                                          sample.status().message());
    if (options.unreadable.policy == UnreadablePolicy::kFail)
      return absl::Status(sample.status().code(), what);
    int64_t in_epoch = 0;
    {
      std::lock_guard<std::mutex> lock(mutex);
      ++skipped;
      if (epoch != epoch_of_skips) skipped_in_epoch = 0;
      epoch_of_skips = epoch;
      in_epoch = ++skipped_in_epoch;
    }
    if (options.on_skip) options.on_skip({keyframe, epoch, number, sample.status()});
    const double clips = static_cast<double>(dataset.size()) / options.world_size;
    if (static_cast<double>(in_epoch) > options.unreadable.most * clips) {
      return absl::DataLossError(absl::StrCat(in_epoch, " of ", static_cast<int64_t>(clips),
                                              " clips of an epoch cannot be read, more than ",
                                              100 * options.unreadable.most, " %; the last one: ", what));
    }
  }
  return samples;
}

Loader::Loader(const Dataset& dataset, const LoaderOptions& given) {
  LoaderOptions options = given;
  options.batch_size = std::max(1, options.batch_size);
  if (options.workers <= 0) options.workers = DefaultWorkers();
  options.world_size = std::max(1, options.world_size);
  state_ = std::make_unique<State>(dataset, options);
  const int64_t size = dataset.size();
  state_->per_epoch =
      options.drop_last ? size / options.batch_size : (size + options.batch_size - 1) / options.batch_size;
  if (options.batch_size % options.world_size != 0 || options.rank < 0 ||
      options.rank >= options.world_size) {
    state_->usable = absl::InvalidArgumentError(absl::StrCat(
        "rank ", options.rank, " of ", options.world_size, " with batches of ", options.batch_size));
  } else if (state_->per_epoch == 0) {
    state_->usable = absl::InvalidArgumentError(
        absl::StrCat("an epoch has no batch: ", size, " key frames, batches of ", options.batch_size));
  }
  if (!state_->usable.ok()) return;
  state_->end = options.epochs > 0 ? options.epochs * state_->per_epoch : INT64_MAX;
  state_->to_read = state_->to_give = std::max<int64_t>(0, options.first_batch);
  for (int i = 0; i < options.workers; ++i) {
    state_->threads.emplace_back([state = state_.get()] { state->Work(); });
  }
}

Loader::~Loader() {
  {
    std::lock_guard<std::mutex> lock(state_->mutex);
    state_->stop = true;
  }
  state_->changed.notify_all();
  for (std::thread& thread : state_->threads) thread.join();
}

int64_t Loader::batches_per_epoch() const { return state_->per_epoch; }

int64_t Loader::skipped() const {
  std::lock_guard<std::mutex> lock(state_->mutex);
  return state_->skipped;
}

size_t Loader::largest_ahead_bytes() const {
  std::lock_guard<std::mutex> lock(state_->mutex);
  return state_->largest_finished_bytes;
}

absl::StatusOr<std::vector<Sample>> Loader::Next() {
  State& state = *state_;
  if (!state.usable.ok()) return state.usable;
  std::unique_lock<std::mutex> lock(state.mutex);
  if (state.to_give >= state.end) return absl::OutOfRangeError("no batch after the last epoch");
  const int64_t number = state.to_give;
  state.At(number);
  state.changed.wait(lock, [&] {
    const State::Batch& batch = state.batches.at(number);
    return batch.read == batch.indices.size();
  });
  auto batch = state.batches.extract(number);
  state.finished_bytes -= batch.mapped().bytes;
  ++state.to_give;
  if (state.to_read < state.to_give) {  // an empty part of a batch, which no worker opened
    state.to_read = state.to_give;
    state.to_read_sample = 0;
  }
  state.changed.notify_all();
  lock.unlock();
  return state.Give(number, std::move(batch.mapped()));
}

}  // namespace mrsn::datasets
