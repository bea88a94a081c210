// How programs are told which weights a model gets.
#ifndef MRSN_EXPERIMENTS_PROGRAMS_CHECKPOINT_FLAG_H_
#define MRSN_EXPERIMENTS_PROGRAMS_CHECKPOINT_FLAG_H_

#include <string>

namespace mrsn::experiments {

// Whether a flag's value means untrained weights, random:<seed>, and no file.
bool IsRandom(const std::string& checkpoint);

// The value of a flag as the code behind the program takes it: a file is the one that the user sees
// (UserPath); "" and random:<seed> stay.
std::string CheckpointFlag(const std::string& checkpoint);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_PROGRAMS_CHECKPOINT_FLAG_H_
