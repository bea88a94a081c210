// Asks whether boxes and annotations can belong together, before anybody trusts a number made from them.
// Readers refuse what is malformed; a file in pixels, with another numbering or for other videos is well
// formed, and makes a wrong mAP or a useless training without a word.
//
//   plausibility::Options options;                              // boxes in [0,1]
//   options.classes = &ids;
//   for (const plausibility::Finding& finding :
//        plausibility::Check({Role::kAnnotations, "gt.csv", annotations.blocks},
//                            {Role::kDetections, "det.csv", detections.blocks}, options)) {
//     std::fprintf(stderr, "warning: %s\n", plausibility::ToString(finding).c_str());
//   }
#ifndef MRSN_OPS_PLAUSIBILITY_PLAUSIBILITY_H_
#define MRSN_OPS_PLAUSIBILITY_PLAUSIBILITY_H_

#include <string>
#include <vector>

#include "ops/plausibility/finding.h"

namespace mrsn::plausibility {

// Findings of `annotations` and `other` (detections or boxes) by themselves and against each other, in the
// order of Kind. Rows must be finite. Fills *in_common unless it is null.
std::vector<Finding> Check(const Side& annotations, const Side& other, const Options& options = {},
                           InCommon* in_common = nullptr);

// The same for one file: unit, scores, threshold, repeated rows.
std::vector<Finding> CheckAlone(const Side& side, const Options& options = {});

// "pixels", "video_names", ...: for JSON.
std::string KindName(Kind kind);
std::string SeverityName(Severity severity);  // "note", "warning", "error"

// "det.csv: 4 of 4 scores are whole numbers ...; first: vidA,902,12: score 3".
std::string ToString(const Finding& finding);

}  // namespace mrsn::plausibility

#endif  // MRSN_OPS_PLAUSIBILITY_PLAUSIBILITY_H_
