// Small annotations and detections for the tests: right ones, which each test then spoils.
#ifndef MRSN_OPS_PLAUSIBILITY_SMALL_SIDES_H_
#define MRSN_OPS_PLAUSIBILITY_SMALL_SIDES_H_

#include <cmath>
#include <string>
#include <vector>

#include "ops/formats/annotation_rows.h"
#include "ops/plausibility/plausibility.h"

namespace mrsn::plausibility {

// A row with its names, as a line of a file.
struct Line {
  std::string video;
  double time = 0;
  int class_id = 0;
  formats::BoxD box;
  double score = 1;      // of detections and boxes
  double person_id = 1;  // of annotations
};

inline formats::RowBlock ToBlock(const std::vector<Line>& lines) {
  formats::RowBlock block;
  for (const Line& line : lines) {
    formats::Row row;
    row.box = line.box;
    row.score = line.score;
    row.person_id = line.person_id;
    row.class_id = line.class_id;
    row.keyframe = block.keyframes.Find(line.video, Timestamp::Nearest(line.time));
    block.rows.push_back(row);
  }
  return block;
}

// Three videos of six key frames from `first`, two persons each who move; 36 rows. Classes 1 to 4.
inline std::vector<Line> SmallAnnotations(double width = 1, double height = 1, double first = 902) {
  std::vector<Line> lines;
  for (int v = 0; v < 3; ++v) {
    for (int k = 0; k < 6; ++k) {
      for (int p = 0; p < 2; ++p) {
        const double x = 0.05 + 0.5 * p + 0.015 * k * (p == 0 ? 1 : -1), y = 0.1 + 0.02 * ((k * 5 + v) % 7);
        const double w = 0.12 + 0.01 * v, h = 0.5 + 0.03 * p;
        lines.push_back({std::string("vid") + static_cast<char>('A' + v), first + k, 1 + (v + p + k / 3) % 4,
                         formats::BoxD{x * width, y * height, (x + w) * width, (y + h) * height}, 1.0,
                         static_cast<double>(p)});
      }
    }
  }
  return lines;
}

// A detection for each: moved a little, with a score of its own.
inline std::vector<Line> Detected(std::vector<Line> lines) {
  for (int i = 0; i < static_cast<int>(lines.size()); ++i) {
    formats::BoxD& box = lines[i].box;
    const double w = box.x2 - box.x1, h = box.y2 - box.y1;
    box.x1 += 0.01 * w * (i % 3);
    box.x2 += 0.01 * w * (i % 5);
    box.y1 += 0.01 * h * (i % 4);
    box.y2 -= 0.01 * h * (i % 2);
    lines[i].score = 0.5 + 0.01 * (i % 37);
    lines[i].person_id = 1;
  }
  return lines;
}

// The findings of two files that hold these lines, notes included.
inline std::vector<Finding> Findings(const std::vector<Line>& annotations, const std::vector<Line>& other,
                                     const Options& options = {}, Role role = Role::kDetections) {
  const std::vector<formats::RowBlock> a = {ToBlock(annotations)};
  const std::vector<formats::RowBlock> b = {ToBlock(other)};
  return Check({Role::kAnnotations, "gt.csv", a}, {role, "det.csv", b}, options);
}

}  // namespace mrsn::plausibility

#endif  // MRSN_OPS_PLAUSIBILITY_SMALL_SIDES_H_
