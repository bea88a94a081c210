// Data roots of UCF101-24's own clips, which lie below the folder MRSN_TEST_DATA names
// (ops/test_data/test_data.h).
#ifndef MRSN_DATASETS_UCF24_REAL_CLIPS_H_
#define MRSN_DATASETS_UCF24_REAL_CLIPS_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"

namespace mrsn::datasets {

// Makes `root` a data root for OpenUcf24: <split>.txt names the split's clips, "Class/v_Class_gXX_cYY" each;
// videos/ links to the clips of ucf101-mini/ or videos/; annotations.csv holds the rows of
// ucf101-24/finalAnnots.mat for these clips, with the column tube. Error: a clip that is not there or has no
// annotation.
absl::Status MakeRealRoot(const std::map<std::string, std::vector<std::string>>& splits,
                          const std::string& root);

// A root with three splits. "clips": Basketball g01_c02 (180 frames, re-encoded to 340 x 256, a raw MPEG-4
// stream), SalsaSpin g03_c01 (168 frames, likewise) and SoccerJuggling g23_c01 (240 frames, as published).
// "train" and "test": six clips and three of Diving, Surfing and TrampolineJumping, as published, of UCF101's
// own first split.
absl::Status MakeRealClips(const std::string& root);

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_UCF24_REAL_CLIPS_H_
