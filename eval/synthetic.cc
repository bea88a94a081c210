#include "eval/synthetic.h"

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <random>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "ops/base/status_macros.h"
#include "ops/formats/ava_csv.h"
#include "ops/formats/ucf24_files.h"

namespace mrsn::eval {
namespace {

constexpr int kRowsPerKeyframe = 32;
constexpr int kClasses[] = {1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 17, 59, 74, 79, 80};

// std::mt19937_64 is specified to the bit; the standard distributions are not.
class Random {
 public:
  double Real() { return (engine_() >> 11) * 0x1.0p-53; }
  double Between(double low, double high) { return low + (high - low) * Real(); }
  bool Chance(double p) { return Real() < p; }

 private:
  std::mt19937_64 engine_{2021};
};

// Four random decimals and the row's number, so that no two scores are equal.
double Score(Random& random, double mean, int64_t row) {
  const double score = std::min(0.9999, std::max(0.0, mean + 0.35 * (random.Real() + random.Real() - 1)));
  return static_cast<int>(score * 10000) / 10000.0 + row * 1e-11;
}

formats::BoxD Jittered(Random& random, const formats::BoxD& box, double amount) {
  const double w = (box.x2 - box.x1) * amount, h = (box.y2 - box.y1) * amount;
  return {box.x1 + random.Between(-w, w), box.y1 + random.Between(-h, h), box.x2 + random.Between(-w, w),
          box.y2 + random.Between(-h, h)};
}

formats::BoxD Clipped(const formats::BoxD& box, double width, double height) {
  return {std::max(0.0, box.x1), std::max(0.0, box.y1), std::min(width, box.x2), std::min(height, box.y2)};
}

struct Labelled {
  formats::BoxD box;
  std::vector<int> classes;
};

}  // namespace

absl::StatusOr<SyntheticFiles> SyntheticAva(const std::string& ground_truth_path, int64_t rows) {
  formats::CsvOptions options;
  options.num_threads = 1;
  MRSN_ASSIGN_OR_RETURN(formats::CsvContents contents,
                        formats::ReadAvaGroundTruth(ground_truth_path, options));
  const formats::RowBlock& real = contents.blocks.front();
  std::vector<std::vector<const formats::Row*>> of_keyframe(real.keyframes.size());
  for (const formats::Row& row : real.rows) of_keyframe[row.keyframe].push_back(&row);

  SyntheticFiles files;
  Random random;
  char line[160];
  for (int copy = 0; files.num_detections < rows; ++copy) {
    for (int k = 0; k < real.keyframes.size() && files.num_detections < rows; ++k) {
      const formats::KeyframeTable::Entry& entry = real.keyframes.keyframes()[k];
      std::string video = real.keyframes.videos()[entry.video];
      if (copy > 0) absl::StrAppend(&video, "_", copy);
      const int second = static_cast<int>(entry.micros / formats::KeyframeTable::kUnit);
      std::vector<Labelled> boxes;
      for (const formats::Row* row : of_keyframe[k]) {
        std::snprintf(line, sizeof line, "%s,%04d,%.3f,%.3f,%.3f,%.3f,%d\n", video.c_str(), second,
                      row->box.x1, row->box.y1, row->box.x2, row->box.y2, row->class_id);
        files.ground_truth += line;
        ++files.num_gt;
        if (random.Chance(0.85)) {
          boxes.push_back({Clipped(Jittered(random, row->box, 0.06), 1, 1), {row->class_id}});
        }
      }
      while (boxes.size() < 2 || random.Chance(0.2)) {
        const double x = random.Between(0, 0.6), y = random.Between(0, 0.4);
        boxes.push_back({{x, y, x + random.Between(0.05, 0.4), y + random.Between(0.1, 0.6)}, {}});
      }
      for (int i = 0; i < kRowsPerKeyframe; ++i) {
        const Labelled& one = boxes[i % boxes.size()];
        const size_t round = i / boxes.size();
        const bool right = round < one.classes.size();
        const int class_id = right ? one.classes[round] : kClasses[(round + k) % std::size(kClasses)];
        std::snprintf(line, sizeof line, "%s,%04d,%.3f,%.3f,%.3f,%.3f,%d,%.11f\n", video.c_str(), second,
                      one.box.x1, one.box.y1, one.box.x2, one.box.y2, class_id,
                      Score(random, right ? 0.6 : 0.25, files.num_detections));
        files.detections += line;
        ++files.num_detections;
      }
      ++files.num_keyframes;
    }
  }
  return files;
}

absl::StatusOr<SyntheticFiles> SyntheticUcf24(const std::string& mat_path,
                                              const std::string& video_list_path) {
  MRSN_ASSIGN_OR_RETURN(formats::CsvContents contents, formats::ReadUcf24Mat(mat_path));
  MRSN_ASSIGN_OR_RETURN(const absl::flat_hash_set<std::string> videos,
                        formats::ReadVideoList(video_list_path));
  formats::KeepVideos(videos, contents);
  const formats::RowBlock& real = contents.blocks.front();
  SyntheticFiles files;
  files.num_keyframes = real.keyframes.size();
  Random random;
  char line[160];
  for (const formats::Row& row : real.rows) {
    const formats::KeyframeTable::Entry& entry = real.keyframes.keyframes()[row.keyframe];
    const std::string& video = real.keyframes.videos()[entry.video];
    const int frame = static_cast<int>(entry.micros / formats::KeyframeTable::kUnit);
    std::snprintf(line, sizeof line, "%s,%d,%d,%.0f,%.0f,%.0f,%.0f\n", video.c_str(), frame, row.class_id,
                  row.box.x1, row.box.y1, row.box.x2, row.box.y2);
    files.ground_truth += line;
    ++files.num_gt;
    const auto detect = [&](const formats::BoxD& box, int class_id, double mean) {
      std::snprintf(line, sizeof line, "%s,%d,%d,%.11f,%.0f,%.0f,%.0f,%.0f\n", video.c_str(), frame, class_id,
                    Score(random, mean, files.num_detections), box.x1, box.y1, box.x2, box.y2);
      files.detections += line;
      ++files.num_detections;
    };
    if (random.Chance(0.85)) {
      const int class_id = random.Chance(0.9) ? row.class_id : static_cast<int>(24 * random.Real());
      detect(Clipped(Jittered(random, row.box, 0.12), 320, 240), class_id, 0.6);
    }
    if (random.Chance(0.235)) {
      const double x = random.Between(0, 250), y = random.Between(0, 150);
      detect({x, y, x + random.Between(10, 70), y + random.Between(10, 90)},
             static_cast<int>(24 * random.Real()), 0.25);
    }
  }
  return files;
}

}  // namespace mrsn::eval
