#include "ops/base/fingerprint.h"

#include "gtest/gtest.h"

namespace mrsn {
namespace {

// FIPS 180-2, appendix B.
TEST(FingerprintTest, PublishedDigests) {
  EXPECT_EQ(Fingerprint("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(Fingerprint(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(FingerprintTest, PiecesEqualTheWhole) {
  Fingerprinter pieces;
  pieces.Add("a");
  pieces.Add("bc", 2);
  EXPECT_EQ(pieces.Hex(), Fingerprint("abc"));
}

}  // namespace
}  // namespace mrsn
