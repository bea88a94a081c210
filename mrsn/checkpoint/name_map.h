// Maps names of other frameworks' tensors to our names, by the rules of name_maps/*.textproto.
#ifndef MRSN_MRSN_CHECKPOINT_NAME_MAP_H_
#define MRSN_MRSN_CHECKPOINT_NAME_MAP_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace re2 {
class RE2;
}

namespace mrsn {

class NameMapper {
 public:
  // `text` is a NameMap in text format; `two_pathways` says what {slow} stands for. Errors
  // name `origin` and the field: unknown fields, bad regular expressions, bad group numbers.
  static absl::StatusOr<NameMapper> Parse(const std::string& text, const std::string& origin,
                                          bool two_pathways);
  NameMapper(NameMapper&&);
  NameMapper& operator=(NameMapper&&);
  ~NameMapper();

  const std::string& format() const { return format_; }
  bool Recognises(const std::vector<std::string>& names) const;
  // The reason why a tensor of this (foreign) name is left out; "" if it is not left out.
  std::string LeftOut(const std::string& name) const;
  std::string ToNative(std::string name) const;
  bool HasBackgroundRow(const std::string& native_name) const;
  bool ZeroIfMissing(const std::string& native_name) const;

 private:
  using Regex = std::unique_ptr<re2::RE2>;

  NameMapper();

  std::string format_;
  Regex recognised_by_, background_row_of_, zero_if_missing_;
  std::vector<std::pair<Regex, std::string>> rules_;     // match, to
  std::vector<std::pair<Regex, std::string>> left_out_;  // match, why
};

// Formats that come with the library, sorted: "acar", .., "native", ..
std::vector<std::string> NameMapFormats();

// The map of `format`, one of NameMapFormats(). For "auto": the map that recognises `names`, the tensors of
// the file `origin`. Errors list the known formats.
absl::StatusOr<NameMapper> ChooseNameMap(const std::string& format, const std::vector<std::string>& names,
                                         bool two_pathways, const std::string& origin);

}  // namespace mrsn

#endif  // MRSN_MRSN_CHECKPOINT_NAME_MAP_H_
