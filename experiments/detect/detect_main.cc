// bazel run //experiments:detect -- --video=in.mp4 --experiment=micro/none --checkpoint=w.safetensors
// --output=out
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/strings/str_cat.h"
#include "datasets/media/frame_stream.h"
#include "datasets/persons/person_detector.h"
#include "datasets/stream/stream_config.h"
#include "experiments/config/config.h"
#include "experiments/config/experiment_graph.h"
#include "experiments/detect/clip_scorer.h"
#include "experiments/detect/detect_videos.h"
#include "experiments/detect/input_videos.h"
#include "experiments/detect/persons.h"
#include "experiments/programs/checkpoint_flag.h"
#include "experiments/programs/device_flag.h"
#include "experiments/programs/experiment_flag.h"
#include "experiments/provenance.h"
#include "ops/base/file.h"
#include "ops/base/program.h"
#include "ops/base/runfiles.h"
#include "ops/base/size_flag.h"
#include "ops/base/status_macros.h"

ABSL_FLAG(
    std::string, video, "",
    "A video file, a folder of videos at any depth, or a pattern in quotes, such as 'films/*.mp4'; or a "
    "stream: an address such as rtsp://door/1, or a camera's number.");
ABSL_FLAG(std::string, experiment, "",
          "Whose model and clips: a file under experiments/configs without .textproto.");
ABSL_FLAG(std::string, config, "", "Instead of --experiment: a file of your own, e.g. my.textproto.");
ABSL_FLAG(
    std::string, checkpoint, "",
    "The model's weights: .safetensors, or a .pth or .pyth of PySlowFast, PyTorchVideo or mmaction2; or "
    "random:<seed> for untrained ones, to try things out.");
ABSL_FLAG(std::string, bank_checkpoint, "",
          "For a model that reads a relation bank: the weights of the experiment that writes it, "
          "inputs.relation_bank_from. The video's bank is made first.");
ABSL_FLAG(std::string, class_list, "",
          "The names of the model's classes, one a line, or a label map; default: those of the experiment's "
          "data set as published.");
ABSL_FLAG(std::string, output, "", "The folder to write to.");
ABSL_FLAG(std::string, boxes, "",
          "The persons: a list of boxes of any layout that //datasets:prepare reads, for example that of "
          "//datasets:detect_persons.");
ABSL_FLAG(std::string, boxes_keyframes, "seconds",
          "The second column of --boxes: seconds, or frames, numbered from 1.");
ABSL_FLAG(std::string, boxes_frame, "",
          "WIDTHxHEIGHT of the frames that --boxes in pixels belong to; UCF101-24's: 320x240.");
ABSL_FLAG(std::string, person_model, "",
          "Instead of --boxes: a network that detects persons, an ONNX file of YOLOX, YOLOv5 or YOLOv8. "
          "Without either, OpenCV's HOG detector is used.");
ABSL_FLAG(std::string, person_input, "",
          "WIDTHxHEIGHT of the input of --person_model, if its file leaves the size open.");
ABSL_FLAG(double, person_score, -1,
          "Persons whose score is above this are scored, 0 to 1. -1: with --boxes the experiment's "
          "proposals.inference_score, with --person_model 0.4, with HOG 0.6.");
ABSL_FLAG(bool, draw, true, "Also write the annotated video and the contact sheet.");
ABSL_FLAG(
    bool, show_relations, false,
    "Also write what the model looks at, to the JSON file and as a video of its own: ACRE's attention of one "
    "person as a heat map, AARE's weights as arrows between persons, and the seconds of the bank. Needs a "
    "model with the paper's head.");
ABSL_FLAG(int, actions, 3, "The most probable actions of a person that are drawn, at most.");
ABSL_FLAG(double, action_score, 0.3, "The score that an action must reach to be drawn, 0 to 1.");
ABSL_FLAG(double, every, 1, "Seconds from one key frame to the next.");
ABSL_FLAG(double, first_second, 0,
          "The second that the video's first frame is, in --boxes and in the output; 900 for AVA's clips.");
ABSL_FLAG(std::string, device, "cpu", "Where the model runs: cpu, cuda or cuda:<number>.");
ABSL_FLAG(int, threads, 2, "Threads of one LibTorch operation.");

namespace mrsn::experiments {
namespace {

constexpr char kUsage[] =
    "Finds the persons of a video and scores their actions.\n\n"
    "  bazel run //experiments:detect -- --video=in.mp4 --experiment=ava22/mrsn_s_r50 \\\n"
    "      --checkpoint=weights.safetensors --person_model=yolox_s.onnx --output=out\n"
    "  bazel run //experiments:detect -- --video=in.mp4 --experiment=micro/none --checkpoint=random:0 \\\n"
    "      --output=out\n\n"
    "Written to the folder --output, for in.mp4: in.csv, rows of AVA's layout\n"
    "video,second,x1,y1,x2,y2,class,score for each person of a key frame and each class, and in.json, the\n"
    "same with the number of each person's track, boxes in pixels and the names of the classes, the most\n"
    "probable first. in.mp4 shows the persons with their tracks and most probable actions, and in.png is a\n"
    "contact sheet of key frames. Several videos are worked on in turn; one that fails does not stop the\n"
    "others, and the exit code is 1 in the end.\n"
    "Of a stream, each person's most probable action is printed half a clip after the key frame; Ctrl-C "
    "ends\n"
    "it, and the CSV and JSON files are written then. It is not drawn.\n"
    "Clips are cut and scaled as the experiment's evaluation data are, so that the scores are those of\n"
    "//experiments:evaluate. A video of another rate than the data set's is brought to that rate by the\n"
    "times of its frames. Memory does not grow with the video's length.\n"
    "A model with long-term relations (--experiment=ava22/mrsn_l_r50) needs --bank_checkpoint, too: the "
    "video\n"
    "is read once more before, and the features of every second's persons are stored.\n";

constexpr float kNetworkScore = 0.4f, kHogScore = 0.6f;

absl::Status CheckRange(const std::string& flag, double value, double low, double high) {
  if (value >= low && value <= high) return absl::OkStatus();
  return WrongUsage(absl::StrCat("--", flag, "=", value, "; allowed: ", low, " to ", high));
}

absl::Status CheckFlags() {
  for (const auto& [name, value] : {std::pair("video", absl::GetFlag(FLAGS_video)),
                                    std::pair("checkpoint", absl::GetFlag(FLAGS_checkpoint)),
                                    std::pair("output", absl::GetFlag(FLAGS_output))}) {
    if (value.empty()) return WrongUsage(absl::StrCat("--", name, " is not set"));
  }
  if (!absl::GetFlag(FLAGS_boxes).empty() && !absl::GetFlag(FLAGS_person_model).empty()) {
    return WrongUsage("--boxes and --person_model are both set; one of them gives the persons");
  }
  MRSN_RETURN_IF_ERROR(CheckRange("every", absl::GetFlag(FLAGS_every), 0.001, 1e6));
  MRSN_RETURN_IF_ERROR(CheckRange("first_second", absl::GetFlag(FLAGS_first_second), 0, 1e6));
  MRSN_RETURN_IF_ERROR(CheckRange("actions", absl::GetFlag(FLAGS_actions), 0, 100));
  MRSN_RETURN_IF_ERROR(CheckRange("action_score", absl::GetFlag(FLAGS_action_score), 0, 1));
  MRSN_RETURN_IF_ERROR(CheckRange("threads", absl::GetFlag(FLAGS_threads), 1, 1024));
  const double score = absl::GetFlag(FLAGS_person_score);
  return score == -1 ? absl::OkStatus() : CheckRange("person_score", score, 0, 1);
}

absl::StatusOr<Persons> OpenPersons(const std::string& boxes, float score_of_files) {
  const std::string onnx = UserPath(absl::GetFlag(FLAGS_person_model));
  Persons persons;
  persons.score = static_cast<float>(absl::GetFlag(FLAGS_person_score));
  if (persons.score < 0) {
    persons.score = !boxes.empty() ? score_of_files : onnx.empty() ? kHogScore : kNetworkScore;
  }
  if (!boxes.empty()) {
    PersonFileOptions options;
    const std::string keyframes = absl::GetFlag(FLAGS_boxes_keyframes);
    if (keyframes == "frames") {
      options.keyframes = formats::Timestamps::kFrames;
    } else if (keyframes != "seconds") {
      return WrongUsage(absl::StrCat("--boxes_keyframes=", keyframes, "; allowed: seconds, frames"));
    }
    if (const std::string frame = absl::GetFlag(FLAGS_boxes_frame); !frame.empty()) {
      MRSN_ASSIGN_OR_RETURN(const PictureSize size, SizeFlag("boxes_frame", frame));
      options.frame_width = size.width;
      options.frame_height = size.height;
    }
    options.min_score = persons.score;
    MRSN_ASSIGN_OR_RETURN(persons.file, PersonFile::Read(boxes, options));
    return persons;
  }
  datasets::PersonDetectorOptions options;
  options.min_score = persons.score;
  if (const std::string input = absl::GetFlag(FLAGS_person_input); !input.empty()) {
    MRSN_ASSIGN_OR_RETURN(const PictureSize size, SizeFlag("person_input", input));
    options.input = {size.width, size.height};
  }
  if (!onnx.empty()) {
    MRSN_ASSIGN_OR_RETURN(persons.detector, datasets::MakeOnnxPersonDetector(onnx, options));
    return persons;
  }
  std::fprintf(stderr,
               "note: neither --boxes nor --person_model is set, so OpenCV's HOG detector finds the persons; "
               "it misses most who do not stand upright\n");
  persons.detector = datasets::MakeHogPersonDetector(options);
  return persons;
}

// For a model that reads a bank: whatever writes it.
absl::Status OpenBankWriter(const std::string& experiment, ClipScorerOptions scoring, DetectJob* job) {
  const BankNeeds& reads = *job->scorer->needs().bank;
  job->bank.first_second = job->detection.first_second;
  job->bank.clips = job->detection.clips;
  job->bank.clips.every = 1;
  job->bank.identity = {job->scorer->WeightsHash(), "", job->detection.origin.config_fingerprint};
  if (reads.own_memory) return absl::OkStatus();
  ExperimentGraph graph(DataFilesRoot() + "/experiments/configs");
  MRSN_ASSIGN_OR_RETURN(const auto node, graph.Add({experiment, "", "", 0}));
  const std::string& name = node->resolved->name;
  if (node->bank_writer == nullptr) {
    return absl::InvalidArgumentError(
        absl::StrCat(name, ": its model reads a relation bank, and inputs.relation_bank_from is not set"));
  }
  const ResolvedExperiment& writer = *node->bank_writer->resolved;
  scoring.checkpoint = CheckpointFlag(absl::GetFlag(FLAGS_bank_checkpoint));
  if (scoring.checkpoint.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(name, ": its model reads the relation bank of ",
                                                   writer.name,
                                                   "; --bank_checkpoint names the weights of the latter"));
  }
  scoring.relations = false;
  const auto data =
      datasets::ReadStreamConfig(writer.experiment.eval_data(), UserPath(absl::GetFlag(FLAGS_class_list)));
  if (!data.ok()) return AtItsPlace(writer, data.status(), "dataset", "eval_data");
  MRSN_ASSIGN_OR_RETURN(job->bank_writer, ClipScorer::Make(writer, scoring));
  const ModelNeeds& writes = job->bank_writer->needs();
  if (writes.bank.has_value() || writes.relation_width != reads.width) {
    return absl::InvalidArgumentError(absl::StrCat(
        name, ": its model reads relation features of width ", reads.width, ", and that of ", writer.name,
        writes.bank.has_value() ? " reads a bank itself" : absl::StrCat(" gives ", writes.relation_width)));
  }
  job->bank.clips = {data->clip, data->transform, data->rate, 1};
  job->bank.identity = {job->bank_writer->WeightsHash(), "", writer.fingerprint};
  return absl::OkStatus();
}

absl::StatusOr<DetectJob> OpenJob() {
  MRSN_ASSIGN_OR_RETURN(const std::string experiment,
                        ExperimentFlag(absl::GetFlag(FLAGS_experiment), absl::GetFlag(FLAGS_config)));
  ClipScorerOptions scoring;
  MRSN_ASSIGN_OR_RETURN(scoring.device, DeviceFlag(absl::GetFlag(FLAGS_device)));
  scoring.threads = absl::GetFlag(FLAGS_threads);
  scoring.checkpoint = CheckpointFlag(absl::GetFlag(FLAGS_checkpoint));
  const bool random = IsRandom(scoring.checkpoint);
  MRSN_ASSIGN_OR_RETURN(const ResolvedExperiment resolved,
                        LoadExperiment(DataFilesRoot() + "/experiments/configs", experiment));
  const auto data =
      datasets::ReadStreamConfig(resolved.experiment.eval_data(), UserPath(absl::GetFlag(FLAGS_class_list)));
  if (!data.ok()) return AtItsPlace(resolved, data.status(), "dataset", "eval_data");
  const std::string boxes = UserPath(absl::GetFlag(FLAGS_boxes));
  DetectJob job;
  MRSN_ASSIGN_OR_RETURN(job.persons, OpenPersons(boxes, data->inference_score));
  scoring.classes = static_cast<int>(data->classes.size());
  scoring.relations = absl::GetFlag(FLAGS_show_relations);
  MRSN_ASSIGN_OR_RETURN(job.scorer, ClipScorer::Make(resolved, scoring));
  job.output = UserPath(absl::GetFlag(FLAGS_output));
  job.detection.clips = {data->clip, data->transform, data->rate, absl::GetFlag(FLAGS_every)};
  job.detection.first_second = absl::GetFlag(FLAGS_first_second);
  job.detection.classes = data->classes;
  job.detection.origin = {
      resolved.name, resolved.fingerprint,    scoring.checkpoint, job.scorer->WeightsHash(),
      !random,       job.persons.Name(boxes), SourceCommit()};
  if (job.scorer->needs().bank.has_value()) {
    MRSN_RETURN_IF_ERROR(OpenBankWriter(experiment, scoring, &job));
  }
  job.rendering.classes = data->classes;
  job.rendering.relations = scoring.relations;
  job.draw = absl::GetFlag(FLAGS_draw);
  job.rendering.shown = {absl::GetFlag(FLAGS_actions), static_cast<float>(absl::GetFlag(FLAGS_action_score))};
  const std::string weights = std::filesystem::path(scoring.checkpoint).filename();
  job.rendering.title =
      absl::StrCat(resolved.name, ", ", weights, random ? " (not trained)" : "",
                   "  |  persons: ", job.persons.Name(std::filesystem::path(boxes).filename()));
  if (random) {
    std::fprintf(stderr, "note: %s: the weights are random, so the scores mean nothing\n",
                 scoring.checkpoint.c_str());
  }
  return job;
}

absl::Status Main() {
  MRSN_RETURN_IF_ERROR(CheckFlags());
  const std::string video = absl::GetFlag(FLAGS_video);
  MRSN_ASSIGN_OR_RETURN(const std::vector<InputVideo> videos,
                        FindInputVideos(datasets::IsLiveStream(video) ? video : UserPath(video)));
  MRSN_ASSIGN_OR_RETURN(const DetectJob job, OpenJob());
  return DetectVideos(job, videos);
}

}  // namespace
}  // namespace mrsn::experiments

int main(int argc, char** argv) {
  return mrsn::RunProgram(argc, argv, mrsn::experiments::kUsage, mrsn::experiments::Main);
}
