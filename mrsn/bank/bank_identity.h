// Names a relation bank by everything that it was made from.
#ifndef MRSN_MRSN_BANK_BANK_IDENTITY_H_
#define MRSN_MRSN_BANK_BANK_IDENTITY_H_

#include <string>

namespace mrsn {

// Fingerprints (SHA-256), compared as strings.
struct BankIdentity {
  std::string checkpoint;  // of the weights that computed the features
  std::string boxes;       // of the list of person boxes
  std::string config;      // of the resolved experiment
};

}  // namespace mrsn

#endif  // MRSN_MRSN_BANK_BANK_IDENTITY_H_
