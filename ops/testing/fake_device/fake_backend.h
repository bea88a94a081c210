// What the fake device's kernels tell its counters.
#ifndef MRSN_OPS_TESTING_FAKE_DEVICE_FAKE_BACKEND_H_
#define MRSN_OPS_TESTING_FAKE_DEVICE_FAKE_BACKEND_H_

#include <string>

namespace mrsn::testing {

void NoteHostRead(const std::string& what);
void NoteCopyToDevice(const std::string& what);
void NoteOperation();

}  // namespace mrsn::testing

#endif  // MRSN_OPS_TESTING_FAKE_DEVICE_FAKE_BACKEND_H_
