// Everything that a check of a data set found, for the screen and for programs.
#ifndef MRSN_DATASETS_CHECK_REPORT_H_
#define MRSN_DATASETS_CHECK_REPORT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace mrsn::datasets {

enum class CheckSeverity {
  kNote,     // worth knowing
  kWarning,  // probably not as meant; a run goes through
  kError,    // a run stops, or its numbers are wrong
};

struct CheckFinding {
  CheckSeverity severity = CheckSeverity::kWarning;
  std::string code;     // "missing_video": the kind, the same for ever
  std::string subject;  // the video or the file concerned
  std::string text;     // a sentence without a full stop
  int64_t count = 1;    // cases that the finding stands for
};

struct ClassCount {
  int id = 0;
  std::string name;
  int64_t examples = 0;  // rows of the annotation, without the excluded key frames
  bool evaluated = true;
};

// Boxes of persons against annotated boxes. A share is -1 where there is nothing to divide by.
struct BoxNumbers {
  int64_t boxes = 0, kept = 0;  // `kept`: above the threshold
  double threshold = 0;
  // The share of annotated boxes that a box covers with an IoU of 0.5 and 0.75 or more: all boxes, kept ones.
  double recall_50 = -1, recall_75 = -1, kept_recall_50 = -1, kept_recall_75 = -1;
};

struct SplitNumbers {
  std::string name;
  int64_t videos = 0, keyframes = 0, excluded = 0, rows = 0,
          persons = 0;  // persons: rows without equal boxes
  bool has_boxes = false;
  BoxNumbers boxes;
  std::vector<ClassCount> classes;
};

struct CheckReport {
  std::string root, level;
  std::vector<CheckFinding> findings;
  std::vector<SplitNumbers> splits;
  int64_t video_files = 0, frame_folders = 0, frames = 0;  // of the videos that the splits name
  int64_t resumed = 0;  // videos of which an earlier check, which was stopped, knew all

  void Add(CheckSeverity severity, absl::string_view code, absl::string_view subject, absl::string_view text,
           int64_t count = 1);
  int64_t Count(CheckSeverity severity) const;
  // Worst first; findings of one code together; equal findings, as of a file that two splits share, once.
  void Sort();
};

std::string CheckSeverityName(CheckSeverity severity);  // "note", "warning", "error"

// The numbers and the findings; of each code the first `most` ones.
std::string CheckSummary(const CheckReport& report, int most);

// All of it.
std::string CheckJson(const CheckReport& report);

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_CHECK_REPORT_H_
