// Windows of a relation bank, read by the threads that read the clips.
#ifndef MRSN_EXPERIMENTS_ENGINE_WINDOWS_AHEAD_H_
#define MRSN_EXPERIMENTS_ENGINE_WINDOWS_AHEAD_H_

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "datasets/dataset_view.h"
#include "mrsn/bank/relation_bank.h"

namespace mrsn::experiments {

// A data set whose Load also reads the clip's window and keeps it until Take. The thread that trains finds
// the window in memory, while a loader's workers wait for the disk.
//
//   WindowsAhead data(*train_data, *bank, radius);
//   Train(options, config, data, {bank, radius, true, &data}, model);
class WindowsAhead : public datasets::DatasetView {
 public:
  // Both must outlive this object. Windows are [t - radius, t + radius], in seconds.
  WindowsAhead(const datasets::Dataset& dataset, const RelationBank& bank, int64_t radius)
      : DatasetView(dataset), bank_(bank), radius_(radius) {}

  // The window of a clip that was loaded, once for each time that it was loaded. None if its reading failed,
  // or if kMostKept windows were waiting: whoever needs the window reads it and sees the error.
  std::optional<BankWindow> Take(const Keyframe& keyframe) const;

  absl::StatusOr<datasets::Sample> Load(int64_t index, uint64_t augmentation_seed) const override;

 private:
  // A loader reads fewer clips ahead. Windows of clips that nobody takes cannot pile up.
  static constexpr size_t kMostKept = 1024;

  const RelationBank& bank_;
  const int64_t radius_;
  mutable std::mutex mutex_;
  mutable std::multimap<Keyframe, BankWindow> kept_;  // guarded by mutex_
};

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_ENGINE_WINDOWS_AHEAD_H_
