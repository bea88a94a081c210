// Label maps: the text files that list a data set's classes.
#ifndef MRSN_OPS_FORMATS_LABEL_MAP_H_
#define MRSN_OPS_FORMATS_LABEL_MAP_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "ops/formats/class_lists.h"
#include "ops/formats/lines.h"
#include "ops/formats/text_file.h"

namespace mrsn::formats {

struct LabelMap {
  std::vector<ActionClass> classes;  // in the order of the file
  std::vector<Warning> warnings;
};

struct LabelMapOptions {
  // A field that is none of the five below is an error, not a warning; so is an id below 1 or an empty name.
  bool strict = false;
};

// Reads all of these, in any indentation, with '#' comments:
//   item { name: "bend/bow (at the waist)" id: 1 }          AVA's 60 evaluated classes
//   label {                                                 AVA's 80 classes
//     name: "stand"
//     label_id: 12
//     label_type: PERSON_MOVEMENT
//   }
//   12: stand                                               plain text, one class a line
// Fields come in any order, in one line or several, with an optional comma or semicolon between them;
// quotes are single or double, and display_name is an optional extra. Kinds come from label_type
// (KindOfLabelType); a class without one takes AVA v2.2's kind if id and name are AVA's.
// Errors name file, line and what was found: an entry without an id, an id that occurs a second time, text
// of another form, no class at all.
absl::StatusOr<LabelMap> ReadLabelMap(const std::string& path, const LabelMapOptions& options = {});
absl::StatusOr<LabelMap> ParseLabelMap(const TextFile& file, const LabelMapOptions& options = {});

}  // namespace mrsn::formats

#endif  // MRSN_OPS_FORMATS_LABEL_MAP_H_
