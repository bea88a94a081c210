// UCF101-24: ground truth, detections and split lists in the layouts in use; boxes in pixels of 320x240,
// frames from 1, classes from 0 once read.
#ifndef MRSN_OPS_FORMATS_UCF24_FILES_H_
#define MRSN_OPS_FORMATS_UCF24_FILES_H_

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

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

// The ids that UCF101-24's classes have in a data set (CsvOptions::named_classes).
class Ucf24ClassIds {
 public:
  explicit Ucf24ClassIds(const CsvOptions& options);
  // Of the class that files of UCF101-24 give the number `number`, from 0; the number itself if it is none of
  // its classes.
  int Of(int number) const { return number < static_cast<int>(ids_.size()) ? ids_[number] : number; }

 private:
  std::vector<int> ids_;
};

struct Ucf24Annotations {
  std::string layout;  // "pyannot.pkl"
  CsvContents contents;
  // UCF101v2-GT.pkl: the videos of each split. Empty for the other layouts.
  std::vector<std::vector<std::string>> train_videos, test_videos;
  // UCF101v2-GT.pkl: width and height of each video's frames, to which its boxes refer, if "resolution" is
  // there.
  std::map<std::string, std::pair<int, int>> frame_sizes;
};

// An error if the annotations say of a video that its boxes refer to frames of another size than width x
// height.
absl::Status ExpectFrameSize(const std::string& file, const Ucf24Annotations& annotations, int width,
                             int height);

// Ground truth of any layout, told apart by its content; a row's person_id is its tube
// (CsvContents::has_tubes).
//   finalAnnots.mat     see ReadUcf24Mat
//   pyannot.pkl         corrected-UCF101-Annots, a pickle: the same boxes as x, y, width, height in uint8 or
//                       uint16, where x + width overflows; x2 is computed in double. Frames from 0, the end
//                       is the first frame after the tube.
//   UCF101v2-GT.pkl     ACT, MOC and mmaction2, a pickle: frame from 1, x1, y1, x2, y2. Classes are those of
//                       its "labels", by name; other data sets in this layout have others (kNoClass).
//   CSV                 see ReadUcf24Csv
//   a folder            see ReadUcf24Folder
// Errors name the file, the place, what was found and expected; of another file they say what it is.
absl::StatusOr<Ucf24Annotations> ReadUcf24Annotations(const std::string& path,
                                                      const CsvOptions& options = {});
// The two pickles in memory; `name` stands for the path.
absl::StatusOr<Ucf24Annotations> ParseUcf24Pickle(absl::string_view bytes, const std::string& name,
                                                  const CsvOptions& options = {});

// Ground truth as ReadUcf24Annotations, or detections: a folder or CSV.
absl::StatusOr<CsvContents> ReadUcf24(const std::string& path, RowKind kind, const CsvOptions& options = {});

// The detection's row: video,frame,class,score,x1,y1,x2,y2. Numbers as in FormatAvaRow.
std::string FormatUcf24Row(const Detection& detection);

// A split's list of videos, one a line:
//   Basketball/v_Basketball_g01_c01.avi 8           UCF101's own trainlist01.txt, of all 101 classes
//   Basketball/v_Basketball_g01_c01                 the same without the class's number or the extension
//   v_Basketball_g01_c01                            the class is read from the name
//   labels/Basketball/v_Basketball_g01_c01/00009.txt  YOWO's list of frames
//   "UCF-101\Basketball\v_Basketball_g01_c01.avi"    quotes, backslashes, folders above the class
// Lines that begin with # are comments. A file that is no text is an error that says what it is.
struct SplitList {
  std::set<std::string> videos;  // "Basketball/v_Basketball_g01_c01"
  std::set<std::string> left_out, left_out_classes;
};
// Videos whose folder is none of `classes` (names of folders) are left out; no classes = all are kept. A name
// that leaves its folder ("../x", "/x") is an error, and so is a list of which no video is left.
absl::StatusOr<SplitList> ReadSplitList(const std::string& path,
                                        const std::vector<std::string>& classes = {});
absl::StatusOr<SplitList> ParseSplitList(const TextFile& file, const std::vector<std::string>& classes = {});

// ReadSplitList's videos. Of a list that names some of UCF101-24's classes, those of the 24 only: UCF101's
// own lists have all 101 classes. A line on standard error counts the others.
absl::StatusOr<absl::flat_hash_set<std::string>> ReadVideoList(const std::string& path);
// Removes the rows and keyframes of other videos.
void KeepVideos(const absl::flat_hash_set<std::string>& videos, CsvContents& contents);

}  // namespace mrsn::formats

#endif  // MRSN_OPS_FORMATS_UCF24_FILES_H_
