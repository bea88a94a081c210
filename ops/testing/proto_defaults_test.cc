#include "ops/testing/proto_defaults.h"

#include "gtest/gtest.h"

namespace mrsn {
namespace {

TEST(ProtoDefaultsTest, ReadsCommentsAboveAndBehindFields) {
  const std::map<std::string, std::string> expected = {
      {"p.A.one", "16"},     {"p.A.two", ""},     {"p.A.three", "\"a/b.csv\""},
      {"p.A.B.four", "0.1"}, {"p.A.five", "MAX"}, {"p.A.six", "1 (x), 2 (y)"},
      {"p.A.seven", ""}};
  EXPECT_EQ(DocumentedDefaults(R"(package p;
message A {
  optional int32 one = 1;  // clips; default 16
  optional int32 two = 2;  // no default: it belongs elsewhere
  // A path of
  // some length. default "a/b.csv"
  optional string three = 3 [(path_kind) = PATH];
  message B {
    optional double four = 1;  // default 0.1: most of the old one
  }
  enum Kind {
    MAX = 0;  // default of nothing
  }
  optional Kind five = 5;  // default MAX. Not with one.
  oneof other {
    B b = 9;
  }
  optional int32 six = 6;  // default 1 (x), 2 (y)
  repeated int32 pool = 7;  // default 1, 2, 2
  optional string seven = 8;
}
)"),
            expected);
}

}  // namespace
}  // namespace mrsn
