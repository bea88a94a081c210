// Writes the largest evaluation cases as files, to time the command line on them:
//   bazel run //eval:synthetic -- --out=biggest [--rows=1600000]
#include <cstdio>

#include "absl/flags/flag.h"
#include "eval/synthetic.h"
#include "ops/base/file.h"
#include "ops/base/program.h"
#include "ops/base/status_macros.h"

ABSL_FLAG(std::string, out, "", "folder to write ava_gt.csv, ava_det.csv, ucf_gt.csv and ucf_det.csv to");
ABSL_FLAG(int64_t, rows, 1600928, "rows of ava_det.csv");

namespace mrsn::eval {
namespace {

constexpr char kUsage[] =
    "Writes simulated detections as large as the real evaluations' to files, to time the evaluator on "
    "them.\n\n"
    "  bazel run //eval:synthetic -- --out=biggest --rows=1600000\n";

absl::Status Write(const SyntheticFiles& files, const std::string& name, const std::string& prefix) {
  MRSN_RETURN_IF_ERROR(WriteFileAtomically(prefix + "_gt.csv", files.ground_truth));
  MRSN_RETURN_IF_ERROR(WriteFileAtomically(prefix + "_det.csv", files.detections));
  std::printf("%s: %ld keyframes, %ld boxes, %ld detections\n", name.c_str(),
              static_cast<long>(files.num_keyframes), static_cast<long>(files.num_gt),
              static_cast<long>(files.num_detections));
  return absl::OkStatus();
}

absl::Status Main() {
  if (absl::GetFlag(FLAGS_out).empty()) return WrongUsage("--out is missing");
  const std::string out = UserPath(absl::GetFlag(FLAGS_out));
  MRSN_RETURN_IF_ERROR(Write(SyntheticAva(absl::GetFlag(FLAGS_rows)), "AVA", out + "/ava"));
  return Write(SyntheticUcf24(), "UCF101-24", out + "/ucf");
}

}  // namespace
}  // namespace mrsn::eval

int main(int argc, char** argv) { return mrsn::RunProgram(argc, argv, mrsn::eval::kUsage, mrsn::eval::Main); }
