#include "ops/distributed/thread_group.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "ops/base/status_macros.h"

namespace mrsn {
namespace {

// Where the threads meet, and what each has brought.
struct Table {
  explicit Table(int size) : tensors(size), bytes(size) {}

  absl::Status Meet() {
    std::unique_lock<std::mutex> lock(mutex);
    const int64_t meeting = met;
    if (++waiting == static_cast<int>(bytes.size())) {
      waiting = 0;
      ++met;
      changed.notify_all();
      return absl::OkStatus();
    }
    changed.wait(lock, [&] { return met != meeting || left > 0; });
    if (met != meeting) return absl::OkStatus();
    --waiting;
    return absl::UnavailableError("another rank has ended");
  }

  void Leave() {
    std::lock_guard<std::mutex> lock(mutex);
    ++left;
    changed.notify_all();
  }

  std::mutex mutex;
  std::condition_variable changed;
  int waiting = 0, left = 0;
  int64_t met = 0;
  std::vector<std::vector<at::Tensor>> tensors;  // by rank
  std::vector<std::string> bytes;                // by rank
};

class ThreadGroup : public ProcessGroup {
 public:
  ThreadGroup(int rank, int size, Table& table) : ProcessGroup(rank, size, rank), table_(table) {}

  absl::Status Sum(const std::vector<at::Tensor>& tensors) override {
    return Exchange(tensors, [&](size_t i) {
      at::Tensor sum = table_.tensors[0][i].clone();
      for (int rank = 1; rank < size(); ++rank) sum.add_(table_.tensors[rank][i]);
      return sum;
    });
  }
  absl::Status Broadcast(const std::vector<at::Tensor>& tensors, int root) override {
    return Exchange(tensors, [&](size_t i) { return table_.tensors[root][i].clone(); });
  }
  absl::Status Barrier() override { return table_.Meet(); }
  absl::StatusOr<std::vector<std::string>> Gather(absl::string_view bytes) override {
    table_.bytes[rank()] = std::string(bytes);
    MRSN_RETURN_IF_ERROR(table_.Meet());
    const std::vector<std::string> all = table_.bytes;
    MRSN_RETURN_IF_ERROR(table_.Meet());
    return all;
  }
  absl::StatusOr<std::vector<std::string>> GatherToFirst(absl::string_view bytes) override {
    MRSN_ASSIGN_OR_RETURN(std::vector<std::string> all, Gather(bytes));
    if (!first()) all.clear();
    return all;
  }

 private:
  // Every tensor becomes what `result` gives for its place, when all have brought theirs.
  absl::Status Exchange(const std::vector<at::Tensor>& tensors,
                        const std::function<at::Tensor(size_t)>& result) {
    const at::NoGradGuard no_grad;
    table_.tensors[rank()] = tensors;
    MRSN_RETURN_IF_ERROR(table_.Meet());
    std::vector<at::Tensor> results;
    for (size_t i = 0; i < tensors.size(); ++i) results.push_back(result(i));
    MRSN_RETURN_IF_ERROR(table_.Meet());
    for (size_t i = 0; i < tensors.size(); ++i) tensors[i].detach().copy_(results[i]);
    return table_.Meet();
  }

  Table& table_;
};

}  // namespace

void RunAsRanks(int size, const std::function<void(ProcessGroup&)>& body) {
  Table table(size);
  std::vector<std::thread> threads;
  for (int rank = 0; rank < size; ++rank) {
    threads.emplace_back([&, rank] {
      ThreadGroup group(rank, size, table);
      body(group);
      table.Leave();
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace mrsn
