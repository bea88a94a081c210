// The layouts of box_list.h, one function each. Boxes come back in the file's unit, except where a file says
// the size of its frames.
#ifndef MRSN_OPS_FORMATS_BOX_LIST_LAYOUTS_H_
#define MRSN_OPS_FORMATS_BOX_LIST_LAYOUTS_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "ops/formats/box_list_types.h"
#include "ops/formats/pickle/value.h"
#include "ops/formats/text_file.h"

namespace mrsn::formats {

absl::StatusOr<BoxList> BoxListFromCsv(const TextFile& file, const BoxListOptions& options);
absl::StatusOr<BoxList> BoxListFromJson(absl::string_view bytes, const std::string& name,
                                        const BoxListOptions& options);
// mmaction2's dict or ACAR-Net's list. `bytes` is the file's size: it bounds the rows.
absl::StatusOr<BoxList> BoxListFromPickle(const PickleTree& tree, const std::string& name, int64_t bytes,
                                          const BoxListOptions& options);

}  // namespace mrsn::formats

#endif  // MRSN_OPS_FORMATS_BOX_LIST_LAYOUTS_H_
