// Boxes that a detector of persons or objects found, in any of the layouts that are in circulation, told
// apart by their content.
//
//   BoxListOptions options;                        // AVA: seconds
//   MRSN_ASSIGN_OR_RETURN(const BoxList list, ReadBoxList("ava_val_proposals.pkl", options));
//
// layout                                    unit of its boxes      key frame
// PySlowFast, LFB: CSV                      [0,1]                  second
//   video,second,x1,y1,x2,y2,label,score
// YOWO's boxes as HIT gives them: CSV       pixels                 frame from 1
//   video,frame,x1,y1,x2,y2,class,score     (a header line may stand first)
// this project's UCF101-24 detections: CSV  pixels                 frame from 1
//   video,frame,class,score,x1,y1,x2,y2
// mmaction2: pickle of a dict               [0,1]                  second, in the key
//   "video,0902" -> array [N,5] x1,y1,x2,y2,score, or [N,4] without scores
// ACAR-Net: pickle of (list, idx_to_class)  [0,1]                  "time", the second
//   items with "video", "time", "labels": [{"bounding_box": [x1,y1,x2,y2], "label": [..]}]
// AlphAction, HIT: COCO JSON                pixels: x,y,w,h        from the picture's entry
//   a list of {"image_id", "bbox", "score"}, whose pictures stand in another file (BoxListOptions::images),
//   or one object with "images" (id, movie, timestamp, width, height) and "annotations"
// YOWO: a folder of one text file a frame   pixels of 320x240      frame from 1, in the name
//   class score x1 y1 x2 y2
// CSV files may be gzipped. A CSV of 6 columns lacks label and score; of 7 columns the last one is the score
// if some row has a broken number there, else the label. Boxes of a CSV are pixels if a coordinate exceeds 2.
#ifndef MRSN_OPS_FORMATS_BOX_LIST_H_
#define MRSN_OPS_FORMATS_BOX_LIST_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "ops/formats/box_list_types.h"

namespace mrsn::formats {

// Errors name the file, the place, what was found and expected; of a file of no such layout they say what it
// is.
absl::StatusOr<BoxList> ReadBoxList(const std::string& path, const BoxListOptions& options = {});
// A file's bytes, by the same rules; `name` stands for the path.
absl::StatusOr<BoxList> ParseBoxList(absl::string_view bytes, const std::string& name,
                                     const BoxListOptions& options = {});

// PySlowFast's and LFB's lists for training have one row for each label of a box. Of the rows of one key
// frame with equal corners only the first stays, with the highest of their scores and without a label.
// Returns how many rows are gone.
int64_t MergeEqualBoxes(CsvContents* contents);

}  // namespace mrsn::formats

#endif  // MRSN_OPS_FORMATS_BOX_LIST_H_
