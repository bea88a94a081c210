// Boxes of the two sides against each other: under other readings of the four numbers, under other
// numberings of the key frames, and as copies.
#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "ops/plausibility/overlap.h"
#include "ops/plausibility/pair.h"

namespace mrsn::plausibility {
namespace {

using formats::BoxD;

struct Reading {
  Kind kind;
  const char* text;
  BoxD (*read)(const BoxD& box, double scale_x, double scale_y);
};

const Reading kAsIs = {Kind::kPixels, "", [](const BoxD& b, double, double) { return b; }};
const Reading kReadings[] = {
    {Kind::kCorners, "as two corners (x1,y1,x2,y2), not as corner, width and height",
     [](const BoxD& b, double, double) {
       return BoxD{b.x1, b.y1, b.x2 - b.x1, b.y2 - b.y1};
     }},
    {Kind::kXywh, "as corner, width and height (x,y,w,h)",
     [](const BoxD& b, double, double) {
       return BoxD{b.x1, b.y1, b.x1 + b.x2, b.y1 + b.y2};
     }},
    {Kind::kCentres, "as centre, width and height",
     [](const BoxD& b, double, double) {
       return BoxD{b.x1 - b.x2 / 2, b.y1 - b.y2 / 2, b.x1 + b.x2 / 2, b.y1 + b.y2 / 2};
     }},
    {Kind::kSwappedAxes, "with y before x (y1,x1,y2,x2)",
     [](const BoxD& b, double, double) {
       return BoxD{b.y1, b.x1, b.y2, b.x2};
     }},
    {Kind::kOtherFrameSize, "in a frame of another size",
     [](const BoxD& b, double sx, double sy) {
       return BoxD{b.x1 * sx, b.y1 * sy, b.x2 * sx, b.y2 * sy};
     }},
};

// Nothing can come of boxes that nearly all meet one when they are read in another way, and nearly none as
// they are. A few boxes prove nothing.
bool IsCertain(int64_t otherwise, int64_t as_is, int64_t of) {
  return of >= 8 && 10 * otherwise >= 9 * of && 10 * as_is <= of;
}

struct Hits {
  int64_t count = 0;
  Place first;  // hit under the reading only
};

// How many annotated boxes of the sample meet a box of the other side, one of the sides read differently.
Hits Count(const Pair& pair, const Reading& reading, Pair::Of changed, double sx, double sy) {
  Hits hits;
  std::vector<BoxD> boxes;
  for (int keyframe : pair.sample()) {
    const absl::Span<const Place> others = pair.Rows(Pair::kOther, keyframe);
    boxes.clear();
    for (const Place& other : others) {
      boxes.push_back(changed == Pair::kOther ? reading.read(other.row->box, sx, sy) : other.row->box);
    }
    for (const Place& annotated : pair.Rows(Pair::kAnnotated, keyframe)) {
      const BoxD box =
          changed == Pair::kAnnotated ? reading.read(annotated.row->box, sx, sy) : annotated.row->box;
      const auto meets = [&](const BoxD& b) { return Overlap(box, b) >= kMeets; };
      if (std::none_of(boxes.begin(), boxes.end(), meets)) continue;
      if (hits.count++ == 0) hits.first = annotated;
    }
  }
  return hits;
}

}  // namespace

void CheckReadings(const Pair& pair, const SideFacts facts[2], std::vector<Finding>& findings) {
  int64_t of = 0;
  for (int keyframe : pair.sample()) {
    if (!pair.Rows(Pair::kOther, keyframe).empty()) of += pair.Rows(Pair::kAnnotated, keyframe).size();
  }
  const Hits as_is = Count(pair, kAsIs, Pair::kOther, 1, 1);
  if (of < 2 || 4 * as_is.count >= 3 * of) return;  // most boxes meet one: nothing to explain
  const double sx = facts[0].max_x / facts[1].max_x, sy = facts[0].max_y / facts[1].max_y;
  const bool scales = std::isfinite(sx) && std::isfinite(sy) && sx > 0 && sy > 0 &&
                      (std::abs(sx - 1) > 0.03 || std::abs(sy - 1) > 0.03);
  Hits best;
  const Reading* how = nullptr;
  Pair::Of whose = Pair::kOther;
  for (const Reading& reading : kReadings) {
    const bool scaling = reading.kind == Kind::kOtherFrameSize;
    if (scaling && !scales) continue;
    for (Pair::Of changed : {Pair::kOther, Pair::kAnnotated}) {
      if (changed == Pair::kAnnotated && (scaling || reading.kind == Kind::kSwappedAxes)) continue;
      // Such boxes reach beyond the frame; else the other side has sizes that were taken for corners.
      const SideFacts& side = facts[changed == Pair::kAnnotated ? 0 : 1];
      if (reading.kind == Kind::kCorners && 10 * side.outside_frame.count < side.rows) continue;
      const Hits hits = Count(pair, reading, changed, sx, sy);
      if (hits.count > best.count) {
        best = hits;
        how = &reading;
        whose = changed;
      }
    }
  }
  if (best.count < 2 || 2 * best.count < of || best.count < 2 * as_is.count + 1) return;
  const auto has = [&](Kind kind, const std::string& file) {
    return std::any_of(findings.begin(), findings.end(),
                       [&](const Finding& f) { return f.kind == kind && f.file == file; });
  };
  const Side &side = pair.side(whose),
             &partner = pair.side(whose == Pair::kOther ? Pair::kAnnotated : Pair::kOther);
  // A wrong unit is a scale, too, and has been named.
  if (how->kind == Kind::kOtherFrameSize) {
    for (Kind unit : {Kind::kPixels, Kind::kFractions}) {
      if (has(unit, side.file) || has(unit, partner.file)) return;
    }
  }
  Finding finding;
  finding.kind = how->kind;
  finding.file = side.file;
  finding.count = best.count;
  finding.of = of;
  finding.first = BoxText(pair.side(Pair::kAnnotated), best.first);
  finding.text = absl::StrCat(best.count, " of ", of,
                              " annotated boxes meet a box of the other file (IoU 0.5) when the boxes "
                              "of this file are read ",
                              how->text, ", ", as_is.count, " as they are");
  if (IsCertain(best.count, as_is.count, of)) finding.severity = Severity::kError;
  if (how->kind == Kind::kOtherFrameSize)
    absl::StrAppend(&finding.text, "; the factors are ", sx, " and ", sy);
  // The reason why boxes leave the frame is found.
  findings.erase(
      std::remove_if(findings.begin(), findings.end(),
                     [&](const Finding& f) { return f.kind == Kind::kOutsideFrame && f.file == side.file; }),
      findings.end());
  findings.push_back(std::move(finding));
}

namespace {

struct ClockResult {
  int64_t keyframes = 0;        // of the sample with a counterpart
  int64_t boxes = 0, hits = 0;  // annotated boxes on key frames with a counterpart
  // Boxes with counterparts under both clocks: their mean IoUs, and how many lie better under this one.
  int64_t both = 0, differ = 0, better = 0;
  double iou = 0, iou_as_is = 0;
  Place first;
};

double BestOverlap(const BoxD& box, absl::Span<const Place> others) {
  double best = 0;
  for (const Place& other : others) best = std::max(best, Overlap(box, other.row->box));
  return best;
}

ClockResult Compare(const Pair& pair, const Clock& clock) {
  ClockResult result;
  for (int keyframe : pair.sample()) {
    const int counterpart = pair.Counterpart(keyframe, clock);
    const int as_is = pair.Counterpart(keyframe, Clocks()[0]);
    if (counterpart < 0) continue;
    ++result.keyframes;
    for (const Place& annotated : pair.Rows(Pair::kAnnotated, keyframe)) {
      const double iou = BestOverlap(annotated.row->box, pair.Rows(Pair::kOther, counterpart));
      ++result.boxes;
      result.hits += iou >= kMeets;
      if (result.first.row == nullptr && as_is < 0) result.first = annotated;
      if (as_is < 0) continue;
      const double other = BestOverlap(annotated.row->box, pair.Rows(Pair::kOther, as_is));
      ++result.both;
      result.iou += iou;
      result.iou_as_is += other;
      if (std::abs(iou - other) < 1e-6) continue;
      ++result.differ;
      if (iou > other && result.better++ == 0) result.first = annotated;
    }
  }
  return result;
}

}  // namespace

void CheckClocks(const Pair& pair, std::vector<Finding>& findings) {
  const int64_t sample = pair.sample().size();
  const ClockResult as_is = Compare(pair, Clocks()[0]);
  ClockResult best;
  const Clock* clock = nullptr;
  for (const Clock& candidate : Clocks().subspan(1)) {
    const ClockResult result = Compare(pair, candidate);
    // Key frames that exist only under this numbering, or boxes that lie clearly better under it.
    const bool covers = result.keyframes >= 2 && 10 * result.keyframes >= 9 * sample &&
                        result.keyframes >= 2 * as_is.keyframes + 1 && 4 * result.hits >= result.boxes &&
                        result.hits > 0;
    const bool fits = result.both >= 3 && result.differ >= 3 && 10 * result.better >= 8 * result.differ &&
                      2 * result.iou >= result.both &&
                      4 * (result.iou - result.iou_as_is) >= result.both - result.iou_as_is;
    if ((covers || fits) && result.hits > best.hits) {
      best = result;
      clock = &candidate;
    }
  }
  if (clock == nullptr) return;
  Finding finding;
  finding.kind = Kind::kKeyframesShifted;
  finding.file = pair.side(Pair::kOther).file;
  finding.count = best.keyframes;
  finding.of = sample;
  if (best.first.row != nullptr) finding.first = BoxText(pair.side(Pair::kAnnotated), best.first);
  if (IsCertain(best.hits, as_is.hits, std::max(best.boxes, as_is.boxes)))
    finding.severity = Severity::kError;
  finding.text =
      absl::StrCat("boxes fit those of ", pair.side(Pair::kAnnotated).file, " better ", clock->text, "; ",
                   best.hits, " instead of ", as_is.hits, " annotated boxes meet one (IoU 0.5), on ",
                   best.keyframes, " instead of ", as_is.keyframes, " of ", sample, " key frames");
  findings.push_back(std::move(finding));
}

void CheckSameBoxes(const Pair& pair, const SideFacts& other, std::vector<Finding>& findings) {
  const bool labels = pair.side(Pair::kOther).role == Role::kDetections;
  int64_t rows = 0, equal = 0;
  Place first;
  for (int keyframe : pair.sample()) {
    const absl::Span<const Place> annotated = pair.Rows(Pair::kAnnotated, keyframe);
    for (const Place& place : pair.Rows(Pair::kOther, keyframe)) {
      ++rows;
      const bool same = std::any_of(annotated.begin(), annotated.end(), [&](const Place& a) {
        return a.row->box == place.row->box && (!labels || a.row->class_id == place.row->class_id);
      });
      if (same && equal++ == 0) first = place;
    }
  }
  const bool scores_say_so = other.ScoresAreWhole() || other.ScoresAreEqual();
  if (!(rows >= 2 && scores_say_so && 10 * equal >= 9 * rows) &&
      !(rows >= 50 && labels && 100 * equal >= 99 * rows)) {
    return;
  }
  Finding finding;
  finding.kind = Kind::kAnnotationsAsBoxes;
  finding.file = pair.side(Pair::kOther).file;
  finding.count = equal;
  finding.of = rows;
  finding.first = BoxText(pair.side(Pair::kOther), first);
  finding.text =
      absl::StrCat(equal, " of ", rows, " rows have the key frame, ", labels ? "class and box" : "box",
                   " of a row of ", pair.side(Pair::kAnnotated).file,
                   labels ? ": annotations given as detections?" : ": annotations given as a list of boxes?");
  findings.push_back(std::move(finding));
}

}  // namespace mrsn::plausibility
