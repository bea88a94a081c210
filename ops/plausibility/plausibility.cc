#include "ops/plausibility/plausibility.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "ops/plausibility/pair.h"
#include "ops/plausibility/side_facts.h"

namespace mrsn::plausibility {
namespace {

void Append(std::vector<Finding>& findings, std::vector<Finding> added) {
  for (Finding& finding : added) findings.push_back(std::move(finding));
}

// Without a partner that proves it: many boxes end before they begin, and corner plus size fits the frame.
void CheckXywhAlone(const Side& side, const SideFacts& facts, std::vector<Finding>& findings) {
  const bool known = std::any_of(findings.begin(), findings.end(), [&](const Finding& f) {
    return (f.kind == Kind::kXywh || f.kind == Kind::kCentres || f.kind == Kind::kPixels) &&
           f.file == side.file;
  });
  if (known || facts.inverted.count < 2 || 5 * facts.inverted.count < facts.rows ||
      20 * facts.inside_as_xywh.count < 19 * facts.rows) {
    return;
  }
  Finding finding;
  finding.kind = Kind::kXywh;
  finding.file = side.file;
  finding.count = facts.inverted.count;
  finding.of = facts.rows;
  finding.first = BoxText(side, facts.inverted.first);
  finding.text = absl::StrCat(finding.count, " of ", finding.of,
                              " boxes end before they begin (x2 < x1 or y2 < y1): are they corner, width and "
                              "height (x,y,w,h)?");
  findings.push_back(std::move(finding));
}

InCommon Count(const Pair& pair) {
  InCommon counts;
  counts.annotated_videos = pair.CountVideos(Pair::kAnnotated);
  counts.other_videos = pair.CountVideos(Pair::kOther);
  for (int v = 0; v < static_cast<int>(pair.videos().size()); ++v)
    counts.videos += pair.HasVideo(Pair::kAnnotated, v) && pair.HasVideo(Pair::kOther, v);
  for (const Pair::Keyframe& keyframe : pair.keyframes()) {
    counts.annotated_keyframes += keyframe.has[Pair::kAnnotated];
    counts.other_keyframes += keyframe.has[Pair::kOther];
    counts.keyframes += keyframe.has[Pair::kAnnotated] && keyframe.has[Pair::kOther];
  }
  return counts;
}

void Sort(std::vector<Finding>& findings) {
  std::stable_sort(findings.begin(), findings.end(),
                   [](const Finding& a, const Finding& b) { return a.kind < b.kind; });
}

}  // namespace

std::vector<Finding> Check(const Side& annotations, const Side& other, const Options& options,
                           InCommon* in_common) {
  const SideFacts facts[2] = {FactsOf(annotations, options), FactsOf(other, options)};
  std::vector<Finding> findings = SideFindings(annotations, facts[0], options);
  Append(findings, SideFindings(other, facts[1], options));
  const Pair pair(annotations, other, options.max_compared_keyframes);
  if (in_common != nullptr) *in_common = Count(pair);
  if (facts[0].rows > 0 && facts[1].rows > 0) {
    CheckCommon(pair, findings);
    CheckClasses(pair, facts, options, findings);
    CheckReadings(pair, facts, findings);
    CheckClocks(pair, findings);
    CheckSameBoxes(pair, facts[1], findings);
  }
  CheckXywhAlone(annotations, facts[0], findings);
  CheckXywhAlone(other, facts[1], findings);
  Sort(findings);
  return findings;
}

std::vector<Finding> CheckAlone(const Side& side, const Options& options) {
  const SideFacts facts = FactsOf(side, options);
  std::vector<Finding> findings = SideFindings(side, facts, options);
  CheckXywhAlone(side, facts, findings);
  Sort(findings);
  return findings;
}

std::string KindName(Kind kind) {
  switch (kind) {
    case Kind::kPixels:
      return "pixels";
    case Kind::kFractions:
      return "fractions";
    case Kind::kOutsideFrame:
      return "outside_frame";
    case Kind::kOtherFrameSize:
      return "other_frame_size";
    case Kind::kXywh:
      return "xywh";
    case Kind::kCentres:
      return "centres";
    case Kind::kCorners:
      return "corners";
    case Kind::kSwappedAxes:
      return "swapped_axes";
    case Kind::kScoresAreIds:
      return "scores_are_ids";
    case Kind::kScoresConstant:
      return "scores_constant";
    case Kind::kScoresOutOfRange:
      return "scores_out_of_range";
    case Kind::kIdsAreScores:
      return "ids_are_scores";
    case Kind::kNothingAboveThreshold:
      return "nothing_above_threshold";
    case Kind::kDuplicateRows:
      return "duplicate_rows";
    case Kind::kDuplicateBoxes:
      return "duplicate_boxes";
    case Kind::kVideosInCommon:
      return "videos_in_common";
    case Kind::kVideoNames:
      return "video_names";
    case Kind::kKeyframesInCommon:
      return "keyframes_in_common";
    case Kind::kKeyframesShifted:
      return "keyframes_shifted";
    case Kind::kClassesInCommon:
      return "classes_in_common";
    case Kind::kClassesShifted:
      return "classes_shifted";
    case Kind::kAnnotationsAsBoxes:
      return "annotations_as_boxes";
  }
  return "";
}

std::string SeverityName(Severity severity) {
  switch (severity) {
    case Severity::kNote:
      return "note";
    case Severity::kWarning:
      return "warning";
    case Severity::kError:
      return "error";
  }
  return "";
}

std::string ToString(const Finding& finding) {
  std::string text = absl::StrCat(finding.file, ": ", finding.text);
  if (!finding.first.empty()) absl::StrAppend(&text, "; first: ", finding.first);
  return text;
}

}  // namespace mrsn::plausibility
