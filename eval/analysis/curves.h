// Precision-recall curves as SVG, drawn by gnuplot.
#ifndef MRSN_EVAL_ANALYSIS_CURVES_H_
#define MRSN_EVAL_ANALYSIS_CURVES_H_

#include <string>

#include "absl/status/status.h"
#include "eval/frame_map.h"

namespace mrsn::eval {

// Writes <folder>/<id>.svg for every class with ground truth, and <folder>/all.svg
// with all of them. Curves are the raw ones, before any envelope, at most 400
// points each; the gnuplot program stays beside them. An error if gnuplot is missing or fails, with its
// message.
absl::Status WriteCurves(const FrameMapResult& result, const MatchedFrames& matched,
                         const std::string& folder);

// The gnuplot program WriteCurves runs.
std::string CurveScript(const FrameMapResult& result, const MatchedFrames& matched,
                        const std::string& folder);

}  // namespace mrsn::eval

#endif  // MRSN_EVAL_ANALYSIS_CURVES_H_
