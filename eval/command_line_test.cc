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
using ::testing::Not;

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

// Somebody else's annotations given as detections: every box is found, and the output says why.
TEST(FrameMapCommandTest, AnnotationsGivenAsDetections) {
  ASSERT_TRUE(WriteFileAtomically(Temp("gt.csv"),
                                  "vidA,0902,0.100,0.200,0.500,0.900,12,0\n"
                                  "vidA,0902,0.700,0.700,0.900,0.950,12,1\n"
                                  "vidA,0902,0.700,0.700,0.900,0.950,80,1\n"
                                  "vidB,0903,0.100,0.200,0.500,0.900,12,7\n")
                  .ok());
  ASSERT_TRUE(WriteFileAtomically(Temp("ids.csv"),
                                  "vidA,0902,0.100,0.200,0.500,0.900,12,0\n"
                                  "vidA,0902,0.700,0.700,0.900,0.950,12,3\n"
                                  "vidA,0902,0.700,0.700,0.900,0.950,80,3\n"
                                  "vidB,0903,0.100,0.200,0.500,0.900,12,21\n")
                  .ok());
  ASSERT_TRUE(WriteFileAtomically(Temp("right.csv"),
                                  "vidA,0902,0.100,0.200,0.500,0.900,12,0.9\n"
                                  "vidB,0903,0.100,0.200,0.500,0.900,12,0.2\n")
                  .ok());
  const std::string command =
      absl::StrCat("eval/frame_map --details=false --groundtruth=", Temp("gt.csv"), " --detections=");
  const Outcome outcome = Execute(absl::StrCat(command, Temp("ids.csv"), " --json=", Temp("ids.json")));
  EXPECT_EQ(outcome.code, 0);
  const std::string scores = absl::StrCat(
      Temp("ids.csv"),
      ": all 4 scores are whole numbers from 0 to 21, as person ids are: is this a file of annotations?; "
      "first: vidA,902,12: score 3\n");
  EXPECT_THAT(outcome.output, HasSubstr("warning: " + scores));
  EXPECT_THAT(outcome.output, HasSubstr("4 of 4 rows have the key frame, class and box of a row of "));
  EXPECT_THAT(outcome.output, HasSubstr("4 of 4 boxes are found by 4 scored detections on 2 keyframes\n"));
  EXPECT_THAT(outcome.output, HasSubstr("detections on 2 of 2 annotated videos"));
  EXPECT_EQ(nlohmann::json::parse(*ReadFile(Temp("ids.json")))["findings"].size(), 2);

  const Outcome strict = Execute(absl::StrCat(command, Temp("ids.csv"), " --strict"));
  EXPECT_EQ(strict.code, 1);
  EXPECT_EQ(strict.output.find("error: " + scores), 0);
  EXPECT_THAT(strict.output, Not(HasSubstr("frame-mAP")));
  const Outcome right = Execute(absl::StrCat(command, Temp("right.csv"), " --strict"));
  EXPECT_EQ(right.code, 0) << right.output;
  EXPECT_THAT(right.output, Not(HasSubstr("warning")));
  EXPECT_THAT(right.output, HasSubstr("2 of 4 boxes are found"));
  // Without --strict the comparison goes on.
  const std::string compare = absl::StrCat("eval/compare --bootstrap=5 --groundtruth=", Temp("gt.csv"),
                                           " --a=", Temp("ids.csv"), " --b=", Temp("right.csv"));
  EXPECT_THAT(Execute(compare).output, HasSubstr("warning: " + scores));
  EXPECT_EQ(Execute(compare + " --strict").code, 1);
}

TEST(FrameMapCommandTest, PrintsWhatTheCapLeftOut) {
  std::string text;
  for (int i = 0; i < 55; ++i) absl::StrAppend(&text, "v,0902,0.1,0.1,0.2,0.3,12,0.", 100 + i, "\n");
  ASSERT_TRUE(WriteFileAtomically(Temp("many.csv"), text).ok());
  ASSERT_TRUE(WriteFileAtomically(Temp("one.csv"), "v,0902,0.1,0.1,0.2,0.3,12,1\n").ok());
  EXPECT_THAT(Execute(absl::StrCat("eval/frame_map --groundtruth=", Temp("one.csv"),
                                   " --detections=", Temp("many.csv")))
                  .output,
              HasSubstr("5 detections left out by the cap of 50 rows a keyframe\n"));
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

TEST(FrameMapCommandTest, VideoMap) {
  std::string gt, det;
  for (int frame = 1; frame <= 30; ++frame) {
    absl::StrAppend(&gt, "A/v_A_g01_c01,", frame, ",3,10,10,59,109,0\n");
    absl::StrAppend(&gt, "A/v_A_g01_c01,", frame, ",3,200,10,249,109,1\n");
    absl::StrAppend(&det, "A/v_A_g01_c01,", frame, ",3,0.", 500 + frame, ",10,10,59,", 100 + frame, "\n");
  }
  ASSERT_TRUE(WriteFileAtomically(Temp("tubes.csv"), gt).ok());
  ASSERT_TRUE(WriteFileAtomically(Temp("boxes.csv"), det).ok());
  const std::string command = absl::StrCat(
      "eval/frame_map --dataset=ucf24 --metric=video_map --details=false --groundtruth=", Temp("tubes.csv"),
      " --detections=", Temp("boxes.csv"));
  const Outcome outcome = Execute(absl::StrCat(command, " --strict --json=", Temp("v.json")));
  EXPECT_EQ(outcome.code, 0) << outcome.output;
  EXPECT_THAT(outcome.output, HasSubstr("frame-mAP@0.5 (yowo)"));
  EXPECT_THAT(outcome.output, HasSubstr("2 annotated and 1 linked tubes in 1 videos\n"));
  // One of two tubes: half of the class's area, of 24 classes.
  EXPECT_THAT(outcome.output, HasSubstr("video-mAP@0.75 2.0833 %, 1 of 2 tubes are found\n"));
  const auto json = nlohmann::json::parse(*ReadFile(Temp("v.json")));
  EXPECT_NEAR(json["tubes"]["video_map"]["0.5"].get<double>(), 0.5 / 24, 1e-7);
  EXPECT_EQ(json["linking"], "act");
  EXPECT_EQ(json["protocol"], "yowo");
  EXPECT_THAT(Execute(command + " --min_tube_length=31").output, HasSubstr("0 linked tubes"));
  EXPECT_EQ(Execute(command + " --linking=viterbi").code, 2);
  EXPECT_EQ(Execute(command + " --link_iou=2").code, 2);
  EXPECT_EQ(Execute(absl::StrCat("eval/frame_map --metric=video_map ", kCase, kDetections)).code, 2);
  ASSERT_TRUE(WriteFileAtomically(Temp("flat.csv"), "A/v_A_g01_c01,1,3,10,10,59,109\n").ok());
  const Outcome flat = Execute(
      absl::StrCat("eval/frame_map --dataset=ucf24 --metric=video_map --groundtruth=", Temp("flat.csv"),
                   " --detections=", Temp("boxes.csv")));
  EXPECT_EQ(flat.code, 1);
  EXPECT_THAT(flat.output, HasSubstr("flat.csv: has no tubes"));
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
