#include "datasets/loader.h"

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "ops/base/random.h"

namespace mrsn::datasets {
namespace {

constexpr uint64_t kOrderStream = 1, kAugmentationStream = 2;

}  // namespace

// Workers take batch numbers in order and put the batches into `ready`; each may run
// ahead of Next() by kAhead batches, which bounds the memory.
struct Loader::State {
  static constexpr int64_t kAhead = 2;

  State(const Dataset& dataset, const LoaderOptions& options) : dataset(dataset), options(options) {}

  absl::StatusOr<std::vector<Sample>> Read(int64_t batch);
  std::vector<int64_t> Indices(int64_t batch);
  void Work();

  const Dataset& dataset;
  const LoaderOptions options;
  int64_t per_epoch = 0;

  std::mutex mutex;
  std::condition_variable changed;
  bool stop = false;
  int64_t to_read = 0, to_give = 0, end = 0;
  std::map<int64_t, absl::StatusOr<std::vector<Sample>>> ready;
  std::map<int64_t, std::vector<int64_t>> orders;  // of the epochs in work
  std::vector<std::thread> threads;
};

// Positions of the data set that a batch is made of.
std::vector<int64_t> Loader::State::Indices(int64_t batch) {
  const int64_t epoch = batch / per_epoch;
  const int64_t first = (batch % per_epoch) * options.batch_size;
  const int64_t last = std::min(first + options.batch_size, dataset.size());
  std::vector<int64_t> indices;
  if (!options.shuffle) {
    for (int64_t i = first; i < last; ++i) indices.push_back(i);
    return indices;
  }
  std::lock_guard<std::mutex> lock(mutex);
  auto [order, inserted] = orders.try_emplace(epoch);
  if (inserted) {
    order->second = Permutation(dataset.size(), HashSeed(options.seed, kOrderStream, epoch));
    // Workers are at most a few batches apart: older epochs but the last are done.
    while (orders.begin()->first < epoch - 1) orders.erase(orders.begin());
  }
  indices.assign(order->second.begin() + first, order->second.begin() + last);
  return indices;
}

absl::StatusOr<std::vector<Sample>> Loader::State::Read(int64_t batch) {
  const int64_t epoch = batch / per_epoch;
  std::vector<Sample> samples;
  for (int64_t index : Indices(batch)) {
    {
      std::lock_guard<std::mutex> lock(mutex);
      if (stop) return absl::CancelledError("the loader is being destroyed");
    }
    const uint64_t epoch_seed = HashSeed(options.seed, kAugmentationStream, epoch);
    absl::StatusOr<Sample> sample = dataset.Load(index, HashSeed(epoch_seed, index));
    if (!sample.ok()) {
      const Keyframe& keyframe = dataset.keyframe(index);
      return absl::Status(sample.status().code(),
                          absl::StrCat("key frame ", keyframe.video, ",", keyframe.timestamp, ": ",
                                       sample.status().message()));
    }
    samples.push_back(*std::move(sample));
  }
  return samples;
}

void Loader::State::Work() {
  std::unique_lock<std::mutex> lock(mutex);
  while (true) {
    changed.wait(lock,
                 [&] { return stop || (to_read < end && to_read < to_give + kAhead * options.workers); });
    if (stop) return;
    const int64_t batch = to_read++;
    lock.unlock();
    absl::StatusOr<std::vector<Sample>> samples = Read(batch);
    lock.lock();
    ready.emplace(batch, std::move(samples));
    changed.notify_all();
  }
}

Loader::Loader(const Dataset& dataset, const LoaderOptions& given) {
  LoaderOptions options = given;
  options.batch_size = std::max(1, options.batch_size);
  options.workers = std::max(1, options.workers);
  state_ = std::make_unique<State>(dataset, options);
  const int64_t size = dataset.size();
  state_->per_epoch =
      options.drop_last ? size / options.batch_size : (size + options.batch_size - 1) / options.batch_size;
  if (state_->per_epoch == 0) return;
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

absl::StatusOr<std::vector<Sample>> Loader::Next() {
  if (state_->per_epoch == 0) {
    return absl::InvalidArgumentError(absl::StrCat("an epoch has no batch: ", state_->dataset.size(),
                                                   " key frames, batches of ", state_->options.batch_size));
  }
  std::unique_lock<std::mutex> lock(state_->mutex);
  if (state_->to_give >= state_->end) return absl::OutOfRangeError("no batch after the last epoch");
  state_->changed.wait(lock, [&] { return state_->ready.count(state_->to_give) > 0; });
  auto first = state_->ready.extract(state_->to_give);
  ++state_->to_give;
  state_->changed.notify_all();
  return std::move(first.mapped());
}

}  // namespace mrsn::datasets
