// UCF101-24 ground truth and detections in the three layouts in use; boxes in pixels
// of 320x240, frames from 1, classes from 0 once read.
#ifndef MRSN_OPS_FORMATS_UCF24_FILES_H_
#define MRSN_OPS_FORMATS_UCF24_FILES_H_

#include <string>

#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "ops/formats/read_options.h"
#include "ops/formats/text_file.h"

namespace mrsn::formats {

// Rows video,frame,class,x1,y1,x2,y2 (ground truth) or
// video,frame,class,score,x1,y1,x2,y2 (detections); plain or gzip.
// Errors and warnings as for AVA (ava_csv.h); a frame must be a whole number >= 1. With
// CsvOptions.allow_tubes all rows of ground truth may have an eighth column, the tube; two boxes of one
// tube in a frame are then an error.
absl::StatusOr<CsvContents> ReadUcf24Csv(const std::string& path, RowKind kind,
                                         const CsvOptions& options = {});
absl::StatusOr<CsvContents> ParseUcf24Csv(const TextFile& file, RowKind kind, const CsvOptions& options);

// finalAnnots.mat of corrected-UCF101-Annots (MATLAB 5, through libmatio): a struct
// array `annot` with fields `name` and `tubes`{`sf`, `ef`, `class`, `boxes` N x 4
// (x, y, width, height)}; sf and class from 1. x2 = x + width, computed in double
// (the stored types overflow). A row's person_id is its tube in the video, from 0.
absl::StatusOr<CsvContents> ReadUcf24Mat(const std::string& path);

// A folder of one text file a frame, YOWO's layout: <video>_00001.txt with / in the
// video's name replaced by _, or <Class>/<video>/00001.txt. Rows, separated by blanks:
// class x1 y1 x2 y2 (ground truth) or class score x1 y1 x2 y2 (detections); classes from 1.
absl::StatusOr<CsvContents> ReadUcf24Folder(const std::string& path, RowKind kind,
                                            const CsvOptions& options = {});
// One file of such a folder; appends its rows.
absl::Status ParseUcf24Frame(const TextFile& file, const std::string& relative_path, RowKind kind,
                             const CsvOptions& options, RowBlock& block, std::vector<Warning>& warnings);

// Any of the three, told apart by what stands at `path`: a folder, a file that
// begins with "MATLAB", else CSV.
absl::StatusOr<CsvContents> ReadUcf24(const std::string& path, RowKind kind, const CsvOptions& options = {});

// The detection's row: video,frame,class,score,x1,y1,x2,y2. Numbers as in FormatAvaRow.
std::string FormatUcf24Row(const Detection& detection);

// A list of videos, one a line ("Basketball/v_Basketball_g01_c01"; ".avi" at the end and
// what follows a blank are ignored): a split's testlist. A name that leaves its folder
// ("../x", "/x") is an error.
absl::StatusOr<absl::flat_hash_set<std::string>> ReadVideoList(const std::string& path);
// Removes the rows and keyframes of other videos.
void KeepVideos(const absl::flat_hash_set<std::string>& videos, CsvContents& contents);

}  // namespace mrsn::formats

#endif  // MRSN_OPS_FORMATS_UCF24_FILES_H_
