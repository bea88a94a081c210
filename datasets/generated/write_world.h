// Writes a generated world to disk in the form of real data sets: videos and AVA files.
#ifndef MRSN_DATASETS_GENERATED_WRITE_WORLD_H_
#define MRSN_DATASETS_GENERATED_WRITE_WORLD_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "datasets/generated/room.h"

namespace mrsn::datasets::generated {

// Writes into `folder`, which is made if it is not there:
//   label_map.pbtxt                 AVA v2.2's dialect, label_type = the kind of class
//   <split>.csv                     AVA annotations
//   <split>_boxes.csv               detected boxes, PySlowFast's columns
//   videos/<split>_0000.avi ...     FFV1 (lossless)
// The same world writes the same bytes. Every video is read back; a frame that differs (no space left) is an
// error.
absl::Status WriteWorld(const World& world, const std::string& folder);

// As WriteWorld, without the videos: a second for 460 rooms.
absl::Status WriteLists(const World& world, const std::string& folder);

// <root>/<first 16 digits of the fingerprint>.
std::string FolderOf(const World& world, const std::string& root);

// Returns FolderOf and writes the world there if the folder does not exist. A temporary folder beside it is
// filled and renamed when complete. If two processes do so at once, the second finds the first one's folder
// and removes its own.
absl::StatusOr<std::string> WriteWorldOnce(const World& world, const std::string& root);

}  // namespace mrsn::datasets::generated

#endif  // MRSN_DATASETS_GENERATED_WRITE_WORLD_H_
