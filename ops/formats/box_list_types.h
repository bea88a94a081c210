// Options and result of box_list.h.
#ifndef MRSN_OPS_FORMATS_BOX_LIST_TYPES_H_
#define MRSN_OPS_FORMATS_BOX_LIST_TYPES_H_

#include <string>

#include "ops/formats/read_options.h"

namespace mrsn::formats {

struct BoxListOptions {
  // csv.timestamps says whether key frames are AVA's seconds or frames from 1; csv.strict turns odd rows into
  // errors. A missing score is a warning also then.
  CsvOptions csv;
  // Size of the frames that boxes in pixels refer to, where the file does not say it; 0 = such a file is an
  // error. UCF101-24: 320 x 240.
  double frame_width = 0, frame_height = 0;
  // AlphAction's and HIT's detections: the JSON file with their "images" ("ava_val_v2.2_min.json").
  std::string images;
};

struct BoxList {
  std::string layout;  // "mmaction2 pickle"
  bool in_pixels = false;
  // Rows in file order. Boxes are divided by the frame's size: [0,1], not clipped. class_id is the label as
  // the file has it, 0 for none (empty, -1); a box with several labels is several rows. person_id is that of
  // annotations, where the file has it.
  CsvContents contents;
};

}  // namespace mrsn::formats

#endif  // MRSN_OPS_FORMATS_BOX_LIST_TYPES_H_
