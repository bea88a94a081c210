// bazel run //datasets:prepare -- --input=ava_val_proposals.pkl --output=annotations/val_boxes.csv
#include <cstdio>
#include <string>

#include "absl/flags/flag.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "datasets/prepare/convert.h"
#include "ops/base/file.h"
#include "ops/base/program.h"
#include "ops/base/status_macros.h"

ABSL_FLAG(std::string, input, "", "The file or folder to read; its layout is recognised by its content.");
ABSL_FLAG(std::string, output, "", "The file to write.");
ABSL_FLAG(std::string, kind, "auto",
          "What to write: auto, boxes, ava_annotations, ucf24_annotations or split.");
ABSL_FLAG(
    std::string, images, "",
    "For detections of AlphAction and HIT: the JSON file with their \"images\" (ava_val_v2.2_min.json).");
ABSL_FLAG(std::string, frame_size, "",
          "For boxes in pixels of a file that does not say it: the size of its frames, 320x240 for UCF101.");
ABSL_FLAG(bool, all_classes, false, "For split lists: keep videos of all classes, not only UCF101-24's.");

namespace mrsn::datasets {
namespace {

constexpr char kUsage[] =
    "Writes the CSV files that the data sets read from the formats in which others publish them.\n\n"
    "  bazel run //datasets:prepare -- --input=ava_val_proposals.pkl --output=annotations/val_boxes.csv\n"
    "  bazel run //datasets:prepare -- --input=ava_val_det_person_bbox.json --images=ava_val_v2.2_min.json "
    "\\\n"
    "      --output=annotations/val_boxes.csv\n"
    "  bazel run //datasets:prepare -- --input=UCF101v2-GT.pkl --output=annotations.csv\n"
    "  bazel run //datasets:prepare -- --input=ucfTrainTestlist/trainlist01.txt --output=trainlist01.txt\n\n"
    "reads                                                        and writes\n"
    "box lists: CSV of PySlowFast, LFB, HIT; pickles of mmaction2  --kind=boxes\n"
    "  and ACAR-Net; JSON of AlphAction and HIT; YOWO's folder       video,second,x1,y1,x2,y2,,score\n"
    "annotations: AVA's CSV, AlphAction's JSON, ACAR-Net's pickle  --kind=ava_annotations\n"
    "                                                                "
    "video,second,x1,y1,x2,y2,action_id,person_id\n"
    "annotations: finalAnnots.mat, pyannot.pkl, UCF101v2-GT.pkl,   --kind=ucf24_annotations\n"
    "  YOWO's folder, CSV                                            video,frame,class,x1,y1,x2,y2,tube\n"
    "split lists of UCF101 and YOWO                                --kind=split\n"
    "                                                                video\n\n"
    "Pickles are read as data; nothing in them is executed. Prints what the input is, what was written and "
    "what\n"
    "was left out, with counts. A file of another kind ends with exit code 1 and a line that says what it "
    "is.\n";

absl::StatusOr<std::string> KindFromFlag() {
  const std::string kind = absl::GetFlag(FLAGS_kind);
  bool known = kind == "auto";
  for (const std::string& name : PreparedKindNames()) known |= kind == name;
  if (known) return kind;
  return WrongUsage(
      absl::StrCat("--kind is ", kind, "; allowed: auto, ", absl::StrJoin(PreparedKindNames(), ", ")));
}

absl::Status ReadFrameSize(ConvertOptions* options) {
  const std::string size = absl::GetFlag(FLAGS_frame_size);
  if (size.empty()) return absl::OkStatus();
  const std::vector<std::string> sides = absl::StrSplit(size, 'x');
  if (sides.size() != 2 || !absl::SimpleAtod(sides[0], &options->frame_width) ||
      !absl::SimpleAtod(sides[1], &options->frame_height) ||
      !(options->frame_width >= 1 && options->frame_width <= 1e5) ||
      !(options->frame_height >= 1 && options->frame_height <= 1e5)) {
    return WrongUsage(absl::StrCat("--frame_size is ", size, ", expected width x height in pixels, 320x240"));
  }
  return absl::OkStatus();
}

absl::StatusOr<ConvertOptions> OptionsFromFlags() {
  ConvertOptions options;
  options.input = absl::GetFlag(FLAGS_input);
  options.output = absl::GetFlag(FLAGS_output);
  if (options.input.empty() || options.output.empty()) return WrongUsage("set --input and --output");
  options.input = UserPath(options.input);
  options.output = UserPath(options.output);
  options.all_classes = absl::GetFlag(FLAGS_all_classes);
  if (!absl::GetFlag(FLAGS_images).empty()) options.images = UserPath(absl::GetFlag(FLAGS_images));
  MRSN_ASSIGN_OR_RETURN(options.kind, KindFromFlag());
  MRSN_RETURN_IF_ERROR(ReadFrameSize(&options));
  return options;
}

absl::Status Main() {
  MRSN_ASSIGN_OR_RETURN(const ConvertOptions options, OptionsFromFlags());
  MRSN_ASSIGN_OR_RETURN(const ConvertReport report, Convert(options));
  std::printf("input:   %s: %s\n", options.input.c_str(), report.recognised.c_str());
  const auto count = [](std::string* text, const auto& written) {
    absl::StrAppend(text, written.second, " ", written.first);
  };
  std::printf("output:  %s: %s: %s\n", options.output.c_str(), PreparedKindName(report.kind).c_str(),
              absl::StrJoin(report.written, ", ", count).c_str());
  for (const std::string& note : report.notes) std::printf("note:    %s\n", note.c_str());
  return absl::OkStatus();
}

}  // namespace
}  // namespace mrsn::datasets

int main(int argc, char** argv) {
  return mrsn::RunProgram(argc, argv, mrsn::datasets::kUsage, mrsn::datasets::Main);
}
