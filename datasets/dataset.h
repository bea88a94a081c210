// The interface of every data set: key frames, each with a clip of frames around it, the boxes of its
// persons and, for training, their actions.
//
//   auto dataset = OpenDataset(config, Usage::kTrain, data_root);  // open_dataset.h
//   Loader loader(**dataset, LoaderOptions());                     // loader.h
//   ClipBatch batch = Collate(*loader.Next(), (*dataset)->classes().size());  // collate.h
#ifndef MRSN_DATASETS_DATASET_H_
#define MRSN_DATASETS_DATASET_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "datasets/pixels/pixel_memory.h"
#include "datasets/video_media.h"
#include "ops/base/box.h"
#include "ops/base/keyframe.h"
#include "ops/clip/pixel_scaling.h"
#include "ops/formats/class_lists.h"

namespace mrsn::datasets {

// The model's output index is a class's position in Dataset::classes().
using formats::ActionClass;

// A person of a key frame.
struct Actor {
  Box box;                  // normalised to the frame
  float score = 1;          // the detector's confidence in [0,1]; 1 for ground truth
  std::vector<int> labels;  // positions in Dataset::classes(), ascending; empty unless Usage::kTrain
  // AnnotatedBox::person_id of the ground truth that `labels` come from; -1 unless Usage::kTrain.
  int person_id = -1;
  // This person's T ground-truth boxes, normalised, one for each slow frame. In a frame without an annotation
  // of the person stands the box of the nearest annotated frame (tubelets.h). Empty without
  // ClipConfig.tubelets and unless Usage::kTrain.
  std::vector<Box> tubelet = {};
  // The box that results are reported for, where `box` is another one for the model's eyes only (AlphAction's
  // enlarged boxes of inference).
  std::optional<Box> reported = {};
};

// Frames of one size, values[((c * frames + t) * height + y) * width + x]. All zero sizes when there is none.
template <typename Value, int channels>
struct PlaneStack {
  static constexpr int kChannels = channels;
  int frames = 0, height = 0, width = 0;
  std::vector<Value, PixelAllocator<Value>> values;  // [channels, frames, height, width]
};
using FrameStack = PlaneStack<uint8_t, 3>;  // pixels as decoded and resized; c = R, G, B
using FlowStack = PlaneStack<float, 2>;     // c = x (to the right), y (downwards)

// The map that a backbone made of a clip, values[(c * height + y) * width + x], IEEE binary16. Empty unless
// it is read in place of the clip.
struct FeatureMap {
  int channels = 0, height = 0, width = 0;
  std::vector<uint16_t> halves;
};

struct Sample {
  Keyframe keyframe;
  FrameStack slow;            // [3, T, H, W]
  FrameStack fast;            // [3, alpha * T, H, W]; empty with one pathway
  std::vector<Actor> actors;  // any number, 0 included
  // [2, T, H, W], empty without DatasetConfig.flow: motion from each slow frame to the next source frame,
  // in [-1, 1]. 1 is kFlowBound pixels of the stored video (flow/stored_flow.h), whatever H x W.
  FlowStack flow = {};
  std::vector<Box> objects = {};  // normalised, moved with the frames
  bool has_objects = false;       // whether the data has object boxes (ProposalConfig.object_boxes)
  bool mirrored = false;          // by the augmentation: frames, flow and boxes
  FeatureMap features = {};       // in place of frames; slow then has no frames, but height and width
  PixelScaling scaling = {};      // how the model wants the pixels of slow and fast: TransformConfig

  // Every stack of frames, in the order of Clip::Stacks(), which Collate makes of them.
  template <typename Self>
  static auto StacksOf(Self& self) {
    return std::tie(self.slow, self.fast, self.flow);
  }
  auto Stacks() const { return StacksOf(*this); }
  auto Stacks() { return StacksOf(*this); }
};

// One ground-truth row: one person doing one action.
struct AnnotatedBox {
  Keyframe keyframe;
  Box box;            // normalised
  int class_id = 0;   // ActionClass::id
  int person_id = 0;  // the same for all rows of one person in a video
};

// What a data set is read for. It decides which key frames there are, and which boxes Load gives.
enum class Usage {
  // Annotated key frames. Ground truth and proposals that overlap it, with labels.
  kTrain,
  // Annotated key frames and those where the detector found somebody: whoever is found where nobody is
  // annotated is a false positive. The detector's confident boxes, without labels.
  kInference,
  // For a bank of features: as kInference, with the key frames that the data set excludes.
  kBank,
};

struct FrameSize {
  int width = 0, height = 0;
};

// The unit of box coordinates in annotation and result files.
enum class BoxUnit {
  kFrame,   // the frame's width and height: x and y lie in [0,1]
  kPixels,  // pixels of a frame of Dataset::annotation_frame_size()
};

// Immutable once opened; every method may be called from any thread.
class Dataset {
 public:
  virtual ~Dataset() = default;

  virtual int64_t size() const = 0;  // number of key frames
  // 0 <= index < size(); ordered by video, then time.
  virtual const Keyframe& keyframe(int64_t index) const = 0;

  // Reads the clip around a key frame. The seed decides about augmentation (training only):
  // the same index and seed give the same bytes. Errors name the video file.
  virtual absl::StatusOr<Sample> Load(int64_t index, uint64_t augmentation_seed) const = 0;

  // As Load, but no frame is read: slow, fast and flow are empty. Only for data whose boxes do not depend on
  // the frames' size; Unimplemented otherwise (augmentations that cut, scale or move boxes by chance,
  // tubelets).
  virtual absl::StatusOr<Sample> LoadPersons(int64_t index, uint64_t augmentation_seed) const;

  virtual const std::vector<ActionClass>& classes() const = 0;

  // Ground truth of all key frames, for an evaluator; ordered as the key frames.
  virtual std::vector<AnnotatedBox> GroundTruth() const = 0;

  // Size in pixels of the frame that annotations and an evaluator in pixels refer to: 320x240 for UCF101-24,
  // whatever the file's own size. {0,0} if annotations are normalised.
  virtual FrameSize annotation_frame_size() const = 0;

  // The unit of this data set's files. The boxes in memory are always normalised.
  BoxUnit annotation_unit() const {
    return annotation_frame_size().width > 0 ? BoxUnit::kPixels : BoxUnit::kFrame;
  }

  // The video files, or folders of frames, that clips are read from; empty if there are none.
  virtual std::vector<VideoMedia> Videos() const { return {}; }

  // What whoever uses the data should know, in sentences without a full stop: how many boxes are left above
  // the score threshold, what was left out.
  virtual std::vector<std::string> Notes() const { return {}; }

  // SHA-256 over annotations, box lists, key frames and the identity of the videos (name, size, and further
  // facts of the data set); with DatasetConfig.flow also over the flow's method. Clip settings do not enter.
  virtual std::string Fingerprint() const = 0;
};

inline absl::StatusOr<Sample> Dataset::LoadPersons(int64_t, uint64_t) const {
  return absl::UnimplementedError("this data set cannot give persons without their clip");
}

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_DATASET_H_
