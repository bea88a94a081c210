// TensorFlow's record files (TFRecord): byte strings one after the other, each with checksums.
//
//   8 bytes  length of the data, little endian
//   4 bytes  masked CRC-32C of these 8 bytes, little endian
//   ...      the data
//   4 bytes  masked CRC-32C of the data, little endian
//
// A CRC-32C (Castagnoli) c is masked as ((c >> 15) | (c << 17)) + 0xa282ead8, modulo 2^32.
// Source: the description of the format at tensorflow.org/tutorials/load_data/tfrecord.
#ifndef MRSN_OPS_FORMATS_TENSORBOARD_RECORDS_H_
#define MRSN_OPS_FORMATS_TENSORBOARD_RECORDS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace mrsn::tensorboard {

// The checksum of a record's part.
uint32_t MaskedCrc32c(absl::string_view bytes);

// `data` as one record.
std::string RecordOf(absl::string_view data);

// The data of every record of `file`, whose name `path` is for messages. DataLoss names the place of a record
// that is cut off or has another checksum.
absl::StatusOr<std::vector<std::string>> ReadRecords(absl::string_view file, const std::string& path);

}  // namespace mrsn::tensorboard

#endif  // MRSN_OPS_FORMATS_TENSORBOARD_RECORDS_H_
