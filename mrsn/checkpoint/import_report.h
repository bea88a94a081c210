// Accounts for every tensor of a file and of a model after an import.
#ifndef MRSN_MRSN_CHECKPOINT_IMPORT_REPORT_H_
#define MRSN_MRSN_CHECKPOINT_IMPORT_REPORT_H_

#include <string>
#include <vector>

namespace mrsn {

struct ImportReport {
  struct Entry {
    std::string source;  // name in the file
    std::string native;  // name in the model, or the name that the name map gives `source`
    std::string note;    // the reason, or the difference
  };
  std::string file;
  std::string format;       // of the name map: "pyslowfast"
  std::string file_sha256;  // 64 hexadecimal digits

  std::vector<Entry> mapped;        // copied into the model
  std::vector<Entry> inflated;      // those of `mapped` that were 2-D kernels and are spread over time
  std::vector<Entry> first_rows;    // those of `mapped` that lost their background class
  std::vector<Entry> left_out;      // in the file, left out by a rule or by ImportOptions::backbone_only
  std::vector<std::string> zeroed;  // in the model, 0 because the format's models lack them
  std::vector<std::string> kept;    // in the model, left as initialised by ImportOptions::backbone_only

  // An import is complete if these are empty.
  std::vector<std::string> missing;  // in the model, not in the file
  std::vector<Entry> unexpected;     // in the file, not in the model
  std::vector<Entry> mismatched;     // shape or kind of number differs

  bool complete() const { return missing.empty() && unexpected.empty() && mismatched.empty(); }

  // One line: "12 copied, 3 missing (first: head.classifier.weight), ..".
  std::string Summary() const;
  // Counts, then a line for each tensor that was not simply copied.
  std::string Text() const;
  // Every list in full.
  std::string Json() const;
};

}  // namespace mrsn

#endif  // MRSN_MRSN_CHECKPOINT_IMPORT_REPORT_H_
