#include "experiments/features/stored_features.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "datasets/collate.h"
#include "datasets/loader.h"
#include "experiments/config/text_proto.h"
#include "experiments/engine/detector_input.h"
#include "experiments/engine/training_snapshot.h"
#include "mrsn/action_detector.h"
#include "mrsn/bank/relation_bank_writer.h"
#include "ops/base/fingerprint.h"
#include "ops/base/progress.h"
#include "ops/base/status_macros.h"
#include "ops/base/stop_signal.h"

namespace mrsn::experiments {
namespace {

constexpr char kMirrored[] = "/mirrored";
constexpr int kSeedsTried = 4096;  // finds a mirror image of every probability that matters

Keyframe KeyOf(const Keyframe& keyframe, bool mirrored) {
  return {mirrored ? keyframe.video + kMirrored : keyframe.video, keyframe.timestamp};
}

// The first augmentation seed that mirrors clips, or that does not. A flip follows from the seed alone.
absl::StatusOr<std::optional<uint64_t>> SeedOf(const datasets::Dataset& dataset, bool mirrored) {
  for (uint64_t seed = 0; seed < kSeedsTried && dataset.size() > 0; ++seed) {
    MRSN_ASSIGN_OR_RETURN(const datasets::Sample sample, dataset.LoadPersons(0, seed));
    if (sample.mirrored == mirrored) return seed;
  }
  return std::nullopt;
}

// The clips that have no map yet, all with one augmentation seed.
class Remaining : public datasets::DatasetView {
 public:
  Remaining(const datasets::Dataset& dataset, uint64_t seed, bool mirrored, const RelationBankWriter& writer)
      : DatasetView(dataset), seed_(seed) {
    for (int64_t i = 0; i < dataset.size(); ++i) {
      if (!writer.Contains(KeyOf(dataset.keyframe(i), mirrored))) left_.push_back(i);
    }
  }

  int64_t size() const override { return static_cast<int64_t>(left_.size()); }
  const Keyframe& keyframe(int64_t index) const override { return dataset().keyframe(left_[index]); }
  absl::StatusOr<datasets::Sample> Load(int64_t index, uint64_t) const override {
    return dataset().Load(left_[index], seed_);
  }

 private:
  const uint64_t seed_;
  std::vector<int64_t> left_;
};

// [B,C,h,w], on the CPU.
at::Tensor MapsOf(const datasets::ClipBatch& batch, ActionDetector& model) {
  const ModelBatch given = ModelBatchOf(batch, {}, model);
  return model.backbone().Forward(given.input).to(at::kCPU, at::kFloat).contiguous();
}

absl::Status AddMaps(const datasets::ClipBatch& batch, const at::Tensor& maps, bool mirrored,
                     RelationBankWriter* writer) {
  const Box sizes = {static_cast<float>(batch.slow.size(4)), static_cast<float>(batch.slow.size(3)),
                     static_cast<float>(maps.size(3)), static_cast<float>(maps.size(2))};
  const int64_t size = maps[0].numel();
  for (int64_t b = 0; b < maps.size(0); ++b) {
    const absl::Span<const float> map(maps.data_ptr<float>() + b * size, size);
    MRSN_RETURN_IF_ERROR(writer->Add(KeyOf(batch.keyframes[b], mirrored), map, {sizes}));
  }
  return absl::OkStatus();
}

// All that one writing needs.
struct Job {
  const StoreFeaturesOptions& options;
  const std::string& path;
  const datasets::Dataset& dataset;
  ActionDetector& model;
  std::unique_ptr<RelationBankWriter> writer;  // made by the first map, which says their size
  int64_t width = 0;

  absl::Status Open(int64_t map_size) {
    if (writer != nullptr && map_size != width) {
      return absl::InvalidArgumentError(
          absl::StrFormat("%s: maps of %d and %d values; a frozen backbone's clips need frames of one size",
                          options.title, width, map_size));
    }
    if (writer != nullptr) return absl::OkStatus();
    width = map_size;
    BankWriterOptions writing;
    writing.wait = options.wait;
    MRSN_ASSIGN_OR_RETURN(writer, RelationBankWriter::Create(path, options.identity, width, writing));
    return absl::OkStatus();
  }

  absl::Status Write(uint64_t seed, bool mirrored);
};

absl::Status Job::Write(uint64_t seed, bool mirrored) {
  const Remaining remaining(dataset, seed, mirrored, *writer);
  if (remaining.size() == 0) return absl::OkStatus();
  datasets::LoaderOptions loading;
  loading.batch_size = options.batch_size;
  loading.workers = options.workers;
  loading.shuffle = false;
  loading.drop_last = false;
  loading.epochs = 1;
  datasets::Loader loader(remaining, loading);
  ProgressBar bar(absl::StrCat(options.title, mirrored ? ", mirrored" : ""), remaining.size(), "clips");
  for (int64_t done = 0; done < remaining.size();) {
    if (StopSignal() != 0) {
      return Stopped(absl::StrFormat("%s: %d of %d clips are done; the same command goes on", options.title,
                                     done, remaining.size()));
    }
    MRSN_ASSIGN_OR_RETURN(const std::vector<datasets::Sample> samples, loader.Next());
    const datasets::ClipBatch batch = datasets::Collate(samples, static_cast<int>(dataset.classes().size()));
    const at::Tensor maps = MapsOf(batch, model);
    MRSN_RETURN_IF_ERROR(Open(maps[0].numel()));
    MRSN_RETURN_IF_ERROR(AddMaps(batch, maps, mirrored, writer.get()));
    done += static_cast<int64_t>(samples.size());
    bar.Update(done, done, "");
  }
  bar.Finish();
  return absl::OkStatus();
}

}  // namespace

BankIdentity FeaturesIdentity(const datasets::Dataset& dataset, const DatasetConfig& data,
                              const Detector& model) {
  BankIdentity identity;
  const auto* detector = dynamic_cast<const ActionDetector*>(&model);
  if (detector != nullptr)
    identity.checkpoint = WeightsHash(const_cast<ActionDetector*>(detector)->backbone());
  // The same files have other key frames for training, inference and a bank, and mirror images for training
  // only.
  std::string clips = dataset.Fingerprint();
  for (int64_t i = 0; i < dataset.size(); ++i) {
    absl::StrAppend(&clips, "\n", dataset.keyframe(i).video, ",", dataset.keyframe(i).timestamp.Text());
  }
  const absl::StatusOr<std::optional<uint64_t>> mirrored = SeedOf(dataset, true);
  absl::StrAppend(&clips, "\n", mirrored.ok() && mirrored->has_value() ? "mirrored, too" : "as they are");
  identity.boxes = Fingerprint(clips);
  DatasetConfig shape;
  *shape.mutable_clip() = data.clip();
  *shape.mutable_transform() = data.transform();
  // Whether a clip is mirrored, not how often.
  shape.mutable_transform()->clear_flip_probability();
  identity.config = Fingerprint(absl::StrCat("feature maps 1\n", PrintTextProto(shape)));
  return identity;
}

absl::Status StoreFeatures(const StoreFeaturesOptions& options, const std::string& path,
                           const datasets::Dataset& dataset, Detector& model) {
  auto* const detector = dynamic_cast<ActionDetector*>(&model);
  if (detector == nullptr) {
    return absl::InvalidArgumentError(absl::StrCat(
        options.title,
        ": the model finds persons itself; a frozen backbone needs a model that is given boxes"));
  }
  CatchStopSignals();
  at::NoGradGuard no_grad;
  model.eval();
  Job job = {options, path, dataset, *detector, nullptr, 0};
  if (dataset.size() == 0) return absl::InvalidArgumentError(options.title + ": there are no clips");
  // One clip says how large a map is.
  MRSN_ASSIGN_OR_RETURN(const datasets::Sample first, dataset.Load(0, 0));
  MRSN_RETURN_IF_ERROR(job.Open(
      MapsOf(datasets::Collate({first}, static_cast<int>(dataset.classes().size())), *detector)[0].numel()));
  int64_t variants = 0;
  for (const bool mirrored : {false, true}) {
    MRSN_ASSIGN_OR_RETURN(const std::optional<uint64_t> seed, SeedOf(dataset, mirrored));
    if (!seed.has_value()) continue;
    ++variants;
    MRSN_RETURN_IF_ERROR(job.Write(*seed, mirrored));
  }
  return job.writer->Finish(variants * dataset.size());
}

absl::StatusOr<std::unique_ptr<StoredFeatures>> StoredFeatures::Open(const std::string& path,
                                                                     const BankIdentity& identity,
                                                                     const datasets::Dataset& dataset) {
  MRSN_ASSIGN_OR_RETURN(std::unique_ptr<RelationBank> bank, RelationBank::Open(path, identity));
  return std::unique_ptr<StoredFeatures>(new StoredFeatures(dataset, std::move(bank)));
}

absl::StatusOr<datasets::Sample> StoredFeatures::Load(int64_t index, uint64_t augmentation_seed) const {
  MRSN_ASSIGN_OR_RETURN(datasets::Sample sample, dataset().LoadPersons(index, augmentation_seed));
  const Keyframe key = KeyOf(sample.keyframe, sample.mirrored);
  MRSN_ASSIGN_OR_RETURN(BankWindow window, bank_->Window(key, 0));
  if (window.boxes.size() != 1) {
    return absl::NotFoundError(
        absl::StrCat("no feature map of ", key.video, " second ", key.timestamp.Text()));
  }
  const Box& sizes = window.boxes[0];
  sample.slow.width = static_cast<int>(sizes.x1);
  sample.slow.height = static_cast<int>(sizes.y1);
  sample.features.width = static_cast<int>(sizes.x2);
  sample.features.height = static_cast<int>(sizes.y2);
  sample.features.channels =
      static_cast<int>(window.width / (sample.features.width * sample.features.height));
  sample.features.halves = std::move(window.halves);
  return sample;
}

}  // namespace mrsn::experiments
