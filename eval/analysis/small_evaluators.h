// Evaluators with few rows, for tests.
#ifndef MRSN_EVAL_ANALYSIS_SMALL_EVALUATORS_H_
#define MRSN_EVAL_ANALYSIS_SMALL_EVALUATORS_H_

#include "eval/frame_map.h"
#include "gtest/gtest.h"
#include "ops/formats/annotation_box.h"

namespace mrsn::eval {

// Without rows; classes 1 and 7.
inline FrameMapEvaluator MakeEvaluator(Protocol protocol = Protocol::kOfficial2019) {
  FrameMapOptions options;
  options.protocol = protocol;
  options.classes = {{1, "sit", "pose"}, {7, "read it's", "person-object"}};
  return *FrameMapEvaluator::Create(options);
}

// The i-th of ten columns of the frame.
inline formats::BoxD Column(int i) { return {0.1 * i, 0.0, 0.1 * i + 0.1, 1.0}; }

// Two videos with one box each; the box of the first is found, the second's is not.
inline FrameMapEvaluator TwoVideos(bool second_found) {
  FrameMapEvaluator evaluator = MakeEvaluator();
  for (const char* video : {"a", "b"}) EXPECT_TRUE(evaluator.AddGroundTruth({video, 902}, Column(1), 1).ok());
  EXPECT_TRUE(evaluator.AddDetection({"a", 902}, Column(1), 1, 0.9).ok());
  if (second_found) {
    EXPECT_TRUE(evaluator.AddDetection({"b", 902}, Column(1), 1, 0.8).ok());
  }
  return evaluator;
}

}  // namespace mrsn::eval

#endif  // MRSN_EVAL_ANALYSIS_SMALL_EVALUATORS_H_
