// SHA-256 of bytes, as 64 lower-case hexadecimal digits: how configurations,
// data and weights are named in results.
#ifndef MRSN_OPS_BASE_FINGERPRINT_H_
#define MRSN_OPS_BASE_FINGERPRINT_H_

#include <cstddef>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"

namespace mrsn {

std::string Fingerprint(absl::string_view bytes);

// For what is not in one piece:  Fingerprinter f; f.Add(a); f.Add(b); f.Hex();
// equals Fingerprint(a + b).
class Fingerprinter {
 public:
  Fingerprinter();
  ~Fingerprinter();
  Fingerprinter(const Fingerprinter&) = delete;
  Fingerprinter& operator=(const Fingerprinter&) = delete;

  void Add(const void* data, size_t size);
  void Add(absl::string_view bytes) { Add(bytes.data(), bytes.size()); }
  std::string Hex();  // once, last

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace mrsn

#endif  // MRSN_OPS_BASE_FINGERPRINT_H_
