#include "datasets/check/annotation_checks.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "datasets/box_table.h"
#include "datasets/check/class_checks.h"
#include "datasets/check/row_warnings.h"
#include "ops/base/file.h"
#include "ops/base/keyframe.h"
#include "ops/formats/ava_csv.h"
#include "ops/formats/box_list.h"
#include "ops/formats/ucf24_files.h"
#include "ops/plausibility/plausibility.h"

namespace mrsn::datasets {
namespace {

using formats::BoxD;
using formats::CsvContents;
using formats::Row;
using formats::RowBlock;
using Boxes = absl::flat_hash_map<Keyframe, std::vector<std::pair<BoxD, double>>>;  // with scores

// Boxes may reach over the frame's border by this share of it: annotators' rounding.
constexpr double kBorder = 0.01;
constexpr double kLowRecall = 0.5;

std::string NameOf(const Keyframe& keyframe) {
  return absl::StrCat(keyframe.video, ",", keyframe.timestamp.Text());
}

class AnnotationCheck {
 public:
  AnnotationCheck(const DatasetLayout& layout, CheckReport* report) : layout_(layout), report_(*report) {}

  std::map<std::string, VideoUse> Run() {
    const std::vector<ClassCount> classes = CheckClasses(layout_, &report_);
    for (const ClassCount& c : classes) named_classes_.push_back({c.id, c.name, ""});
    class_ids_ = formats::ClassIds(named_classes_);
    for (const SplitLayout& split : layout_.splits) CheckSplit(split, classes);
    CheckOverlap();
    return std::move(uses_);
  }

 private:
  bool seconds() const { return layout_.keyframes == DatasetLayout::Keyframes::kSeconds; }
  double width() const { return std::max(1, layout_.annotation_frame_size.width); }
  double height() const { return std::max(1, layout_.annotation_frame_size.height); }

  bool IsThere(const std::string& path, const char* what) {
    if (FileExists(path)) return true;
    report_.Add(CheckSeverity::kError, "missing_file", path, absl::StrCat(what, " is not there"));
    return false;
  }

  // nullopt, with a finding, if the file is not there or cannot be read.
  std::optional<CsvContents> Read(const std::string& path, formats::RowKind kind, const char* what) {
    if (!IsThere(path, what)) return std::nullopt;
    formats::CsvOptions options;
    // The rows of other videos, which a list of videos leaves out, may have other classes.
    const bool by_class = seconds() && kind == formats::RowKind::kGroundTruth && !class_ids_.empty();
    if (by_class) options.classes = &class_ids_;
    if (!layout_.class_list.empty()) options.named_classes = &named_classes_;
    options.allow_keyframe_rows = true;
    options.allow_tubes = true;
    options.fractional_timestamps = seconds();
    options.first_keyframe = layout_.first_keyframe_second;
    options.last_keyframe = layout_.last_keyframe_second;
    absl::StatusOr<CsvContents> contents;
    if (!seconds() && kind == formats::RowKind::kGroundTruth) {
      absl::StatusOr<formats::Ucf24Annotations> read = formats::ReadUcf24Annotations(path, options);
      if (read.ok()) CheckFrameSizes(path, *read);
      contents = read.ok() ? absl::StatusOr<CsvContents>(std::move(read->contents)) : read.status();
    } else if (!seconds()) {
      contents = formats::ReadUcf24(path, kind, options);
    } else if (kind == formats::RowKind::kGroundTruth) {
      contents = formats::ReadAvaGroundTruth(path, options);
    } else {
      formats::BoxListOptions list;
      list.csv = options;
      absl::StatusOr<formats::BoxList> boxes = formats::ReadBoxList(path, list);
      contents = boxes.ok() ? absl::StatusOr<CsvContents>(std::move(boxes->contents)) : boxes.status();
    }
    if (!contents.ok()) {
      report_.Add(CheckSeverity::kError, "unreadable_file", path, contents.status().message());
      return std::nullopt;
    }
    AddRowWarnings(path, contents->warnings, &report_);
    return *std::move(contents);
  }

  // The sizes of frames that a file of annotations states.
  void CheckFrameSizes(const std::string& path, const formats::Ucf24Annotations& annotations) {
    const FrameSize& frame = layout_.annotation_frame_size;
    const absl::Status same = formats::ExpectFrameSize(path, annotations, frame.width, frame.height);
    if (!same.ok()) report_.Add(CheckSeverity::kError, "other_frame_size", path, same.message());
  }

  std::set<Keyframe> ReadExcluded(const std::string& path) {
    std::set<Keyframe> excluded;
    if (path.empty() || !IsThere(path, "the list of excluded key frames")) return excluded;
    formats::CsvOptions options;
    options.fractional_timestamps = seconds();
    options.first_keyframe = layout_.first_keyframe_second;
    options.last_keyframe = layout_.last_keyframe_second;
    const absl::StatusOr<formats::KeyframeList> list = formats::ReadAvaExclusions(path, options);
    if (!list.ok()) {
      report_.Add(CheckSeverity::kError, "unreadable_file", path, list.status().message());
      return excluded;
    }
    AddRowWarnings(path, list->warnings, &report_);
    for (const auto& entry : list->keyframes.keyframes()) {
      excluded.insert({list->keyframes.videos()[entry.video], entry.timestamp});
    }
    return excluded;
  }

  // The videos of a list; nullopt if there is none, or it cannot be read.
  std::optional<absl::flat_hash_set<std::string>> ReadList(const std::string& path) {
    if (path.empty() || !IsThere(path, "the list of videos")) return std::nullopt;
    absl::StatusOr<absl::flat_hash_set<std::string>> list = formats::ReadVideoList(path);
    if (list.ok()) return *std::move(list);
    report_.Add(CheckSeverity::kError, "unreadable_file", path, list.status().message());
    return std::nullopt;
  }

  void Use(const Keyframe& keyframe, const std::string& file) {
    VideoUse& use = uses_[keyframe.video];
    if (!use.used || keyframe.timestamp > use.last) {
      use.last = keyframe.timestamp;
      use.last_file = file;
    }
    use.first = use.used ? std::min(use.first, keyframe.timestamp) : keyframe.timestamp;
    use.used = true;
  }

  // Boxes that reach over the frame's border, and boxes far smaller than a person.
  void CheckBorders(const std::string& path, const CsvContents& contents) {
    int64_t outside = 0, all = 0;
    std::string first;
    for (const RowBlock& block : contents.blocks) {
      for (const Row& row : block.rows) {
        ++all;
        const BoxD& box = row.box;
        const bool inside = box.x1 >= -kBorder * width() && box.y1 >= -kBorder * height() &&
                            box.x2 <= (1 + kBorder) * width() && box.y2 <= (1 + kBorder) * height();
        if (inside) continue;
        if (outside++ == 0) {
          first = absl::StrFormat("%s: %g,%g,%g,%g", NameOf(KeyframeOf(block, row.keyframe)), box.x1, box.y1,
                                  box.x2, box.y2);
        }
      }
    }
    if (outside == 0) return;
    report_.Add(
        CheckSeverity::kWarning, "box_outside_frame", path,
        absl::StrCat(outside, " of ", all, " boxes reach over the border of the frame; first: ", first),
        outside);
  }

  void CheckTogether(const SplitLayout& split, const CsvContents& annotations,
                     const std::optional<CsvContents>& boxes) {
    plausibility::Options options;
    options.width = width();
    options.height = height();
    options.classes = &class_ids_;
    if (split.inference) options.threshold = {layout_.inference_score, false, "proposals.inference_score"};
    const plausibility::Side left{plausibility::Role::kAnnotations, split.annotations, annotations.blocks};
    std::vector<plausibility::Finding> findings;
    if (boxes.has_value()) {
      findings = plausibility::Check(left, {plausibility::Role::kBoxes, split.boxes, boxes->blocks}, options);
    } else {
      findings = plausibility::CheckAlone(left, options);
    }
    for (const plausibility::Finding& finding : findings) {
      CheckSeverity severity = CheckSeverity::kWarning;
      if (finding.severity == plausibility::Severity::kNote) severity = CheckSeverity::kNote;
      if (finding.severity == plausibility::Severity::kError) severity = CheckSeverity::kError;
      // The readers of a run refuse such a list.
      if (finding.kind == plausibility::Kind::kScoresOutOfRange) severity = CheckSeverity::kError;
      const bool unit =
          finding.kind == plausibility::Kind::kPixels || finding.kind == plausibility::Kind::kFractions;
      if (unit && (finding.file == split.boxes || 2 * finding.count > annotations.num_rows))
        severity = CheckSeverity::kError;
      report_.Add(severity, plausibility::KindName(finding.kind), finding.file,
                  absl::StrCat(finding.text, finding.first.empty() ? "" : "; first: ", finding.first),
                  finding.count);
    }
  }

  // Which share of the annotated boxes the detected ones cover.
  void MeasureRecall(const Boxes& annotated, const Boxes& detected, SplitNumbers* numbers) {
    int64_t all = 0, covered[2][2] = {};
    for (const auto& [keyframe, truths] : annotated) {
      const auto found = detected.find(keyframe);
      for (const auto& [truth, unused] : truths) {
        ++all;
        double best[2] = {0, 0};  // of all boxes, of those above the threshold
        if (found == detected.end()) continue;
        for (const auto& [box, score] : found->second) {
          const double overlap = std::max(0.0, std::min(truth.x2, box.x2) - std::max(truth.x1, box.x1)) *
                                 std::max(0.0, std::min(truth.y2, box.y2) - std::max(truth.y1, box.y1));
          const double either = truth.Area() + box.Area() - overlap;
          if (!(overlap > 0) || !(either > 0)) continue;
          best[0] = std::max(best[0], overlap / either);
          if (score > layout_.inference_score) best[1] = std::max(best[1], overlap / either);
        }
        for (int kept = 0; kept < 2; ++kept) {
          if (best[kept] >= 0.5) ++covered[kept][0];
          if (best[kept] >= 0.75) ++covered[kept][1];
        }
      }
    }
    if (all == 0) return;
    const auto share = [&](int64_t count) { return static_cast<double>(count) / static_cast<double>(all); };
    numbers->boxes.recall_50 = share(covered[0][0]);
    numbers->boxes.recall_75 = share(covered[0][1]);
    numbers->boxes.kept_recall_50 = share(covered[1][0]);
    numbers->boxes.kept_recall_75 = share(covered[1][1]);
  }

  void CheckBoxes(const SplitLayout& split, const CsvContents& contents, const Boxes& annotated,
                  const std::set<Keyframe>& excluded, const std::set<std::string>& videos,
                  SplitNumbers* numbers) {
    CheckBorders(split.boxes, contents);
    Boxes detected;
    std::set<std::string> strange;
    numbers->has_boxes = true;
    numbers->boxes.threshold = layout_.inference_score;
    for (const RowBlock& block : contents.blocks) {
      for (const Row& row : block.rows) {
        const Keyframe keyframe = KeyframeOf(block, row.keyframe);
        ++numbers->boxes.boxes;
        if (row.score > layout_.inference_score) ++numbers->boxes.kept;
        if (videos.count(keyframe.video) == 0) {
          strange.insert(keyframe.video);
          continue;
        }
        detected[keyframe].push_back({row.box, row.score});
        if (excluded.count(keyframe) == 0) Use(keyframe, split.boxes);
      }
    }
    if (!strange.empty()) {
      report_.Add(CheckSeverity::kWarning, "unannotated_video", split.boxes,
                  absl::StrCat(strange.size(), " videos have no annotation in ", split.annotations,
                               "; first: ", *strange.begin()),
                  static_cast<int64_t>(strange.size()));
    }
    int64_t without = 0;
    std::string first;
    for (const auto& [keyframe, boxes] : annotated) {
      if (detected.count(keyframe) > 0) continue;
      if (without++ == 0 || NameOf(keyframe) < first) first = NameOf(keyframe);
    }
    if (without > 0) {
      report_.Add(CheckSeverity::kNote, "keyframe_without_box", split.boxes,
                  absl::StrCat(without, " of ", annotated.size(),
                               " annotated key frames have no box; first: ", first),
                  without);
    }
    MeasureRecall(annotated, detected, numbers);
    if (numbers->boxes.recall_50 >= 0 && numbers->boxes.recall_50 < kLowRecall) {
      report_.Add(CheckSeverity::kWarning, "low_recall", split.boxes,
                  absl::StrFormat("boxes cover %.1f%% of the annotated ones with an IoU of 0.5",
                                  100 * numbers->boxes.recall_50));
    }
  }

  void CheckSplit(const SplitLayout& split, const std::vector<ClassCount>& classes) {
    SplitNumbers numbers;
    numbers.name = split.name;
    numbers.classes = classes;
    const std::set<Keyframe> excluded = ReadExcluded(split.excluded);
    const auto listed = ReadList(split.video_list);
    std::optional<CsvContents> annotations =
        Read(split.annotations, formats::RowKind::kGroundTruth, "the file of annotations");
    std::optional<CsvContents> boxes;
    if (!split.boxes.empty()) {
      boxes = Read(split.boxes, seconds() ? formats::RowKind::kBoxList : formats::RowKind::kDetections,
                   "the list of boxes");
    }
    std::set<std::string>& videos = videos_[split.name];
    if (listed.has_value()) {
      videos.insert(listed->begin(), listed->end());
      for (const std::string& video : videos) uses_[video];
      if (annotations.has_value()) {
        formats::KeepVideos(*listed, *annotations);
        CheckRowClasses(split.annotations, *annotations, class_ids_, &report_);
      }
      if (boxes.has_value()) formats::KeepVideos(*listed, *boxes);
    }
    if (!annotations.has_value()) return report_.splits.push_back(std::move(numbers));

    Boxes annotated;
    std::set<std::string> with_rows;
    std::map<int, int64_t> examples;
    std::set<Keyframe> left_out;
    for (const RowBlock& block : annotations->blocks) {
      for (const auto& entry : block.keyframes.keyframes())
        with_rows.insert(block.keyframes.videos()[entry.video]);
      for (const Row& row : block.rows) {
        const Keyframe keyframe = KeyframeOf(block, row.keyframe);
        if (excluded.count(keyframe) > 0) {
          left_out.insert(keyframe);
          continue;
        }
        ++numbers.rows;
        ++examples[row.class_id];
        Use(keyframe, split.annotations);
        auto& known = annotated[keyframe];
        const bool fresh = std::none_of(known.begin(), known.end(),
                                        [&](const auto& other) { return other.first == row.box; });
        if (fresh) known.push_back({row.box, 1});
      }
    }
    if (listed.has_value()) {
      for (const std::string& video : videos) {
        if (with_rows.count(video) > 0) continue;
        report_.Add(
            CheckSeverity::kWarning, "video_without_annotation", video,
            absl::StrCat(split.video_list, " names it, and ", split.annotations, " has no row of it"));
      }
    } else {
      videos = with_rows;
    }
    for (const Keyframe& keyframe : excluded) {
      if (videos.count(keyframe.video) > 0) continue;
      report_.Add(CheckSeverity::kNote, "excluded_unknown_video", keyframe.video,
                  absl::StrCat(split.excluded, " names it, and ", split.annotations, " does not"));
      break;
    }
    numbers.videos = static_cast<int64_t>(videos.size());
    numbers.keyframes = static_cast<int64_t>(annotated.size());
    numbers.excluded = static_cast<int64_t>(left_out.size());
    for (const auto& [keyframe, persons] : annotated) numbers.persons += static_cast<int64_t>(persons.size());
    for (ClassCount& c : numbers.classes) c.examples = examples[c.id];
    if (numbers.rows == 0) {
      report_.Add(CheckSeverity::kError, "no_keyframe", split.annotations, "no key frame is left");
    } else {
      CheckExamples(numbers, split.annotations, &report_);
    }
    CheckBorders(split.annotations, *annotations);
    if (boxes.has_value()) CheckBoxes(split, *boxes, annotated, excluded, videos, &numbers);
    CheckTogether(split, *annotations, boxes);
    report_.splits.push_back(std::move(numbers));
  }

  void CheckOverlap() {
    for (size_t i = 0; i < layout_.splits.size(); ++i) {
      for (size_t j = 0; j < i; ++j) {
        const SplitLayout &a = layout_.splits[j], &b = layout_.splits[i];
        const bool same_files = a.annotations == b.annotations && a.video_list == b.video_list;
        if (same_files) continue;  // one split for training and inference, as for a test of learning
        for (const std::string& video : videos_[a.name]) {
          if (videos_[b.name].count(video) == 0) continue;
          report_.Add(CheckSeverity::kError, "split_overlap", video,
                      absl::StrCat("is in ", a.name, " and in ", b.name));
        }
      }
    }
  }

  const DatasetLayout& layout_;
  CheckReport& report_;
  absl::flat_hash_set<int> class_ids_;
  std::vector<ActionClass> named_classes_;
  std::map<std::string, VideoUse> uses_;
  std::map<std::string, std::set<std::string>> videos_;  // of each split
};

}  // namespace

std::map<std::string, VideoUse> CheckAnnotations(const DatasetLayout& layout, CheckReport* report) {
  return AnnotationCheck(layout, report).Run();
}

}  // namespace mrsn::datasets
