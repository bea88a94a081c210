#include "experiments/run/child_message.h"

#include <gmock/gmock.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "experiments/config/text_proto.h"
#include "experiments/run/child_run.pb.h"
#include "ops/base/file.h"

namespace mrsn::experiments {
namespace {

std::string Path() {
  return absl::StrCat(::testing::TempDir(), "/",
                      ::testing::UnitTest::GetInstance()->current_test_info()->name(), ".textproto");
}

std::string ErrorOf(const std::string& text) {
  EXPECT_TRUE(WriteFileAtomically(Path(), text).ok());
  const auto message = ReadChildMessage(Path());
  return message.ok() ? "no error" : absl::StrReplaceAll(message.status().message(), {{Path(), "F"}});
}

TEST(ChildMessageTest, EveryWordArrives) {
  ChildMessage sent;
  sent.request = {"micro/acre", "train { epochs: 1 }\nclear: \"eval\"", "micro/acre@one \"epoch\"",
                  ~uint64_t{0}};
  sent.settings.configs_root = "/configs with blanks";
  sent.settings.output_root = "/out";
  sent.settings.cache_root = "/cache";
  sent.settings.threads = 3;
  sent.settings.workers = 5;
  sent.settings.device = "cuda:1";
  sent.settings.processes = 4;
  sent.settings.wait = false;
  ASSERT_TRUE(WriteChildMessage(Path(), sent).ok());
  const auto read = ReadChildMessage(Path());
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->request.experiment, sent.request.experiment);
  EXPECT_EQ(read->request.override_text, sent.request.override_text);
  EXPECT_EQ(read->request.label, sent.request.label);
  EXPECT_EQ(read->request.seed, sent.request.seed);
  EXPECT_EQ(read->settings.configs_root, sent.settings.configs_root);
  EXPECT_EQ(read->settings.checkpoints_root, "");
  EXPECT_EQ(read->settings.output_root, sent.settings.output_root);
  EXPECT_EQ(read->settings.data_root, "");
  EXPECT_EQ(read->settings.cache_root, "/cache");
  EXPECT_EQ(read->settings.threads, 3);
  EXPECT_EQ(read->settings.workers, 5);
  EXPECT_EQ(read->settings.device, "cuda:1");
  EXPECT_EQ(read->settings.processes, 4);
  EXPECT_FALSE(read->settings.wait);
}

// A field that only one of reading and writing knows would be lost here.
TEST(ChildMessageTest, NoFieldOfTheProtoIsForgotten) {
  ChildRun all;
  const google::protobuf::Reflection& reflection = *all.GetReflection();
  for (int i = 0; i < all.GetDescriptor()->field_count(); ++i) {
    const google::protobuf::FieldDescriptor* field = all.GetDescriptor()->field(i);
    switch (field->cpp_type()) {
      case google::protobuf::FieldDescriptor::CPPTYPE_STRING:
        reflection.SetString(&all, field, absl::StrCat("value ", i));
        break;
      case google::protobuf::FieldDescriptor::CPPTYPE_UINT64:
        reflection.SetUInt64(&all, field, i + 1);
        break;
      case google::protobuf::FieldDescriptor::CPPTYPE_INT32:
        reflection.SetInt32(&all, field, i + 1);
        break;
      case google::protobuf::FieldDescriptor::CPPTYPE_BOOL:
        reflection.SetBool(&all, field, false);  // all of them are true unless they are set
        break;
      default:
        FAIL() << "a new type of field: " << field->name();
    }
  }
  ASSERT_TRUE(WriteFileAtomically(Path(), PrintTextProto(all)).ok());
  const auto read = ReadChildMessage(Path());
  ASSERT_TRUE(read.ok()) << read.status();
  ASSERT_TRUE(WriteChildMessage(Path(), *read).ok());
  ChildRun again;
  ASSERT_TRUE(ReadTextProto(Path(), &again).ok());
  EXPECT_EQ(PrintTextProto(again), PrintTextProto(all));
}

TEST(ChildMessageTest, ErrorsNameThePlace) {
  EXPECT_EQ(ErrorOf("seed: 1\n"), "F: experiment is not set");
  EXPECT_EQ(ErrorOf("experiment: \"a\"\nsede: 1\n"),
            "F:2:5: Message type \"mrsn.ChildRun\" has no field named \"sede\"; did you mean seed?");
  EXPECT_THAT(std::string(ReadChildMessage(Path() + ".none").status().message()),
              ::testing::HasSubstr(".none"));
}

}  // namespace
}  // namespace mrsn::experiments
