#include "eval/load_evaluation.h"

#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "ops/base/status_macros.h"
#include "ops/formats/ava_csv.h"
#include "ops/formats/label_map.h"
#include "ops/formats/ucf24_files.h"

namespace mrsn::eval {
namespace {

absl::Status Validate(const EvaluationFiles& files) {
  if (RulesOf(files.protocol).dataset != files.dataset) {
    std::string names;
    for (Protocol protocol : ProtocolsOf(files.dataset)) absl::StrAppend(&names, " ", ProtocolName(protocol));
    return absl::InvalidArgumentError(absl::StrCat("protocol ", ProtocolName(files.protocol),
                                                   " is not one of data set ", DatasetName(files.dataset),
                                                   "'s:", names));
  }
  if (files.dataset == Dataset::kUcf24 && !files.excluded.empty()) {
    return absl::InvalidArgumentError("UCF101-24 has no excluded keyframes");
  }
  if (files.dataset == Dataset::kAva && !files.videos.empty()) {
    return absl::InvalidArgumentError("a list of videos is for UCF101-24; AVA's files hold one split each");
  }
  if (files.with_tubes && files.dataset != Dataset::kUcf24) {
    return absl::InvalidArgumentError("tubes are for UCF101-24; AVA's keyframes are a second apart");
  }
  return absl::OkStatus();
}

void Append(std::vector<formats::Warning>& warnings, std::vector<formats::Warning> added) {
  for (formats::Warning& warning : added) warnings.push_back(std::move(warning));
}

plausibility::Options PlausibilityOptions(const EvaluationFiles& files, const absl::flat_hash_set<int>& ids) {
  plausibility::Options options;
  options.classes = &ids;
  if (files.dataset == Dataset::kUcf24) {
    options.width = 320;
    options.height = 240;
  }
  const ProtocolRules rules = RulesOf(files.protocol);
  if (rules.min_score > ProtocolRules().min_score) {
    options.threshold = plausibility::Threshold{rules.min_score, false,
                                                absl::StrCat("--protocol=", ProtocolName(files.protocol))};
  }
  return options;
}

// The rows of both files, AVA's or UCF101-24's.
struct BothRows {
  formats::CsvContents ground_truth, detections;
};

absl::StatusOr<BothRows> ReadRows(const EvaluationFiles& files, const formats::CsvOptions& csv) {
  BothRows rows;
  if (files.dataset == Dataset::kAva) {
    MRSN_ASSIGN_OR_RETURN(rows.ground_truth, formats::ReadAvaGroundTruth(files.ground_truth, csv));
    MRSN_ASSIGN_OR_RETURN(rows.detections, formats::ReadAvaDetections(files.detections, csv));
    return rows;
  }
  formats::CsvOptions annotations = csv;
  annotations.allow_tubes = true;
  MRSN_ASSIGN_OR_RETURN(rows.ground_truth,
                        formats::ReadUcf24(files.ground_truth, formats::RowKind::kGroundTruth, annotations));
  MRSN_ASSIGN_OR_RETURN(rows.detections,
                        formats::ReadUcf24(files.detections, formats::RowKind::kDetections, csv));
  if (!files.videos.empty()) {
    MRSN_ASSIGN_OR_RETURN(const absl::flat_hash_set<std::string> videos,
                          formats::ReadVideoList(files.videos));
    formats::KeepVideos(videos, rows.ground_truth);
    formats::KeepVideos(videos, rows.detections);
  }
  return rows;
}

absl::StatusOr<VideoMapEvaluator> EvaluatorOfTubes(const EvaluationFiles& files,
                                                   const std::vector<formats::ActionClass>& classes) {
  VideoMapOptions options;
  options.classes = classes;
  options.linking = files.linking;
  options.num_threads = files.num_threads;
  return VideoMapEvaluator::Create(std::move(options));
}

absl::Status AddTubes(const EvaluationFiles& files, const BothRows& rows, VideoMapEvaluator* tubes) {
  if (!rows.ground_truth.has_tubes && rows.ground_truth.num_rows > 0) {
    return absl::InvalidArgumentError(
        absl::StrCat(files.ground_truth,
                     ": has no tubes; video-mAP needs finalAnnots.mat or a CSV whose eighth "
                     "column is the number of the tube"));
  }
  for (const formats::RowBlock& block : rows.ground_truth.blocks) tubes->AddGroundTruth(block);
  for (const formats::RowBlock& block : rows.detections.blocks) tubes->AddDetections(block);
  return absl::OkStatus();
}

// Leaves the key frames of files.excluded out, where the protocol honours exclusions.
absl::Status Exclude(const EvaluationFiles& files, const formats::CsvOptions& csv,
                     FrameMapEvaluator* evaluator, std::vector<formats::Warning>* warnings) {
  MRSN_ASSIGN_OR_RETURN(formats::KeyframeList list, formats::ReadAvaExclusions(files.excluded, csv));
  Append(*warnings, std::move(list.warnings));
  if (RulesOf(files.protocol).honours_exclusions) {
    evaluator->ExcludeKeyframes(list.keyframes);
  } else {
    warnings->push_back(
        {absl::StrCat("protocol ", ProtocolName(files.protocol), " has no excluded keyframes, file not used"),
         1, files.excluded});
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<formats::ActionClass>> ClassesOf(const EvaluationFiles& files,
                                                            std::vector<formats::Warning>* warnings) {
  if (files.label_map.empty()) {
    return files.classes.empty() ? DefaultClasses(files.dataset) : files.classes;
  }
  MRSN_ASSIGN_OR_RETURN(formats::LabelMap map, formats::ReadLabelMap(files.label_map));
  Append(*warnings, std::move(map.warnings));
  return std::move(map.classes);
}

}  // namespace

std::vector<formats::ActionClass> DefaultClasses(Dataset dataset) {
  switch (dataset) {
    case Dataset::kAva:
      return formats::AvaEvaluatedClasses();
    case Dataset::kUcf24:
      return formats::Ucf24Classes();
  }
  return {};
}

absl::StatusOr<LoadedEvaluation> LoadEvaluation(const EvaluationFiles& files) {
  MRSN_RETURN_IF_ERROR(Validate(files));
  std::vector<formats::Warning> warnings;
  FrameMapOptions options;
  options.protocol = files.protocol;
  options.iou_threshold = files.iou_threshold;
  options.num_threads = files.num_threads;
  MRSN_ASSIGN_OR_RETURN(options.classes, ClassesOf(files, &warnings));
  const absl::flat_hash_set<int> ids = formats::ClassIds(options.classes);
  std::optional<VideoMapEvaluator> tubes;
  if (files.with_tubes) {
    MRSN_ASSIGN_OR_RETURN(tubes, EvaluatorOfTubes(files, options.classes));
  }
  MRSN_ASSIGN_OR_RETURN(FrameMapEvaluator evaluator, FrameMapEvaluator::Create(std::move(options)));

  formats::CsvOptions csv;
  csv.classes = &ids;
  csv.num_threads = files.num_threads;
  csv.fractional_timestamps = csv.allow_keyframe_rows = RulesOf(files.protocol).fractional_timestamps;
  MRSN_ASSIGN_OR_RETURN(BothRows rows, ReadRows(files, csv));
  if (tubes.has_value()) MRSN_RETURN_IF_ERROR(AddTubes(files, rows, &*tubes));
  Append(warnings, std::move(rows.ground_truth.warnings));
  Append(warnings, std::move(rows.detections.warnings));
  if (rows.detections.num_rows == 0) warnings.push_back({"holds no detections", 1, files.detections});
  if (rows.ground_truth.num_rows == 0)
    warnings.push_back({"holds no ground truth, mAP is undefined", 1, files.ground_truth});
  plausibility::InCommon in_common;
  std::vector<plausibility::Finding> findings =
      plausibility::Check({plausibility::Role::kAnnotations, files.ground_truth, rows.ground_truth.blocks},
                          {plausibility::Role::kDetections, files.detections, rows.detections.blocks},
                          PlausibilityOptions(files, ids), &in_common);
  for (formats::RowBlock& block : rows.ground_truth.blocks) evaluator.AddGroundTruth(std::move(block));
  for (formats::RowBlock& block : rows.detections.blocks) evaluator.AddDetections(std::move(block));
  if (!files.excluded.empty()) MRSN_RETURN_IF_ERROR(Exclude(files, csv, &evaluator, &warnings));
  return LoadedEvaluation{std::move(evaluator), std::move(warnings), std::move(findings), in_common,
                          std::move(tubes)};
}

}  // namespace mrsn::eval
