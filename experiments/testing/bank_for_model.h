// A relation bank of random features for a model that reads one.
#ifndef MRSN_EXPERIMENTS_TESTING_BANK_FOR_MODEL_H_
#define MRSN_EXPERIMENTS_TESTING_BANK_FOR_MODEL_H_

#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "mrsn/bank/relation_bank.h"
#include "mrsn/bank/relation_bank_writer.h"

namespace mrsn::experiments {

// Writes a bank with one person, and features in [0,1) of `width`, in each of these seconds of "video", the
// one of ClipsForModel. Null after a failure of the test.
inline std::unique_ptr<RelationBank> BankForModel(int64_t width, const std::vector<int>& seconds,
                                                  const std::string& path) {
  const BankIdentity identity = {"w", "b", "c"};
  auto writer = RelationBankWriter::Create(path, identity, width);
  EXPECT_TRUE(writer.ok()) << writer.status();
  if (!writer.ok()) return nullptr;
  std::mt19937 random(2);
  std::uniform_real_distribution<float> values(0, 1);
  for (const int second : seconds) {
    std::vector<float> features(width);
    for (float& value : features) value = values(random);
    const absl::Status added = (*writer)->Add({"video", second}, features, std::vector<Box>{{0, 0, 1, 1}});
    EXPECT_TRUE(added.ok()) << added;
  }
  const absl::Status finished = (*writer)->Finish();
  EXPECT_TRUE(finished.ok()) << finished;
  auto bank = RelationBank::Open(path, identity);
  EXPECT_TRUE(bank.ok()) << bank.status();
  return bank.ok() ? *std::move(bank) : nullptr;
}

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_TESTING_BANK_FOR_MODEL_H_
