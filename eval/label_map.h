// Lists of classes: the label maps of AVA in both dialects, and the lists built in.
#ifndef MRSN_EVAL_LABEL_MAP_H_
#define MRSN_EVAL_LABEL_MAP_H_

#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "eval/evaluated_class.h"
#include "eval/io/lines.h"
#include "eval/io/text_file.h"
#include "eval/protocol.h"

namespace mrsn::eval {

struct LabelMap {
  std::vector<EvaluatedClass> classes;
  std::vector<Warning> warnings;
};

// Reads `item { name id }` (the 60 evaluated classes) and `label { name label_id
// label_type }` (all 80) line by line, as every evaluator does: only lines that begin
// with exactly two blanks and "name:", "id:", "label_id:" or "label_type:" count.
// Kinds: PERSON_MOVEMENT "pose", OBJECT_MANIPULATION "person-object",
// PERSON_INTERACTION "person-person", another label_type as it stands; classes without
// one take AVA v2.2's type if id and name are AVA's. Errors name file, line and value.
absl::StatusOr<LabelMap> ReadLabelMap(const std::string& path);
absl::StatusOr<LabelMap> ParseLabelMap(const TextFile& file);

// Without a label map: AVA's 60 evaluated classes, UCF101-24's 24.
std::vector<EvaluatedClass> DefaultClasses(Dataset dataset);

absl::flat_hash_set<int> ClassIds(const std::vector<EvaluatedClass>& classes);

}  // namespace mrsn::eval

#endif  // MRSN_EVAL_LABEL_MAP_H_
