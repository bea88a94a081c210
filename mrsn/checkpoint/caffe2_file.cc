#include "mrsn/checkpoint/caffe2_file.h"

#include <algorithm>
#include <cstring>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "ops/base/status_macros.h"
#include "ops/formats/text_file.h"

namespace mrsn {
namespace {

using Kind = formats::PickleValue::Kind;

const DtypeInfo* InfoOf(const formats::NumpyType& type) {
  const std::string name = type.Name();
  const auto* found =
      std::find_if(std::begin(kDtypeInfos), std::end(kDtypeInfos), [&](const DtypeInfo& info) {
        return name == info.name && static_cast<int64_t>(info.bytes) == type.bytes;
      });
  return found == std::end(kDtypeInfos) ? nullptr : found;
}

}  // namespace

absl::StatusOr<Caffe2File> Caffe2File::Parse(absl::string_view bytes, const std::string& origin) {
  Caffe2File file;
  MRSN_ASSIGN_OR_RETURN(file.tree_, formats::ParseNumpyPickle(bytes, origin));
  const formats::PickleValue* blobs = file.tree_.root->Get("blobs");
  if (blobs == nullptr || blobs->kind != Kind::kDict) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "%s: a pickle of %s, not a checkpoint: expected a file of torch.save, or a Caffe2 model with a "
        "dict \"blobs\"",
        origin, file.tree_.root->Described()));
  }
  std::set<std::string> names;
  for (size_t i = 0; i + 1 < blobs->items.size(); i += 2) {
    const formats::PickleValue &key = *blobs->items[i], &value = *blobs->items[i + 1];
    if (value.IsNumber()) continue;
    const std::string name = key.IsText() ? formats::Quoted(key.text) : absl::StrCat(i / 2);
    const formats::NumpyArray* array = formats::ArrayOf(value);
    const DtypeInfo* info = array == nullptr ? nullptr : InfoOf(array->type);
    if (!key.IsText() || info == nullptr) {
      return absl::InvalidArgumentError(absl::StrFormat("%s: blob %s is %s, expected an array of numbers",
                                                        origin, name, value.Described()));
    }
    if (!names.insert(key.text).second) {
      return absl::InvalidArgumentError(absl::StrFormat("%s: blob %s occurs twice", origin, name));
    }
    file.blobs_.push_back({key.text, info->dtype, array});
  }
  if (file.blobs_.empty())
    return absl::InvalidArgumentError(absl::StrCat(origin, ": \"blobs\" holds no arrays"));
  return file;
}

absl::StatusOr<Caffe2File> Caffe2File::Open(const std::string& path) {
  MRSN_ASSIGN_OR_RETURN(const formats::TextFile file, formats::TextFile::OpenUnchecked(path));
  return Parse(file.text(), path);
}

void CopyElements(const formats::NumpyArray& array, void* out) {
  const int64_t bytes = array.type.bytes;
  if (!array.column_major && !array.type.big_endian) {
    std::memcpy(out, array.data->data(), array.data->size());
    return;
  }
  char* to = static_cast<char*>(out);
  for (int64_t i = 0; i < array.size(); ++i, to += bytes) {
    std::memcpy(to, array.data->data() + array.Place(i), bytes);
    if (array.type.big_endian) std::reverse(to, to + bytes);
  }
}

}  // namespace mrsn
