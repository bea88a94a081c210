#include "ops/base/fingerprint.h"

#include <openssl/evp.h>

#include "absl/strings/escaping.h"

namespace mrsn {

struct Fingerprinter::State {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  ~State() { EVP_MD_CTX_free(context); }
};

Fingerprinter::Fingerprinter() : state_(std::make_unique<State>()) {
  EVP_DigestInit_ex(state_->context, EVP_sha256(), nullptr);
}
Fingerprinter::~Fingerprinter() = default;

void Fingerprinter::Add(const void* data, size_t size) { EVP_DigestUpdate(state_->context, data, size); }

std::string Fingerprinter::Hex() {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  EVP_DigestFinal_ex(state_->context, digest, &size);
  return absl::BytesToHexString(absl::string_view(reinterpret_cast<char*>(digest), size));
}

std::string Fingerprint(absl::string_view bytes) {
  Fingerprinter fingerprinter;
  fingerprinter.Add(bytes);
  return fingerprinter.Hex();
}

}  // namespace mrsn
