#include "eval/tubes/linking.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "absl/strings/str_cat.h"

namespace mrsn::eval {
namespace {

struct OpenTube {
  std::vector<FrameBox> boxes;
  double score_sum = 0;
  double MeanScore() const { return score_sum / boxes.size(); }
  void Add(const FrameBox& box) {
    boxes.push_back(box);
    score_sum += box.score;
  }
};

bool Better(const FrameBox& a, const FrameBox& b) { return a.score > b.score; }

// The boxes of one frame that take part, descending score.
std::vector<FrameBox> Suppress(std::vector<FrameBox> boxes, const LinkingOptions& options) {
  std::stable_sort(boxes.begin(), boxes.end(), Better);
  std::vector<FrameBox> kept;
  std::vector<FrameBox> weaker;  // of soft_nms
  std::vector<char> taken(boxes.size(), 0);
  for (size_t i = 0; i < boxes.size(); ++i) {
    if (taken[i]) continue;
    kept.push_back(boxes[i]);
    if (!options.soft_nms && static_cast<int>(kept.size()) == options.boxes_per_frame) return kept;
    for (size_t j = i + 1; j < boxes.size(); ++j) {
      if (taken[j]) continue;
      const double overlap = PixelOverlap(boxes[i].box, boxes[j].box);
      if (!(overlap > options.frame_nms)) continue;
      taken[j] = 1;
      weaker.push_back(boxes[j]);
      weaker.back().score *= 1 - overlap;
    }
  }
  if (options.soft_nms) {
    kept.insert(kept.end(), weaker.begin(), weaker.end());
    std::stable_sort(kept.begin(), kept.end(), Better);
    if (static_cast<int>(kept.size()) > options.boxes_per_frame) kept.resize(options.boxes_per_frame);
  }
  return kept;
}

formats::BoxD ToFloat(const formats::BoxD& box) {
  return {static_cast<float>(box.x1), static_cast<float>(box.y1), static_cast<float>(box.x2),
          static_cast<float>(box.y2)};
}

Tube Close(const OpenTube& open) {
  Tube tube;
  tube.first_frame = open.boxes.front().frame;
  tube.score = open.MeanScore();
  for (const FrameBox& scored : open.boxes) {
    const formats::BoxD box = ToFloat(scored.box);
    if (!tube.boxes.empty()) FillGap(scored.frame - tube.last_frame(), box, &tube.boxes);
    tube.boxes.push_back(box);
  }
  return tube;
}

class Linker {
 public:
  explicit Linker(const LinkingOptions& options) : options_(options) {}

  void Frame(int64_t frame, std::vector<FrameBox> boxes) {
    // Frames without boxes are not visited: tubes that ended there end now.
    EndTubes(
        [&](const OpenTube& tube, size_t) { return frame - tube.boxes.back().frame > options_.end_after; });
    std::stable_sort(open_.begin(), open_.end(),
                     [](const OpenTube& a, const OpenTube& b) { return a.MeanScore() > b.MeanScore(); });
    std::vector<char> ends(open_.size(), 0);
    for (size_t t = 0; t < open_.size(); ++t) {
      const FrameBox last = open_[t].boxes.back();
      // Descending score: the first that overlaps is the best.
      const auto next = std::find_if(boxes.begin(), boxes.end(), [&](const FrameBox& box) {
        return PixelOverlap(box.box, last.box) >= options_.link_overlap;
      });
      if (next != boxes.end()) {
        open_[t].Add(*next);
        boxes.erase(next);
      } else {
        ends[t] = frame - last.frame >= options_.end_after;
      }
    }
    EndTubes([&](const OpenTube&, size_t t) { return ends[t] != 0; });
    for (const FrameBox& box : boxes) {
      open_.emplace_back();
      open_.back().Add(box);
    }
  }

  LinkedTubes Finish() {
    EndTubes([](const OpenTube&, size_t) { return true; });
    LinkedTubes result;
    std::vector<Tube> tubes;
    for (const OpenTube& ended : ended_) {
      if (ended.MeanScore() < options_.min_score) {
        ++result.low_score;
      } else if (ended.boxes.back().frame - ended.boxes.front().frame + 1 < options_.min_length) {
        ++result.too_short;
      } else {
        tubes.push_back(Close(ended));
      }
    }
    const size_t before = tubes.size();
    result.tubes = SuppressTubes(std::move(tubes), options_.tube_nms);
    result.suppressed = before - result.tubes.size();
    return result;
  }

 private:
  template <typename Ends>
  void EndTubes(const Ends& ends) {
    std::vector<OpenTube> still_open;
    for (size_t t = 0; t < open_.size(); ++t)
      (ends(open_[t], t) ? ended_ : still_open).push_back(std::move(open_[t]));
    open_ = std::move(still_open);
  }

  const LinkingOptions& options_;
  std::vector<OpenTube> open_, ended_;
};

}  // namespace

absl::StatusOr<LinkingOptions> LinkingOptionsOf(absl::string_view name) {
  LinkingOptions options;
  if (name == "act") return options;
  if (name == "moc") {
    options.frame_nms = 0.6;
    options.soft_nms = true;
    options.link_overlap = 0.5;
    options.end_after = 1;
    options.min_score = 0.005;
    return options;
  }
  return absl::InvalidArgumentError(absl::StrCat("unknown linking '", name, "'; there are act, moc"));
}

absl::Status Validate(const LinkingOptions& options) {
  const auto share = [](absl::string_view name, double value) -> absl::Status {
    if (value > 0 && value <= 1) return absl::OkStatus();
    return absl::InvalidArgumentError(absl::StrCat(name, " is ", value, ", expected a number in (0, 1]"));
  };
  for (const absl::Status& status :
       {share("frame_nms", options.frame_nms), share("link_overlap", options.link_overlap),
        share("tube_nms", options.tube_nms)}) {
    if (!status.ok()) return status;
  }
  const auto positive = [](absl::string_view name, int value) -> absl::Status {
    if (value >= 1) return absl::OkStatus();
    return absl::InvalidArgumentError(absl::StrCat(name, " is ", value, ", expected a whole number from 1"));
  };
  for (const absl::Status& status :
       {positive("boxes_per_frame", options.boxes_per_frame), positive("end_after", options.end_after),
        positive("min_length", options.min_length)}) {
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

LinkedTubes LinkBoxes(std::vector<FrameBox> boxes, const LinkingOptions& options) {
  std::stable_sort(boxes.begin(), boxes.end(),
                   [](const FrameBox& a, const FrameBox& b) { return a.frame < b.frame; });
  Linker linker(options);
  for (size_t begin = 0, end; begin < boxes.size(); begin = end) {
    end = begin;
    while (end < boxes.size() && boxes[end].frame == boxes[begin].frame) ++end;
    linker.Frame(boxes[begin].frame, Suppress({boxes.begin() + begin, boxes.begin() + end}, options));
  }
  return linker.Finish();
}

}  // namespace mrsn::eval
