#include <algorithm>
#include <cmath>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "ops/base/status_macros.h"
#include "ops/formats/box_list_layouts.h"
#include "ops/formats/numbers.h"
#include "ops/formats/pickle/numpy_pickle.h"
#include "ops/formats/row_checks.h"
#include "ops/formats/row_collector.h"

namespace mrsn::formats {
namespace {

using Kind = PickleValue::Kind;

absl::Status Bad(const std::string& name, absl::string_view place, absl::string_view found,
                 absl::string_view expected) {
  return absl::InvalidArgumentError(absl::StrCat(name, ": ", place, ": ", found, ", expected ", expected));
}

// A box as numbers: an array, or a list or tuple of four or five.
bool Numbers(const PickleValue& value, std::vector<double>* numbers) {
  numbers->clear();
  if (const NumpyArray* array = ArrayOf(value)) {
    if (array->shape.size() != 1 || array->size() > 5) return false;
    for (int64_t i = 0; i < array->size(); ++i) numbers->push_back(array->Number(i).value_or(NAN));
    return true;
  }
  if (!value.IsSequence() || value.items.size() > 5) return false;
  for (const PickleValue* item : value.items) {
    if (!item->IsNumber()) return false;
    numbers->push_back(item->Number());
  }
  return true;
}

absl::Status AddArray(const PickleValue& value, const std::string& video, double time,
                      const std::string& name, const std::string& place, RowCollector* rows) {
  std::vector<double> numbers;
  const NumpyArray* array = ArrayOf(value);
  const bool empty_list = array == nullptr && value.IsSequence() && value.items.empty();
  if (empty_list || (array != nullptr && array->size() == 0)) return absl::OkStatus();
  const bool fits =
      array != nullptr && array->shape.size() == 2 && (array->shape[1] == 4 || array->shape[1] == 5);
  if (array != nullptr ? !fits : !value.IsSequence()) {
    return Bad(name, place, value.Described(), "an array [N,5] of x1, y1, x2, y2, score, or [N,4]");
  }
  const int64_t count = array != nullptr ? array->shape[0] : value.items.size();
  const int64_t columns = array != nullptr ? array->shape[1] : 0;
  for (int64_t i = 0; i < count; ++i) {
    if (array != nullptr) {
      numbers.clear();
      for (int64_t c = 0; c < columns; ++c) numbers.push_back(array->Number(i * columns + c).value_or(NAN));
    } else if (!Numbers(*value.items[i], &numbers) || numbers.size() < 4) {
      return Bad(name, place, value.items[i]->Described(), "four or five numbers");
    }
    Row row;
    row.box = {numbers[0], numbers[1], numbers[2], numbers[3]};
    const std::string row_place = absl::StrCat(place, " row ", i);
    if (numbers.size() == 5) {
      row.score = numbers[4];
    } else {
      rows->Warn(kNoScore, row_place);
    }
    MRSN_RETURN_IF_ERROR(rows->Add(RowKind::kDetections, video, time, row, row_place));
  }
  return absl::OkStatus();
}

// mmaction2: "video,0902" -> array.
absl::Status FromDict(const PickleValue& dict, const std::string& name, RowCollector* rows) {
  for (size_t i = 0; i + 1 < dict.items.size(); i += 2) {
    const PickleValue& key = *dict.items[i];
    const std::string place = key.IsText() ? Quoted(key.text) : absl::StrCat("key ", i / 2);
    const size_t comma = key.IsText() ? key.text.rfind(',') : std::string::npos;
    double time = 0;
    if (comma == std::string::npos || comma == 0 ||
        !ParseDouble(absl::string_view(key.text).substr(comma + 1), time)) {
      return Bad(name, place, absl::StrCat("a key that is ", key.IsText() ? place : key.Described()),
                 "\"video,0902\" (mmaction2's proposals)");
    }
    const std::string video = key.text.substr(0, comma);
    MRSN_RETURN_IF_ERROR(rows->AddKeyframe(video, time, place));
    MRSN_RETURN_IF_ERROR(AddArray(*dict.items[i + 1], video, time, name, place, rows));
  }
  return absl::OkStatus();
}

// The number in AVA's files of ACAR's class `index`: idx_to_class is a list or dict of {"id", "name"}.
int ClassOf(const PickleValue& classes, int64_t index) {
  const PickleValue* entry = nullptr;
  if (classes.IsSequence() && index >= 0 && index < static_cast<int64_t>(classes.items.size())) {
    entry = classes.items[index];
  }
  for (size_t i = 0; classes.kind == Kind::kDict && i + 1 < classes.items.size(); i += 2) {
    if (classes.items[i]->kind == Kind::kInt && classes.items[i]->integer == index)
      entry = classes.items[i + 1];
  }
  const PickleValue* id = entry == nullptr ? nullptr : entry->Get("id");
  return id != nullptr && id->kind == Kind::kInt && id->integer >= 0 && id->integer < 1'000'000
             ? static_cast<int>(id->integer)
             : 0;
}

// ACAR-Net: (items, idx_to_class).
absl::Status FromList(const PickleValue& list, const PickleValue& classes, const std::string& name,
                      RowCollector* rows) {
  std::vector<double> numbers;
  absl::flat_hash_map<int64_t, int> class_of;
  for (size_t i = 0; i < list.items.size(); ++i) {
    const PickleValue& item = *list.items[i];
    const std::string place = absl::StrCat("item ", i);
    const PickleValue *video = item.Get("video"), *at = item.Get("time"), *labels = item.Get("labels");
    double time = 0;
    if (video == nullptr || !video->IsText() || at == nullptr || labels == nullptr || !labels->IsSequence() ||
        !(at->IsNumber() || (at->IsText() && ParseDouble(at->text, time)))) {
      return Bad(name, place, item.Described(),
                 "a dict with \"video\", \"time\" and \"labels\" (ACAR-Net's annotation)");
    }
    if (at->IsNumber()) time = at->Number();
    MRSN_RETURN_IF_ERROR(rows->AddKeyframe(video->text, time, place));
    for (size_t j = 0; j < labels->items.size(); ++j) {
      const PickleValue& label = *labels->items[j];
      const std::string box_place = absl::StrCat(place, " label ", j);
      const PickleValue *box = label.Get("bounding_box"), *score = label.Get("score"),
                        *ids = label.Get("label"), *person = label.Get("person_idx");
      if (box == nullptr || !Numbers(*box, &numbers) || numbers.size() < 4) {
        return Bad(name, box_place, label.Described(), "a dict with \"bounding_box\", four numbers");
      }
      Row row;
      row.box = {numbers[0], numbers[1], numbers[2], numbers[3]};
      if (person != nullptr && person->IsNumber()) row.person_id = person->Number();
      if (score != nullptr && score->IsNumber()) {
        row.score = score->Number();
      } else if (numbers.size() == 5) {
        row.score = numbers[4];
      } else {
        rows->Warn(kNoScore, box_place);
      }
      std::vector<int64_t> indices;
      if (ids != nullptr && ids->kind == Kind::kInt) indices.push_back(ids->integer);
      for (size_t k = 0; ids != nullptr && ids->IsSequence() && k < ids->items.size(); ++k) {
        if (ids->items[k]->kind == Kind::kInt) indices.push_back(ids->items[k]->integer);
      }
      if (indices.empty())
        MRSN_RETURN_IF_ERROR(rows->Add(RowKind::kDetections, video->text, time, row, box_place));
      for (const int64_t index : indices) {
        const auto [known, first] = class_of.emplace(index, 0);
        if (first) known->second = ClassOf(classes, index);
        row.class_id = known->second;
        MRSN_RETURN_IF_ERROR(rows->Add(RowKind::kDetections, video->text, time, row, box_place));
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<BoxList> BoxListFromPickle(const PickleTree& tree, const std::string& name, int64_t bytes,
                                          const BoxListOptions& options) {
  RowCollector rows(name, options.csv, std::max<int64_t>(bytes, 1000));
  BoxList list;
  const PickleValue& root = *tree.root;
  static const PickleValue none{};
  const bool pair = root.IsSequence() && root.items.size() == 2 && root.items[0]->IsSequence() &&
                    root.items[1]->kind != Kind::kString;
  if (root.kind == Kind::kDict && root.Get("blobs") == nullptr && root.Get("gttubes") == nullptr) {
    list.layout = "mmaction2 pickle";
    MRSN_RETURN_IF_ERROR(FromDict(root, name, &rows));
  } else if (pair ||
             (root.kind == Kind::kList && !root.items.empty() && root.items[0]->kind == Kind::kDict)) {
    list.layout = "ACAR-Net pickle";
    MRSN_RETURN_IF_ERROR(FromList(pair ? *root.items[0] : root, pair ? *root.items[1] : none, name, &rows));
  } else {
    return absl::InvalidArgumentError(absl::StrCat(
        name, ": a pickle of ", root.Described(), root.Get("blobs") != nullptr ? " with Caffe2 weights" : "",
        root.Get("gttubes") != nullptr ? " with annotations of UCF101-24" : "",
        ", not a box list: expected mmaction2's dict or ACAR-Net's (list, idx_to_class)"));
  }
  list.contents = rows.Finish();
  return list;
}

}  // namespace mrsn::formats
