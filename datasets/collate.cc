#include "datasets/collate.h"

#include <cstring>
#include <tuple>
#include <type_traits>
#include <utility>

#include "c10/util/Exception.h"

namespace mrsn::datasets {
namespace {

// Returns the place of the next box.
float* PutBox(const Box& box, float* to) {
  *to++ = box.x1;
  *to++ = box.y1;
  *to++ = box.x2;
  *to++ = box.y2;
  return to;
}

// All clips of stack number k in one tensor; the only copy between decoder and model.
template <size_t k>
at::Tensor Stack(const std::vector<Sample>& samples) {
  const auto& first = std::get<k>(samples[0].Stacks());
  using Planes = std::decay_t<decltype(first)>;
  using Value = typename decltype(Planes::values)::value_type;
  const FrameStack& slow = samples[0].slow;
  const size_t size = static_cast<size_t>(Planes::kChannels) * first.frames * slow.height * slow.width;
  for (const Sample& sample : samples) {
    const Planes& clip = std::get<k>(sample.Stacks());
    TORCH_CHECK(clip.frames == first.frames, "collate: clips of ", clip.frames, " and ", first.frames,
                " frames (", sample.keyframe.video, ")");
    TORCH_CHECK(clip.frames == 0 || (clip.height == slow.height && clip.width == slow.width),
                "collate: frames of ", clip.width, "x", clip.height, " and ", slow.width, "x", slow.height,
                " (", sample.keyframe.video, ")");
    TORCH_CHECK(clip.values.size() == size, "collate: clip has ", clip.values.size(), " values (",
                sample.keyframe.video, ")");
  }
  if (first.frames == 0) return at::Tensor();
  at::Tensor stacked = at::empty(
      {static_cast<int64_t>(samples.size()), Planes::kChannels, first.frames, slow.height, slow.width},
      c10::CppTypeToScalarType<Value>::value);
  Value* to = stacked.data_ptr<Value>();
  for (const Sample& sample : samples) {
    std::memcpy(to, std::get<k>(sample.Stacks()).values.data(), size * sizeof(Value));
    to += size;
  }
  return stacked;
}

template <size_t... k>
void PutStacks(const std::vector<Sample>& samples, Clip* clip, std::index_sequence<k...>) {
  static_assert(sizeof...(k) == std::tuple_size_v<decltype(clip->Stacks())>,
                "Sample::Stacks() and Clip::Stacks() belong together");
  ((std::get<k>(clip->Stacks()) = Stack<k>(samples)), ...);
}

// The maps that stand in place of frames; `slow` keeps the size of the frames.
void PutFeatures(const std::vector<Sample>& samples, ClipBatch* batch) {
  const FeatureMap& first = samples[0].features;
  const size_t size = static_cast<size_t>(first.channels) * first.height * first.width;
  for (const Sample& sample : samples) {
    const FeatureMap& map = sample.features;
    TORCH_CHECK(map.channels == first.channels && map.height == first.height && map.width == first.width &&
                    map.halves.size() == size,
                "collate: maps of ", map.channels, "x", map.height, "x", map.width, " and ", first.channels,
                "x", first.height, "x", first.width, " (", sample.keyframe.video, ")");
  }
  if (size == 0) return;
  const auto clips = static_cast<int64_t>(samples.size());
  batch->slow = at::empty({clips, 3, 0, samples[0].slow.height, samples[0].slow.width}, at::kByte);
  batch->features = at::empty({clips, first.channels, first.height, first.width}, at::kHalf);
  auto* to = static_cast<uint16_t*>(batch->features.data_ptr());
  for (const Sample& sample : samples) {
    std::memcpy(to, sample.features.halves.data(), size * sizeof(uint16_t));
    to += size;
  }
}

// Sample::objects of all clips, if the samples have objects.
void PutObjects(const std::vector<Sample>& samples, ClipBatch* batch) {
  int64_t count = 0;
  bool known = false;
  for (const Sample& sample : samples) {
    count += sample.objects.size();
    known = known || sample.has_objects;
  }
  if (!known) return;
  batch->object_boxes = at::empty({count, 4}, at::kFloat);
  batch->object_clip_index = at::empty({count}, at::kLong);
  float* to = batch->object_boxes.data_ptr<float>();
  int64_t* clip_index = batch->object_clip_index.data_ptr<int64_t>();
  for (size_t b = 0; b < samples.size(); ++b) {
    for (const Box& box : samples[b].objects) {
      to = PutBox(box, to);
      *clip_index++ = b;
    }
  }
}

}  // namespace

ClipBatch Collate(const std::vector<Sample>& samples, int num_classes) {
  TORCH_CHECK(!samples.empty(), "collate: no samples");
  int64_t num_actors = 0;
  bool tubelets = false, reported = false;
  for (const Sample& sample : samples) {
    TORCH_CHECK(sample.scaling == samples[0].scaling, "collate: clips whose pixels are scaled in two ways (",
                sample.keyframe.video, ")");
    num_actors += sample.actors.size();
    for (const Actor& actor : sample.actors) {
      tubelets = tubelets || !actor.tubelet.empty();
      reported = reported || actor.reported.has_value();
    }
  }
  ClipBatch batch;
  batch.scaling = samples[0].scaling;
  PutStacks(samples, &batch, std::make_index_sequence<std::tuple_size_v<decltype(samples[0].Stacks())>>());
  PutFeatures(samples, &batch);
  batch.boxes = at::empty({num_actors, 4}, at::kFloat);
  batch.clip_index = at::empty({num_actors}, at::kLong);
  batch.labels = at::zeros({num_actors, num_classes}, at::kFloat);
  if (tubelets) batch.tubelets = at::empty({num_actors, samples[0].slow.frames, 4}, at::kFloat);
  if (reported) batch.reported = at::empty({num_actors, 4}, at::kFloat);
  float* boxes = batch.boxes.data_ptr<float>();
  float* reported_box = reported ? batch.reported.data_ptr<float>() : nullptr;
  float* tubelet = tubelets ? batch.tubelets.data_ptr<float>() : nullptr;
  int64_t* clip_index = batch.clip_index.data_ptr<int64_t>();
  float* labels = batch.labels.data_ptr<float>();
  for (size_t b = 0; b < samples.size(); ++b) {
    const Sample& sample = samples[b];
    batch.keyframes.push_back(sample.keyframe);
    for (const Actor& actor : sample.actors) {
      boxes = PutBox(actor.box, boxes);
      if (reported) {
        reported_box = PutBox(actor.reported.value_or(actor.box), reported_box);
      }
      TORCH_CHECK(actor.tubelet.size() == (tubelets ? samples[0].slow.frames : 0), "collate: a tubelet of ",
                  actor.tubelet.size(), " boxes among clips of ", samples[0].slow.frames, " slow frames (",
                  sample.keyframe.video, ")");
      for (const Box& box : actor.tubelet) tubelet = PutBox(box, tubelet);
      *clip_index++ = b;
      for (int label : actor.labels) {
        TORCH_CHECK(label >= 0 && label < num_classes, "collate: label ", label, " of ", num_classes,
                    " classes (", sample.keyframe.video, ")");
        labels[label] = 1;
      }
      labels += num_classes;
      batch.scores.push_back(actor.score);
    }
  }
  PutObjects(samples, &batch);
  return batch;
}

}  // namespace mrsn::datasets
