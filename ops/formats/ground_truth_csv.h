// Writes ground truth in the layouts that ava_csv.h and ucf24_files.h read.
#ifndef MRSN_OPS_FORMATS_GROUND_TRUTH_CSV_H_
#define MRSN_OPS_FORMATS_GROUND_TRUTH_CSV_H_

#include <string>

#include "ops/base/keyframe.h"
#include "ops/formats/annotation_box.h"

namespace mrsn::formats {

// One person doing one action; the box in the unit of the data set's files.
struct GroundTruthRow {
  Keyframe keyframe;
  BoxD box;
  int class_id = 0;
  int person_id = -1;  // -1 = none
};

// "1j20qq1JyX4,0904,0.015,0.052,1,0.979,12,3\n". Numbers have the fewest digits from which the same double is
// read back.
std::string FormatAvaGroundTruthRow(const GroundTruthRow& row);

// "Basketball/v_Basketball_g01_c01,12,0,1,2.5,3,4\n": video,frame,class,x1,y1,x2,y2. The person has no
// column: an eighth one would be the tube, of which a frame has one row.
std::string FormatUcf24GroundTruthRow(const GroundTruthRow& row);

}  // namespace mrsn::formats

#endif  // MRSN_OPS_FORMATS_GROUND_TRUTH_CSV_H_
