#include "ops/formats/tensorboard/event_file.h"

#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <limits>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "ops/base/file.h"
#include "ops/base/testing/full_disk.h"
#include "ops/formats/tensorboard/records.h"

namespace mrsn::tensorboard {
namespace {

using ::testing::HasSubstr;

std::string Folder() {
  return absl::StrCat(::testing::TempDir(), "events.", ::getpid(), "/",
                      ::testing::UnitTest::GetInstance()->current_test_info()->name());
}

TEST(EventFileTest, TheEventsOfAFile) {
  const double before = absl::ToDoubleSeconds(absl::Now() - absl::UnixEpoch());
  auto file = EventFile::Create(Folder(), 1);
  ASSERT_TRUE(file.ok()) << file.status();
  ASSERT_TRUE((*file)->Append(1, {{"train/loss", 0.75}, {"train/learning_rate", 0.04}}).ok());
  ASSERT_TRUE((*file)->Append(2, {{"train/loss", std::numeric_limits<double>::quiet_NaN()}}).ok());
  ASSERT_TRUE((*file)->Sync().ok());
  const auto events = ReadEvents((*file)->path());
  ASSERT_TRUE(events.ok()) << events.status();
  ASSERT_EQ(events->size(), 4);
  EXPECT_EQ((*events)[0].file_version(), "brain.Event:2");
  EXPECT_EQ((*events)[1].session_log().status(), Session::START);
  EXPECT_EQ((*events)[1].step(), 1);
  EXPECT_EQ((*events)[2].step(), 1);
  ASSERT_EQ((*events)[2].summary().value_size(), 2);
  EXPECT_EQ((*events)[2].summary().value(0).tag(), "train/loss");
  EXPECT_EQ((*events)[2].summary().value(0).simple_value(), 0.75f);
  EXPECT_EQ((*events)[2].summary().value(1).simple_value(), 0.04f);
  EXPECT_TRUE(std::isnan((*events)[3].summary().value(0).simple_value()));
  for (const Event& event : *events) {
    EXPECT_GE(event.wall_time(), before);
    EXPECT_LT(event.wall_time(), before + 600);
  }
}

// Numbers of fields decide whether TensorBoard understands a file. These are the bytes of
// Event{step: 3, summary: {value: {tag: "a", simple_value: 1}}} by TensorBoard's numbers: field 2 as a varint
// (tag byte 2 << 3 = 0x10), field 5 with a length (5 << 3 | 2 = 0x2a), in it field 1 (0x0a), in that field 1
// (0x0a) and the 4 bytes of field 2 (2 << 3 | 5 = 0x15).
TEST(EventFileTest, TheBytesOfAnEvent) {
  Event event;
  event.set_step(3);
  Scalar& scalar = *event.mutable_summary()->add_value();
  scalar.set_tag("a");
  scalar.set_simple_value(1);
  EXPECT_EQ(event.SerializeAsString(), std::string("\x10\x03\x2a\x0a\x0a\x08\x0a\x01"
                                                   "a\x15\x00\x00\x80\x3f",
                                                   14));
  scalar.set_simple_value(0);
  EXPECT_EQ(scalar.SerializeAsString(), std::string("\x0a\x01"
                                                    "a\x15\x00\x00\x00\x00",
                                                    8))
      << "TensorBoard needs the field, 0 or not";
  Event start;
  start.mutable_session_log()->set_status(Session::START);
  EXPECT_EQ(start.SerializeAsString(), "\x3a\x02\x08\x01");  // field 7, in it field 1
  Event version;
  version.set_wall_time(1);
  version.set_file_version("v");
  EXPECT_EQ(version.SerializeAsString(), std::string("\x09\0\0\0\0\0\0\xf0\x3f\x1a\x01v", 12));
}

TEST(EventFileTest, EverySittingWritesAFileBehindTheOthers) {
  std::filesystem::create_directories(Folder());
  ASSERT_TRUE(WriteFileAtomically(Folder() + "/notes.txt", "").ok());
  std::vector<std::string> paths;
  for (int sitting = 0; sitting < 3; ++sitting) {
    auto file = EventFile::Create(Folder(), 10 * sitting);
    ASSERT_TRUE(file.ok()) << file.status();
    paths.push_back((*file)->path());
  }
  EXPECT_EQ(EventFilesIn(Folder()), paths);
  EXPECT_EQ((*ReadEvents(paths[2]))[1].step(), 20);
}

TEST(EventFileTest, AFullDiskLeavesWholeEvents) {
  auto file = EventFile::Create(Folder(), 1);
  ASSERT_TRUE(file.ok()) << file.status();
  ASSERT_TRUE((*file)->Append(1, {{"train/loss", 1}}).ok());
  const std::string before = *ReadFile((*file)->path());
  absl::Status full;
  {
    const testing::FullDisk disk(before.size() + 20);
    full = (*file)->Append(2, {{"train/loss", 1}});
  }
  EXPECT_THAT(std::string(full.message()), HasSubstr((*file)->path() + ": cannot append "));
  EXPECT_EQ(*ReadFile((*file)->path()), before);
}

TEST(EventFileTest, ARecordWithoutAnEventIsNamed) {
  const std::string path = Folder() + "/events.out.tfevents.1";
  ASSERT_TRUE(WriteFileAtomically(path, RecordOf("") + RecordOf("\xff\xff")).ok());
  EXPECT_EQ(ReadEvents(path).status().message(), path + ": record 2 holds no event");
}

}  // namespace
}  // namespace mrsn::tensorboard
