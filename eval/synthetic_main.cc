// Writes the largest evaluation cases as files, to time the command line on them:
//   bazel run //eval:synthetic -- --out=biggest [--rows=1600000]
#include <cstdio>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "eval/synthetic.h"
#include "ops/base/file.h"

ABSL_FLAG(std::string, out, "", "folder to write ava_gt.csv, ava_det.csv, ucf_gt.csv and ucf_det.csv to");
ABSL_FLAG(int64_t, rows, 1600928, "rows of ava_det.csv");

int main(int argc, char** argv) {
  absl::SetProgramUsageMessage("Simulated detections as large as the real evaluation.");
  absl::ParseCommandLine(argc, argv);
  if (absl::GetFlag(FLAGS_out).empty()) {
    std::fprintf(stderr, "synthetic: --out is missing\n");
    return 2;
  }
  const std::string out = mrsn::UserPath(absl::GetFlag(FLAGS_out));
  const std::string data = "eval/testdata/";
  const auto ava =
      mrsn::eval::SyntheticAva(data + "ava/ava_val_v2.1_pose_rows.csv.gz", absl::GetFlag(FLAGS_rows));
  const auto ucf = mrsn::eval::SyntheticUcf24(data + "ucf24/finalAnnots.mat", data + "ucf24/testlist01.txt");
  for (const auto* files : {&ava, &ucf}) {
    const bool is_ava = files == &ava;
    absl::Status status = files->status();
    const std::string prefix = out + (is_ava ? "/ava" : "/ucf");
    if (status.ok()) status = mrsn::WriteFileAtomically(prefix + "_gt.csv", (*files)->ground_truth);
    if (status.ok()) status = mrsn::WriteFileAtomically(prefix + "_det.csv", (*files)->detections);
    if (!status.ok()) {
      std::fprintf(stderr, "synthetic: %s\n", std::string(status.message()).c_str());
      return 1;
    }
    std::printf("%s: %ld keyframes, %ld boxes, %ld detections\n", is_ava ? "AVA" : "UCF101-24",
                static_cast<long>((*files)->num_keyframes), static_cast<long>((*files)->num_gt),
                static_cast<long>((*files)->num_detections));
  }
  return 0;
}
