// What became of every tensor of a file and of a model.
#ifndef MRSN_MRSN_CHECKPOINT_IMPORT_REPORT_H_
#define MRSN_MRSN_CHECKPOINT_IMPORT_REPORT_H_

#include <string>
#include <vector>

namespace mrsn {

struct ImportReport {
  struct Entry {
    std::string source;  // name in the file
    std::string native;  // name in the model, or what the name map makes of `source`
    std::string note;    // why, or what differs
  };
  std::string file;
  std::string format;       // of the name map: "pyslowfast"
  std::string file_sha256;  // 64 hexadecimal digits

  std::vector<Entry> mapped;      // copied into the model
  std::vector<Entry> inflated;    // of those: 2-D kernels spread over time
  std::vector<Entry> first_rows;  // of those: without their background class
  std::vector<Entry> left_out;    // of the file, by a rule or by ImportOptions::backbone_only
  std::vector<std::string> kept;  // of the model, by ImportOptions::backbone_only: as initialised

  // What makes an import incomplete:
  std::vector<std::string> missing;  // of the model, not in the file
  std::vector<Entry> unexpected;     // of the file, not in the model
  std::vector<Entry> mismatched;     // of another shape or kind of number

  bool complete() const { return missing.empty() && unexpected.empty() && mismatched.empty(); }

  // One line: "12 copied, 3 missing (first: head.classifier.weight), ..".
  std::string Summary() const;
  // Counts, then a line for each tensor that was not simply copied.
  std::string Text() const;
  // All of it.
  std::string Json() const;
};

}  // namespace mrsn

#endif  // MRSN_MRSN_CHECKPOINT_IMPORT_REPORT_H_
