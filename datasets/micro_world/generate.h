// Writes the micro world to disk in the form of real data sets: videos and AVA files.
#ifndef MRSN_DATASETS_MICRO_WORLD_GENERATE_H_
#define MRSN_DATASETS_MICRO_WORLD_GENERATE_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace mrsn::datasets::micro {

struct GenerateOptions {
  uint64_t seed = 1;
  int train_videos = 120;
  int val_videos = 60;
  int keyframes_per_video = 30;
  bool single_actor = false;
};

// Increased whenever the generated files change; part of the folder's name.
constexpr int kGeneratorVersion = 1;

// Names these options and the generator's version: 64 hexadecimal digits.
std::string GeneratorFingerprint(const GenerateOptions& options);

// Writes into `folder`, which must exist:
//   label_map.pbtxt                   AVA v2.2's dialect, label_type = the kind of class
//   {train,val}.csv                   AVA annotations
//   {train,val}_boxes.csv             detected boxes, PySlowFast's columns
//   videos/{train,val}_0000.avi ...   HuffYUV (lossless), 64x64, 4 frames a second
// The same options write the same bytes. Every video is read back; a frame that differs (no space left) is an
// error.
absl::Status Generate(const GenerateOptions& options, const std::string& folder);

// As Generate, without the videos: a second for 460 videos.
absl::Status GenerateLists(const GenerateOptions& options, const std::string& folder);

// <root>/<first 16 digits of the fingerprint>.
std::string FolderOf(const GenerateOptions& options, const std::string& root);

// Returns FolderOf and generates it if it does not exist. A
// temporary folder beside it is filled and renamed when complete. If two processes do so at once, the second
// finds the first one's folder and removes its own.
absl::StatusOr<std::string> GenerateOnce(const GenerateOptions& options, const std::string& root);

}  // namespace mrsn::datasets::micro

#endif  // MRSN_DATASETS_MICRO_WORLD_GENERATE_H_
