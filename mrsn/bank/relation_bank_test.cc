#include "mrsn/bank/relation_bank.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "mrsn/bank/float16.h"
#include "mrsn/bank/relation_bank_format.h"
#include "mrsn/bank/relation_bank_writer.h"
#include "ops/base/file.h"

namespace mrsn {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// A half's value by the standard's formula.
double HalfValue(int bits) {
  const int exponent = bits >> 10 & 31, mantissa = bits & 1023;
  const double magnitude =
      exponent == 0 ? std::ldexp(mantissa, -24) : std::ldexp(1024 + mantissa, exponent - 25);
  return bits & 0x8000 ? -magnitude : magnitude;
}

TEST(Float16Test, EveryFiniteHalfIsReadAndWrittenExactly) {
  for (int bits = 0; bits < 0x10000; ++bits) {
    if ((bits >> 10 & 31) == 31) continue;
    ASSERT_EQ(FromFloat16(static_cast<uint16_t>(bits)), HalfValue(bits)) << bits;
    ASSERT_EQ(ToFloat16(static_cast<float>(HalfValue(bits))), bits) << bits;
  }
}

TEST(Float16Test, RoundsToNearestAndTiesToEven) {
  for (int bits = 0; bits < 0x7bff; ++bits) {  // between every two neighbours
    const double low = HalfValue(bits), high = HalfValue(bits + 1), middle = (low + high) / 2;
    const int even = bits % 2 == 0 ? bits : bits + 1;
    const float at = static_cast<float>(middle);
    ASSERT_EQ(at, middle) << "a float holds the midpoint";
    ASSERT_EQ(ToFloat16(at), even) << bits;
    ASSERT_EQ(ToFloat16(std::nextafter(at, 0.0f)), bits);
    ASSERT_EQ(ToFloat16(std::nextafter(at, 1e9f)), bits + 1);
    ASSERT_EQ(ToFloat16(-at), even | 0x8000);
  }
  EXPECT_EQ(ToFloat16(65519.99f), 0x7bff);
  EXPECT_EQ(ToFloat16(65520.0f), 0x7c00);
}

class RelationBankTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::string(std::getenv("TEST_TMPDIR")) + "/" +
              ::testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(folder_);
    path_ = folder_ + "/bank";
  }

  std::unique_ptr<RelationBankWriter> Writer(int64_t width) {
    auto writer = RelationBankWriter::Create(path_, identity_, width);
    EXPECT_TRUE(writer.ok()) << writer.status();
    return *std::move(writer);
  }

  std::vector<std::string> FolderNames() {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
      names.push_back(entry.path().filename().string());
    }
    return names;
  }

  // Three videos whose names are each other's prefixes; g = 2; one person at even
  // seconds, two at odd ones, none at second 4. A feature is (second, person).
  void WriteExample() {
    auto writer = Writer(2);
    for (const std::string video : {"v", "video", "video2"}) {
      for (int second = 9; second >= 0; --second) {  // any order will do
        const int persons = second == 4 ? 0 : 1 + second % 2;
        std::vector<float> features;
        std::vector<Box> boxes;
        for (int person = 0; person < persons; ++person) {
          features.insert(features.end(), {static_cast<float>(second), static_cast<float>(person)});
          boxes.push_back({0.1f * second, 0.2f, 0.9f, 0.25f + person});
        }
        ASSERT_TRUE(writer->Add({video, second}, features, boxes).ok());
      }
    }
    ASSERT_TRUE(writer->Finish().ok());
  }

  const BankIdentity identity_ = {"c0ffee", "b0c5e5", "c04f16"};
  std::string folder_, path_;
};

TEST_F(RelationBankTest, WindowHoldsItsVideosSecondsInOrder) {
  WriteExample();
  const auto bank = RelationBank::Open(path_, identity_);
  ASSERT_TRUE(bank.ok()) << bank.status();
  EXPECT_EQ((*bank)->width(), 2);
  EXPECT_EQ((*bank)->keyframes(), 30);
  const auto window = (*bank)->Window({"video", 3}, 2);
  ASSERT_TRUE(window.ok()) << window.status();
  EXPECT_THAT(window->offsets, ElementsAre(-2, -2, -1, 0, 0, 2, 2));  // seconds 1 1 2 3 3 5 5
  EXPECT_THAT(window->features(), ElementsAre(1, 0, 1, 1, 2, 0, 3, 0, 3, 1, 5, 0, 5, 1));
  ASSERT_EQ(window->boxes.size(), 7);
  EXPECT_EQ(window->boxes[6], (Box{0.1f * 5, 0.2f, 0.9f, 1.25f}));
}

TEST_F(RelationBankTest, WindowIsCutAtTheVideosEnds) {
  WriteExample();
  const auto bank = RelationBank::Open(path_, identity_);
  ASSERT_TRUE(bank.ok()) << bank.status();
  EXPECT_THAT((*bank)->Window({"v", 0}, 1)->offsets, ElementsAre(0, 1, 1));
  EXPECT_THAT((*bank)->Window({"v", 9}, 1)->offsets, ElementsAre(-1, 0, 0));
  EXPECT_THAT((*bank)->Window({"video2", 11}, 2)->offsets, ElementsAre(-2, -2));
  EXPECT_THAT((*bank)->Window({"video2", 12}, 2)->offsets, IsEmpty());
  EXPECT_THAT((*bank)->Window({"v", 4}, 0)->offsets, IsEmpty());  // nobody there
  EXPECT_THAT((*bank)->Window({"vid", 3}, 10)->offsets, IsEmpty());
  EXPECT_THAT((*bank)->Window({"", 3}, 10)->offsets, IsEmpty());  // nor the meta record
}

TEST_F(RelationBankTest, SecondsMayBeNegative) {
  auto writer = Writer(1);
  for (int second : {1, -2, 0, -1}) {
    ASSERT_TRUE(writer->Add({"v", second}, {static_cast<float>(second)}, {Box()}).ok());
  }
  ASSERT_TRUE(writer->Finish().ok());
  const auto bank = RelationBank::OpenAny(path_);
  ASSERT_TRUE(bank.ok()) << bank.status();
  EXPECT_THAT((*bank)->Window({"v", 0}, 5)->features(), ElementsAre(-2, -1, 0, 1));
}

// Key frames at half seconds around second 10, and one second further on; added in no order.
TEST_F(RelationBankTest, SecondsMayHaveFractions) {
  const auto at = [](double second) { return Keyframe{"v", Timestamp::Nearest(second)}; };
  auto writer = Writer(1);
  for (const double second : {10.5, 8.0, 12.0, 9.5, 10.0, 11.5, 12.000001, 9.25, 7.999999}) {
    ASSERT_TRUE(writer->Add(at(second), {static_cast<float>(second)}, {Box()}).ok());
  }
  EXPECT_TRUE(writer->Contains(at(10.5)));
  EXPECT_FALSE(writer->Contains(at(11)));
  EXPECT_TRUE(absl::IsAlreadyExists(writer->Add(at(9.25), {1}, {Box()})));
  ASSERT_TRUE(writer->Finish().ok());
  const auto bank = RelationBank::OpenAny(path_);
  ASSERT_TRUE(bank.ok()) << bank.status();
  std::vector<std::string> seconds;
  ASSERT_TRUE((*bank)
                  ->Scan([&](const Keyframe& keyframe, int64_t persons) {
                    seconds.push_back(keyframe.video + keyframe.timestamp.Text());
                    EXPECT_EQ(persons, 1);
                  })
                  .ok());
  EXPECT_THAT(seconds,
              ElementsAre("v7.999999", "v8", "v9.25", "v9.5", "v10", "v10.5", "v11.5", "v12", "v12.000001"));
  const auto offsets = [&](double second, int64_t radius) {
    return (*bank)->Window(at(second), radius)->offsets;
  };
  // 8, 9.25, 9.5, 10, 10.5, 11.5, 12; what lies beyond the radius by a millionth is left out.
  EXPECT_THAT(offsets(10, 2), ElementsAre(-2, -1, -1, 0, 1, 2, 2));
  EXPECT_THAT((*bank)->Window(at(9.5), 0)->features(), ElementsAre(9.5f));
  // 9.5, 10, 10.5, 11.5 around 10.5: the clip's own second is 0, that half a second away is not.
  EXPECT_THAT(offsets(10.5, 1), ElementsAre(-1, -1, 0, 1));
  EXPECT_THAT(offsets(10.25, 1), ElementsAre(-1, -1, 0, 0));  // 9.25, 9.5 (-0.75), 10, 10.5
  EXPECT_THAT(offsets(10.25, 0), IsEmpty());
}

// Keys of whole seconds are those of banks that were written before seconds could have fractions.
TEST_F(RelationBankTest, Keys) {
  using namespace std::string_literals;
  EXPECT_EQ(bank::EntryKey({"v", 903}), "v\0\x80\0\x03\x87"s);
  EXPECT_EQ(bank::EntryKey({"v", -1}), "v\0\x7f\xff\xff\xff"s);
  EXPECT_EQ(bank::EntryKey({"v", Timestamp::Nearest(903.5)}), "v\0\x80\0\x03\x87\0\x07\xa1\x20"s);  // 500000
  for (const double second : {903.0, 903.5, -0.25, -1.0, 0.000001, 1e6}) {
    const Keyframe keyframe = {"video", Timestamp::Nearest(second)};
    EXPECT_TRUE(bank::KeyframeOfKey(bank::EntryKey(keyframe)) == keyframe) << second;
  }
  for (const std::string& other : {""s, bank::MetaKey(), "video"s, "v\0abc"s, "v\0abcde"s}) {
    EXPECT_FALSE(bank::KeyframeOfKey(other).has_value()) << other;
  }
}

TEST_F(RelationBankTest, StoresHalves) {
  auto writer = Writer(3);
  ASSERT_TRUE(writer->Add({"v", 1}, {0.1f, 65504.0f, -1e-7f}, {Box()}).ok());
  ASSERT_TRUE(writer->Finish().ok());
  const auto bank = RelationBank::OpenAny(path_);
  // 0.1 = 1638.4 / 2^14; 1e-7 = 1.68 / 2^24
  EXPECT_THAT((*bank)->Window({"v", 1}, 0)->features(),
              ElementsAre(std::ldexp(1638.f, -14), 65504.0f, -std::ldexp(2.f, -24)));
}

TEST_F(RelationBankTest, GrowsBeyondItsFirstMap) {
  constexpr int kWidth = 2000, kSeconds = 200, kPersons = 125;  // 103 MB
  auto writer = Writer(kWidth);
  std::vector<float> features(kWidth * kPersons);
  for (int second = 0; second < kSeconds; ++second) {
    std::fill(features.begin(), features.end(), static_cast<float>(second));
    ASSERT_TRUE(writer->Add({"v", second}, features, std::vector<Box>(kPersons)).ok());
  }
  ASSERT_TRUE(writer->Finish().ok());
  const auto bank = RelationBank::Open(path_, identity_);
  ASSERT_TRUE(bank.ok()) << bank.status();
  for (int second : {0, 100, 199}) {
    const auto window = (*bank)->Window({"v", second}, 0);
    ASSERT_EQ(window->offsets.size(), kPersons);
    const std::vector<float> read = window->features();
    EXPECT_EQ(std::count(read.begin(), read.end(), second), kWidth * kPersons);
  }
  std::filesystem::remove_all(folder_);
}

TEST_F(RelationBankTest, ManyThreadsReadTheSame) {
  WriteExample();
  const auto bank = RelationBank::Open(path_, identity_);
  ASSERT_TRUE(bank.ok());
  const std::vector<float> expected = (*bank)->Window({"video", 5}, 10)->features();
  std::vector<int> wrong(8);
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 500; ++i) wrong[t] += (*bank)->Window({"video", 5}, 10)->features() != expected;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(wrong, ::testing::Each(0));
}

TEST_F(RelationBankTest, RefusesAnotherRunsBankNamingBothFingerprints) {
  WriteExample();
  BankIdentity other = identity_;
  other.checkpoint = "decade";
  const absl::Status status = RelationBank::Open(path_, other).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr(path_), HasSubstr("checkpoint"), HasSubstr("c0ffee"), HasSubstr("decade"),
                    ::testing::Not(HasSubstr("b0c5e5"))));
  other = identity_;
  other.boxes = other.config = "decade";
  EXPECT_THAT(std::string(RelationBank::Open(path_, other).status().message()),
              AllOf(HasSubstr("boxes"), HasSubstr("b0c5e5"), HasSubstr("config"), HasSubstr("c04f16")));
}

TEST_F(RelationBankTest, MissingBankIsNotFound) {
  const absl::Status status = RelationBank::Open(path_, identity_).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()), HasSubstr(path_));
  ASSERT_TRUE(MakeFolders(path_).ok());
  EXPECT_EQ(RelationBank::Open(path_, identity_).status().code(), absl::StatusCode::kNotFound);
}

// Writes bytes over a bank's data and opens it; if it opens, reads and verifies all of it.
struct Damaged {
  absl::Status opened, verified;
};
Damaged OpenWith(const std::string& path, const std::string& bytes) {
  std::ofstream(path + "/data.mdb", std::ios::binary) << bytes;
  const auto bank = RelationBank::OpenAny(path);
  if (!bank.ok()) return {bank.status(), bank.status()};
  for (const std::string video : {"v", "video", "video2"}) {
    EXPECT_TRUE((*bank)->Window({video, 5}, 10).ok()) << "values are read without a check";
  }
  return {absl::OkStatus(), (*bank)->Verify([](int64_t) {})};
}

TEST_F(RelationBankTest, EveryDamageIsAnErrorNotACrash) {
  WriteExample();  // its values are small and stand in the pages of the index
  const std::string good = *ReadFile(path_ + "/data.mdb");
  for (size_t size = 0; size < good.size(); size += 777) {
    EXPECT_EQ(OpenWith(path_, good.substr(0, size)).opened.code(), absl::StatusCode::kDataLoss) << size;
  }
  for (size_t position = 5; position < good.size(); position += 777) {
    std::string bad = good;
    bad[position] ^= 0x40;
    EXPECT_EQ(OpenWith(path_, bad).opened.code(), absl::StatusCode::kDataLoss) << position;
  }
  const Damaged whole = OpenWith(path_, good);
  EXPECT_TRUE(whole.opened.ok() && whole.verified.ok()) << whole.opened << whole.verified;
}

// A large value has pages of its own, which opening does not read.
TEST_F(RelationBankTest, DamagedFeaturesAreFoundByVerify) {
  auto writer = Writer(20000);
  for (int second = 0; second < 10; ++second) {
    ASSERT_TRUE(writer->Add({"v", second}, std::vector<float>(20000, 1.f), {Box()}).ok());
  }
  ASSERT_TRUE(writer->Finish().ok());
  const std::string good = *ReadFile(path_ + "/data.mdb");
  int found_by_opening = 0, found_by_verify = 0;
  for (size_t position = 5; position < good.size(); position += 4096 + 77) {
    std::string bad = good;
    bad[position] ^= 0x40;
    const Damaged damaged = OpenWith(path_, bad);
    EXPECT_EQ(damaged.verified.code(), absl::StatusCode::kDataLoss) << position;
    ++(damaged.opened.ok() ? found_by_verify : found_by_opening);
  }
  EXPECT_GT(found_by_opening, 2);
  EXPECT_GT(found_by_verify, 80) << "opening read the whole file";
}

TEST_F(RelationBankTest, DigestOfAnotherBankOrFormIsRefused) {
  WriteExample();
  const std::string good = *ReadFile(path_ + "/bank.digest");
  const auto open_with = [&](const std::string& digest) {
    std::ofstream(path_ + "/bank.digest") << digest;
    return RelationBank::OpenAny(path_).status().code();
  };
  for (size_t position = 0; position < good.size(); position += 7) {
    std::string bad = good;
    bad[position] ^= 1;
    EXPECT_EQ(open_with(bad), absl::StatusCode::kDataLoss) << position;
    EXPECT_EQ(open_with(good.substr(0, position)), absl::StatusCode::kDataLoss) << position;
  }
  EXPECT_EQ(open_with(good), absl::StatusCode::kOk);
  const std::string first = path_;
  path_ += "2";
  auto writer = Writer(1);
  ASSERT_TRUE(writer->Add({"other", 1}, {1.0f}, {Box()}).ok());
  ASSERT_TRUE(writer->Finish().ok());
  std::filesystem::copy_file(path_ + "/data.mdb", first + "/data.mdb",
                             std::filesystem::copy_options::overwrite_existing);
  EXPECT_EQ(RelationBank::OpenAny(first).status().code(), absl::StatusCode::kDataLoss);
}

TEST_F(RelationBankTest, BankWithoutDigestIsComparedWhole) {
  WriteExample();
  std::filesystem::remove(path_ + "/bank.digest");  // as earlier versions wrote it
  EXPECT_TRUE(RelationBank::Open(path_, identity_).ok());
  const std::string good = *ReadFile(path_ + "/data.mdb");
  std::string bad = good;
  bad.back() ^= 1;
  EXPECT_EQ(OpenWith(path_, bad).opened.code(), absl::StatusCode::kDataLoss);
}

TEST_F(RelationBankTest, ScanVisitsAllKeyframesInOrder) {
  WriteExample();
  const auto bank = RelationBank::OpenAny(path_);
  ASSERT_TRUE(bank.ok()) << bank.status();
  std::vector<Keyframe> keyframes;
  int64_t persons = 0;
  ASSERT_TRUE((*bank)
                  ->Scan([&](const Keyframe& keyframe, int64_t n) {
                    keyframes.push_back(keyframe);
                    persons += n;
                  })
                  .ok());
  EXPECT_EQ(keyframes.size(), 30);
  EXPECT_TRUE(std::is_sorted(keyframes.begin(), keyframes.end()));
  EXPECT_EQ(persons, 3 * 14) << "5 odd seconds with two, 4 even ones with one";
  EXPECT_EQ((*bank)->bytes(), std::filesystem::file_size(path_ + "/data.mdb"));
}

}  // namespace
}  // namespace mrsn
