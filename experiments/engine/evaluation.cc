#include "experiments/engine/evaluation.h"

#include <ATen/ATen.h>

#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "eval/counts_text.h"
#include "eval/frame_map.h"
#include "eval/protocol.h"
#include "experiments/engine/check_protocol.h"
#include "experiments/engine/evaluation_parts.h"
#include "experiments/engine/inference.h"
#include "ops/base/file.h"
#include "ops/base/status_macros.h"
#include "ops/formats/ava_csv.h"
#include "ops/formats/ground_truth_csv.h"
#include "ops/formats/ucf24_files.h"

namespace mrsn::experiments {
namespace {

// Boxes in the unit of the annotations and of the protocol.
class Unit {
 public:
  explicit Unit(const datasets::Dataset& dataset) {
    if (dataset.annotation_unit() == datasets::BoxUnit::kFrame) return;
    x_ = dataset.annotation_frame_size().width;
    y_ = dataset.annotation_frame_size().height;
  }
  formats::BoxD Of(const Box& box) const { return {box.x1 * x_, box.y1 * y_, box.x2 * x_, box.y2 * y_}; }

 private:
  double x_ = 1, y_ = 1;
};

// Rows of the classes `evaluated`, by id.
std::vector<formats::GroundTruthRow> GroundTruthOf(const datasets::Dataset& dataset,
                                                   const std::set<int>& evaluated, const Unit& unit) {
  std::vector<formats::GroundTruthRow> rows;
  for (const datasets::AnnotatedBox& box : dataset.GroundTruth()) {
    if (evaluated.count(box.class_id) == 0) continue;
    rows.push_back({box.keyframe, unit.Of(box.box), box.class_id, box.person_id});
  }
  return rows;
}

std::vector<formats::Detection> DetectionsOf(const ScoredRows& rows, const datasets::Dataset& dataset,
                                             const Unit& unit) {
  std::vector<formats::Detection> detections;
  const auto& classes = dataset.classes();
  const auto boxes = rows.boxes.accessor<float, 2>();
  const auto clips = rows.clips.accessor<int64_t, 1>();
  const auto scores = rows.scores.accessor<float, 2>();
  for (int64_t n = 0; n < boxes.size(0); ++n) {
    const Box box{boxes[n][0], boxes[n][1], boxes[n][2], boxes[n][3]};
    for (size_t k = 0; k < classes.size(); ++k) {
      if (scores[n][k] < 0 || !classes[k].evaluated) continue;
      detections.push_back({dataset.keyframe(clips[n]), unit.Of(box), classes[k].id, scores[n][k]});
    }
  }
  return detections;
}

// The rows of a batch, or of its clips of one size, with positions in the data set.
ScoredRows RowsOf(const Scored& scored, const std::map<Keyframe, int64_t>& positions) {
  const auto clips = scored.found.clip_index.accessor<int64_t, 1>();
  std::vector<int64_t> places;
  for (int64_t n = 0; n < clips.size(0); ++n) places.push_back(positions.at(scored.keyframes[clips[n]]));
  return {at::tensor(places, at::kLong), scored.found.boxes, scored.found.scores};
}

void Fill(const eval::FrameMapResult& measured, Result* result) {
  result->set_protocol(std::string(eval::ProtocolName(measured.protocol)));
  result->set_iou_threshold(measured.iou_threshold);
  if (measured.frame_map.has_value()) result->set_frame_map(*measured.frame_map);
  for (const eval::ClassResult& measured_class : measured.per_class) {
    auto* entry = result->add_per_class();
    entry->set_id(measured_class.id);
    entry->set_name(measured_class.name);
    entry->set_kind(measured_class.kind);
    if (measured_class.ap.has_value()) entry->set_ap(*measured_class.ap);
    entry->set_num_gt(measured_class.num_gt);
  }
  for (const eval::KindResult& kind : measured.by_kind) {
    if (kind.kind.empty()) continue;
    auto* entry = result->add_by_kind();
    entry->set_kind(kind.kind);
    if (kind.mean_ap.has_value()) entry->set_mean_ap(*kind.mean_ap);
    entry->set_num_classes(kind.num_classes);
  }
  for (const std::string& line : eval::CountsText(measured)) result->add_counts(line);
}

}  // namespace

absl::StatusOr<Result> Evaluate(const EvaluationOptions& options, const datasets::Dataset& dataset,
                                const BankWindows& bank, Detector& model) {
  MRSN_RETURN_IF_ERROR(CheckProtocol(options.config.protocol(), dataset));
  eval::FrameMapOptions evaluator_options;
  MRSN_ASSIGN_OR_RETURN(evaluator_options.protocol, eval::ParseProtocol(options.config.protocol()));
  evaluator_options.iou_threshold = options.config.iou();
  std::set<int> evaluated;  // ids; AVA scores 80 classes and evaluates 60
  for (const datasets::ActionClass& action : dataset.classes()) {
    if (!action.evaluated) continue;
    evaluated.insert(action.id);
    evaluator_options.classes.push_back({action.id, action.name, action.kind});
  }
  MRSN_ASSIGN_OR_RETURN(auto evaluator, eval::FrameMapEvaluator::Create(evaluator_options));
  const Unit unit(dataset);
  const bool pixels = dataset.annotation_unit() == datasets::BoxUnit::kPixels;
  std::string ground_truth;
  for (const formats::GroundTruthRow& row : GroundTruthOf(dataset, evaluated, unit)) {
    MRSN_RETURN_IF_ERROR(evaluator.AddGroundTruth(row.keyframe, row.box, row.class_id, row.person_id));
    ground_truth += pixels ? formats::FormatUcf24GroundTruthRow(row) : formats::FormatAvaGroundTruthRow(row);
  }
  InferenceOptions inference;
  inference.title = options.title;
  inference.loss = options.loss;
  inference.arithmetic = options.arithmetic;
  inference.workers = options.workers;
  inference.unreadable = options.unreadable;
  inference.group = options.group;
  std::map<Keyframe, int64_t> positions;
  for (int64_t i = 0; i < dataset.size(); ++i) positions.emplace(dataset.keyframe(i), i);
  std::string csv;
  const auto take = [&](const ScoredRows& rows) -> absl::Status {
    for (const formats::Detection& d : DetectionsOf(rows, dataset, unit)) {
      MRSN_RETURN_IF_ERROR(evaluator.AddDetection(d.keyframe, d.box, d.class_id, d.score));
      csv += pixels ? formats::FormatUcf24Row(d) : formats::FormatAvaRow(d);
    }
    return absl::OkStatus();
  };
  std::optional<EvaluationParts> parts;  // of rank 0, which gets all rows
  if (!options.identity.empty() && options.group->first()) {
    parts.emplace(options.detections_path + ".parts", options.identity, options.keep_every);
    for (const ScoredRows& rows : parts->Read()) MRSN_RETURN_IF_ERROR(take(rows));
  }
  MRSN_ASSIGN_OR_RETURN(inference.first_batch,
                        options.group->Ask(parts.has_value() ? parts->next_batch() : 0));
  int64_t unread = parts.has_value() ? parts->unread() : 0;
  inference.on_skip = [&](const datasets::SkippedClip& clip) {
    ++unread;
    if (parts.has_value()) parts->AddUnread(clip.batch);
  };
  const absl::Status inferred =
      Infer(inference, dataset, bank, model, [&](const Scored& scored) -> absl::Status {
        const ScoredRows rows = RowsOf(scored, positions);
        if (parts.has_value()) {
          const int64_t batch = positions.at(scored.keyframes[0]) / inference.batch_size;
          MRSN_RETURN_IF_ERROR(parts->Add(batch, rows));
        }
        return take(rows);
      });
  if (!inferred.ok()) {
    if (parts.has_value()) MRSN_RETURN_IF_ERROR(parts->Write());
    return inferred;
  }
  Result result;
  if (!options.group->first()) return result;
  if (parts.has_value()) {
    MRSN_RETURN_IF_ERROR(parts->Finish((dataset.size() + inference.batch_size - 1) / inference.batch_size));
  }
  if (!options.detections_path.empty()) {
    MRSN_RETURN_IF_ERROR(WriteFileAtomically(options.detections_path, csv));
  }
  if (!options.ground_truth_path.empty()) {
    MRSN_RETURN_IF_ERROR(WriteFileAtomically(options.ground_truth_path, ground_truth));
  }
  Fill(evaluator.Compute(), &result);
  if (unread > 0) result.set_unread_evaluation_clips(unread);
  if (options.write_result) MRSN_RETURN_IF_ERROR(options.write_result(&result));
  if (parts.has_value()) parts->Remove();
  return result;
}

}  // namespace mrsn::experiments
