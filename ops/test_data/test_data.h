// Real files that this repository may not carry: videos, annotations, label maps.
//
// Whoever has them names their folder in the environment variable MRSN_TEST_DATA; `bazel test` passes it on.
//
//   TEST(LabelMapTest, PublishedFile) {
//     MRSN_SKIP_WITHOUT_TEST_DATA();
//     const auto map = ReadLabelMap(TestData("ava/official_v2.2/ava_action_list_v2.2.pbtxt"));
//
// Below the folder lie
//   ava/official_v2.2/          label maps and excluded timestamps as published with AVA v2.2
//   ava/ava_val_v2.1_pose_rows.csv.gz   AVA v2.1's validation rows of the classes 1 to 14
//   ava/mini/                   Gt61_Yekkgc_1146.avi, 75 frames from second 1145 on; rows and label map
//   ucf101-24/                  the corrected annotations as finalAnnots.mat and pyannot.pkl, testlist01.txt,
//                               classes.txt
//   ucf101-mini/                train.txt, test.txt, videos/<Class>/<clip>.avi: clips of three classes
//   videos/                     single clips of UCF101, <clip>.avi or <clip>.mp4
#ifndef MRSN_OPS_TEST_DATA_TEST_DATA_H_
#define MRSN_OPS_TEST_DATA_TEST_DATA_H_

#include <string>

#include "gtest/gtest.h"

namespace mrsn {

// The folder that MRSN_TEST_DATA names, "" if the variable is unset or empty.
std::string TestDataFolder();

// <folder>/<path>. The running test fails if there is no such file or folder.
std::string TestData(const std::string& path);

}  // namespace mrsn

// Ends the running test, or its SetUp, as skipped where no folder is named.
#define MRSN_SKIP_WITHOUT_TEST_DATA() \
  if (::mrsn::TestDataFolder().empty()) GTEST_SKIP() << "skipped: MRSN_TEST_DATA is not set"

#endif  // MRSN_OPS_TEST_DATA_TEST_DATA_H_
