#include "ops/formats/tensorboard/records.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mrsn::tensorboard {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// RFC 3720, appendix B.4, gives CRC-32C of 32 zeros, of 32 bytes 0xff and of 0x00 to 0x1f: 0x8a9136aa,
// 0x62a8ab43 and 0x46dd794e. RFC 3720 prints the bytes of these numbers in the order of transmission.
TEST(RecordsTest, ChecksumsOfRfc3720) {
  const auto masked = [](uint32_t crc) { return ((crc >> 15) | (crc << 17)) + 0xa282ead8u; };
  EXPECT_EQ(MaskedCrc32c(std::string(32, '\0')), masked(0x8a9136aau));
  EXPECT_EQ(MaskedCrc32c(std::string(32, '\xff')), masked(0x62a8ab43u));
  std::string ascending;
  for (int i = 0; i < 32; ++i) ascending.push_back(static_cast<char>(i));
  EXPECT_EQ(MaskedCrc32c(ascending), masked(0x46dd794eu));
  EXPECT_EQ(MaskedCrc32c("123456789"), masked(0xe3069283u)) << "the check value of CRC catalogues";
  EXPECT_EQ(MaskedCrc32c(""), 0xa282ead8u) << "0, masked";
}

TEST(RecordsTest, TheBytesOfARecord) {
  const std::string record = RecordOf("123456789");
  ASSERT_EQ(record.size(), 8 + 4 + 9 + 4);
  EXPECT_EQ(record.substr(0, 8), std::string("\x09\0\0\0\0\0\0\0", 8));
  EXPECT_EQ(record.substr(12, 9), "123456789");
  // 0xe3069283 turned right by 15 bits is 0x2507c60d; plus the mask 0xc78ab0e5.
  EXPECT_EQ(record.substr(21), "\xe5\xb0\x8a\xc7");
}

TEST(RecordsTest, WhatIsWrittenIsRead) {
  const std::string file = RecordOf("one") + RecordOf("") + RecordOf(std::string(5000, 'x'));
  const auto records = ReadRecords(file, "events");
  ASSERT_TRUE(records.ok()) << records.status();
  EXPECT_THAT(*records, ElementsAre("one", "", std::string(5000, 'x')));
  EXPECT_TRUE(ReadRecords("", "events")->empty());
}

// 19 bytes are the first record.
TEST(RecordsTest, DamageIsNamed) {
  const std::string file = RecordOf("one") + RecordOf("two");
  for (size_t size = 20; size < file.size(); ++size) {
    EXPECT_EQ(ReadRecords(file.substr(0, size), "events").status().message(),
              "events: the record at byte 19 is cut off")
        << size;
  }
  for (size_t i = 0; i < file.size(); ++i) {
    std::string damaged = file;
    damaged[i] ^= 1;
    EXPECT_THAT(std::string(ReadRecords(damaged, "events").status().message()),
                HasSubstr(i < 19 ? "at byte 0 has a wrong checksum" : "at byte 19 has a wrong checksum"))
        << i;
  }
}

}  // namespace
}  // namespace mrsn::tensorboard
