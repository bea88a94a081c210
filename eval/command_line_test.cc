// The programs as users run them.
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "ops/base/file.h"

namespace mrsn::eval {
namespace {

using ::testing::HasSubstr;

struct Outcome {
  int code;
  std::string output;  // both streams
};

Outcome Execute(const std::string& command) {
  Outcome outcome;
  FILE* pipe = ::popen(absl::StrCat(command, " 2>&1").c_str(), "r");
  char buffer[4096];
  while (std::fgets(buffer, sizeof buffer, pipe) != nullptr) outcome.output += buffer;
  const int status = ::pclose(pipe);
  outcome.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return outcome;
}

std::string Temp(const std::string& name) {
  return testing::TempDir() + "command_line_test." + std::to_string(::getpid()) + "." + name;
}

const char kCase[] =
    "--groundtruth=eval/testdata/ava/one_video/gt.csv.gz "
    "--labelmap=eval/testdata/ava/one_video/labelmap.pbtxt "
    "--excluded=eval/testdata/ava/one_video/excluded.csv ";
const char kDetections[] = "--detections=eval/testdata/ava/one_video/det.csv.gz ";

TEST(FrameMapCommandTest, PrintsTheProtocolAndWritesJson) {
  const Outcome outcome =
      Execute(absl::StrCat("eval/frame_map ", kCase, kDetections, "--bootstrap=20 --json=", Temp("a.json")));
  EXPECT_EQ(outcome.code, 0) << outcome.output;
  EXPECT_THAT(outcome.output, HasSubstr("frame-mAP@0.5 (official_2019) 58.3716 %"));
  const auto json = nlohmann::json::parse(*ReadFile(Temp("a.json")));
  EXPECT_EQ(json["protocol"], "official_2019");
  EXPECT_NEAR(json["frame_map"].get<double>(), 0.5837155915171802, 1e-12);
  EXPECT_EQ(json["confidence_interval_95"].size(), 2);
  EXPECT_NEAR(json["errors"]["missed"].get<double>() + json["errors"]["badly_placed"].get<double>() +
                  json["errors"]["wrong_class"].get<double>() + json["errors"]["duplicate"].get<double>() +
                  json["errors"]["false_person"].get<double>(),
              1 - 0.5837155915171802, 1e-12);
}

TEST(FrameMapCommandTest, ErrorsAreOneLineAndCodeOne) {
  ASSERT_TRUE(WriteFileAtomically(Temp("bad.csv"), "v,0902,0,0,1,1,12,0.5\nv,0902,0,0,1,one,12,0.5\n").ok());
  const Outcome outcome = Execute(absl::StrCat("eval/frame_map ", kCase, "--detections=", Temp("bad.csv")));
  EXPECT_EQ(outcome.code, 1);
  EXPECT_EQ(outcome.output, absl::StrCat("error: ", Temp("bad.csv"),
                                         ":2: column 6 (y2) is 'one', expected a finite number\n"));
  EXPECT_EQ(Execute(absl::StrCat("eval/frame_map ", kCase, "--detections=absent.csv")).code, 1);
}

TEST(FrameMapCommandTest, WarningsGoOn) {
  ASSERT_TRUE(
      WriteFileAtomically(Temp("odd.csv"), "v,0902,0.5,0,0.5,1,12,0.5\nv,0001,0,0,1,1,99,0.5\n").ok());
  const Outcome outcome = Execute(absl::StrCat("eval/frame_map ", kCase, "--detections=", Temp("odd.csv")));
  EXPECT_EQ(outcome.code, 0);
  EXPECT_THAT(outcome.output, HasSubstr("odd.csv:1: '0.5,0,0.5,1': detection box with x1 >= x2 or y1 >= y2"));
  EXPECT_THAT(outcome.output, HasSubstr("odd.csv:2: '0001': keyframe outside 902..1798"));
  EXPECT_THAT(outcome.output, HasSubstr("odd.csv:2: '99': class not in the list of classes"));
}

TEST(FrameMapCommandTest, MistakesInFlagsAreCodeTwo) {
  for (const std::string& flags :
       {std::string(""), std::string(kCase), absl::StrCat(kCase, kDetections, "--protocol=voc"),
        absl::StrCat(kCase, kDetections, "--protocol=coco"), absl::StrCat(kCase, kDetections, "--iou=0"),
        absl::StrCat(kCase, kDetections, "--dataset=kinetics"), absl::StrCat(kCase, kDetections, "extra")}) {
    const Outcome outcome = Execute("eval/frame_map " + flags);
    EXPECT_EQ(outcome.code, 2) << flags << outcome.output;
  }
  EXPECT_THAT(Execute(absl::StrCat("eval/frame_map ", kCase, kDetections, "--protocol=coco")).output,
              HasSubstr("there are official_2019, official_2018"));
}

TEST(CompareCommandTest, OneFileAgainstAnother) {
  // B: the same detections without their last third.
  std::string fewer;
  const Outcome text = Execute("gzip -dc eval/testdata/ava/one_video/det.csv.gz");
  ASSERT_EQ(text.code, 0);
  fewer = text.output.substr(0, text.output.size() / 3 * 2);
  fewer = fewer.substr(0, fewer.rfind('\n') + 1);
  ASSERT_TRUE(WriteFileAtomically(Temp("fewer.csv"), fewer).ok());
  const Outcome outcome = Execute(absl::StrCat(
      "eval/compare ", kCase, "--a=eval/testdata/ava/one_video/det.csv.gz --b=", Temp("fewer.csv"),
      " --bootstrap=50 --json=", Temp("c.json")));
  EXPECT_EQ(outcome.code, 0) << outcome.output;
  EXPECT_THAT(outcome.output, HasSubstr("A is better by"));
  const auto json = nlohmann::json::parse(*ReadFile(Temp("c.json")));
  EXPECT_EQ(json["protocol"], "official_2019");
  EXPECT_EQ(json["bootstrap_samples"], 50);
  EXPECT_NEAR(json["frame_map"]["a"].get<double>(), 0.5837155915171802, 1e-12);
  EXPECT_LT(json["frame_map"]["difference"].get<double>(), 0);
  EXPECT_EQ(Execute(absl::StrCat("eval/compare ", kCase, "--a=x.csv")).code, 2);
}

}  // namespace
}  // namespace mrsn::eval
