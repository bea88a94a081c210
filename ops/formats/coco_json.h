// COCO's JSON as AlphAction and HIT write it, read in one pass without a tree in memory.
#ifndef MRSN_OPS_FORMATS_COCO_JSON_H_
#define MRSN_OPS_FORMATS_COCO_JSON_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace mrsn::formats {

// One object of the file; a member that the object does not have keeps its default.
struct CocoRecord {
  // The member of the top-level object whose list holds it: "images", "annotations"; "" if the file is a
  // list.
  std::string section;
  int64_t number = 0;        // in its list, from 0
  std::string id, image_id;  // numbers as text
  std::string movie, file_name, img_path;
  std::string timestamp;
  double width = 0, height = 0;
  std::vector<double> bbox;  // x, y, width, height
  std::vector<double> action_ids;
  double category_id = 0, person_id = 0;
  double score = 1;
  bool has_score = false;
};

// Calls visit(record) for each object of a top-level list, or of the lists of a top-level object. Other
// members are skipped. Errors name `origin` and the byte: no JSON, or nested more than 64 deep; an error of
// `visit` ends the reading.
absl::Status ReadCocoJson(absl::string_view bytes, const std::string& origin,
                          const std::function<absl::Status(const CocoRecord&)>& visit);

}  // namespace mrsn::formats

#endif  // MRSN_OPS_FORMATS_COCO_JSON_H_
