// UCF101-24's annotations as pickles: pyannot.pkl of corrected-UCF101-Annots and UCF101v2-GT.pkl of ACT, MOC
// and mmaction2.
#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "ops/base/status_macros.h"
#include "ops/formats/class_lists.h"
#include "ops/formats/pickle/numpy_pickle.h"
#include "ops/formats/row_collector.h"
#include "ops/formats/ucf24_files.h"

namespace mrsn::formats {
namespace {

using Kind = PickleValue::Kind;

absl::Status Bad(const std::string& name, absl::string_view place, absl::string_view expected) {
  return absl::InvalidArgumentError(absl::StrCat(name, ": ", place, ": expected ", expected));
}

// A whole number from 0 to 10^8.
bool Whole(const PickleValue* value, int64_t* number) {
  if (value == nullptr || !value->IsNumber()) return false;
  const double read = value->Number();
  if (!(read >= 0 && read <= 1e8) || read != std::floor(read)) return false;
  *number = static_cast<int64_t>(read);
  return true;
}

// Rows of an array [N, columns] as doubles.
bool Table(const PickleValue* value, int64_t columns, std::vector<double>* numbers) {
  const NumpyArray* array = value == nullptr ? nullptr : ArrayOf(*value);
  if (array == nullptr || array->shape.size() != 2 || array->shape[1] != columns) return false;
  numbers->clear();
  for (int64_t i = 0; i < array->size(); ++i) {
    const std::optional<double> number = array->Number(i);
    if (!number.has_value()) return false;
    numbers->push_back(*number);
  }
  return true;
}

// pyannot.pkl: "Class/v_..." -> {"annotations": [{"sf", "ef", "label", "boxes"}], ..}. Frames from 0, the end
// is the first frame after the tube; boxes are x, y, width, height in uint8 or uint16, in which x + width
// overflows.
absl::Status ReadPyannot(const PickleValue& root, const std::string& name, const Ucf24ClassIds& ids,
                         RowCollector* rows) {
  std::vector<double> boxes;
  for (size_t i = 0; i + 1 < root.items.size(); i += 2) {
    if (!root.items[i]->IsText()) return Bad(name, absl::StrCat("key ", i / 2), "a video's name");
    const std::string& video = root.items[i]->text;
    const PickleValue* tubes = root.items[i + 1]->Get("annotations");
    if (tubes == nullptr || !tubes->IsSequence()) return Bad(name, Quoted(video), "a list \"annotations\"");
    for (size_t t = 0; t < tubes->items.size(); ++t) {
      const PickleValue& tube = *tubes->items[t];
      const std::string place = absl::StrCat(Quoted(video), " tube ", t);
      int64_t first, end, label;
      if (!Whole(tube.Get("sf"), &first) || !Whole(tube.Get("ef"), &end) ||
          !Whole(tube.Get("label"), &label)) {
        return Bad(name, place, "whole numbers \"sf\", \"ef\" and \"label\"");
      }
      if (!Table(tube.Get("boxes"), 4, &boxes)) return Bad(name, place, "\"boxes\", an array [N,4]");
      const int64_t count = boxes.size() / 4;
      if (count != end - first) {
        return Bad(name, absl::StrCat(place, ": ", count, " boxes"), absl::StrCat("ef - sf = ", end - first));
      }
      Row row;
      row.class_id = ids.Of(static_cast<int>(label));
      row.person_id = static_cast<double>(t);
      for (int64_t k = 0; k < count; ++k) {
        const double* box = &boxes[4 * k];
        row.box = {box[0], box[1], box[0] + box[2], box[1] + box[3]};
        MRSN_RETURN_IF_ERROR(rows->Add(RowKind::kGroundTruth, video, static_cast<double>(first + k + 1), row,
                                       absl::StrCat(place, " box ", k)));
      }
    }
  }
  return absl::OkStatus();
}

// The class whose name stands at `index` of "labels", kNoClass if no class has the name.
absl::StatusOr<int> ClassOf(const PickleValue* labels, int64_t index, const std::vector<ActionClass>& classes,
                            const std::string& name) {
  if (labels == nullptr) return static_cast<int>(index);
  if (!labels->IsSequence() || index >= static_cast<int64_t>(labels->items.size()) ||
      !labels->items[index]->IsText()) {
    return Bad(name, absl::StrCat("labels, entry ", index), "the name of a class");
  }
  const ActionClass* found = FindClass(classes, labels->items[index]->text);
  return found == nullptr ? kNoClass : found->id;
}

// UCF101v2-GT.pkl: "gttubes" {video: {label: [array [N,5] of frame from 1, x1, y1, x2, y2]}}.
absl::Status ReadGroundTruth(const PickleValue& root, const std::string& name,
                             const std::vector<ActionClass>& classes, RowCollector* rows) {
  std::vector<double> table;
  const PickleValue& videos = *root.Get("gttubes");
  if (videos.kind != Kind::kDict) return Bad(name, "gttubes", "a dict of videos");
  for (size_t i = 0; i + 1 < videos.items.size(); i += 2) {
    const PickleValue& labels = *videos.items[i + 1];
    if (!videos.items[i]->IsText() || labels.kind != Kind::kDict) {
      return Bad(name, absl::StrCat("gttubes, entry ", i / 2), "a video's name and a dict of its labels");
    }
    const std::string& video = videos.items[i]->text;
    int64_t number = 0;
    for (size_t l = 0; l + 1 < labels.items.size(); l += 2) {
      int64_t label;
      const PickleValue& tubes = *labels.items[l + 1];
      if (!Whole(labels.items[l], &label) || !tubes.IsSequence()) {
        return Bad(name, absl::StrCat("gttubes, ", Quoted(video)), "a label and a list of tubes");
      }
      Row row;
      MRSN_ASSIGN_OR_RETURN(row.class_id, ClassOf(root.Get("labels"), label, classes, name));
      for (const PickleValue* tube : tubes.items) {
        const std::string place = absl::StrCat("gttubes, ", Quoted(video), " tube ", number);
        if (!Table(tube, 5, &table)) return Bad(name, place, "an array [N,5] of frame, x1, y1, x2, y2");
        row.person_id = static_cast<double>(number++);
        for (size_t k = 0; k + 4 < table.size(); k += 5) {
          row.box = {table[k + 1], table[k + 2], table[k + 3], table[k + 4]};
          MRSN_RETURN_IF_ERROR(
              rows->Add(RowKind::kGroundTruth, video, table[k], row, absl::StrCat(place, " row ", k / 5)));
        }
      }
    }
  }
  return absl::OkStatus();
}

// "resolution": {video: (height, width)}. What is none of these pairs is left out.
std::map<std::string, std::pair<int, int>> FrameSizes(const PickleValue* resolutions) {
  std::map<std::string, std::pair<int, int>> sizes;
  if (resolutions == nullptr || resolutions->kind != Kind::kDict) return sizes;
  for (size_t i = 0; i + 1 < resolutions->items.size(); i += 2) {
    const PickleValue &video = *resolutions->items[i], &pair = *resolutions->items[i + 1];
    int64_t height, width;
    if (!video.IsText() || !pair.IsSequence() || pair.items.size() != 2 || !Whole(pair.items[0], &height) ||
        !Whole(pair.items[1], &width)) {
      continue;
    }
    sizes[video.text] = {static_cast<int>(width), static_cast<int>(height)};
  }
  return sizes;
}

std::vector<std::vector<std::string>> Splits(const PickleValue* lists) {
  std::vector<std::vector<std::string>> splits;
  for (size_t i = 0; lists != nullptr && lists->IsSequence() && i < lists->items.size(); ++i) {
    splits.emplace_back();
    for (const PickleValue* video : lists->items[i]->items) {
      if (video->IsText()) splits.back().push_back(video->text);
    }
  }
  return splits;
}

}  // namespace

absl::StatusOr<Ucf24Annotations> ParseUcf24Pickle(absl::string_view bytes, const std::string& name,
                                                  const CsvOptions& options) {
  MRSN_ASSIGN_OR_RETURN(const PickleTree tree, ParseNumpyPickle(bytes, name));
  CsvOptions frames = options;
  frames.timestamps = Timestamps::kFrames;
  RowCollector rows(name, frames, std::max<int64_t>(bytes.size(), 1000));
  Ucf24Annotations annotations;
  const PickleValue& root = *tree.root;
  if (root.Get("gttubes") != nullptr) {
    annotations.layout = "UCF101v2-GT.pkl";
    MRSN_RETURN_IF_ERROR(ReadGroundTruth(
        root, name, options.named_classes != nullptr ? *options.named_classes : Ucf24Classes(), &rows));
    annotations.train_videos = Splits(root.Get("train_videos"));
    annotations.test_videos = Splits(root.Get("test_videos"));
    annotations.frame_sizes = FrameSizes(root.Get("resolution"));
  } else if (root.kind == Kind::kDict && root.items.size() > 1 && root.items[1]->kind == Kind::kDict) {
    annotations.layout = "pyannot.pkl";
    MRSN_RETURN_IF_ERROR(ReadPyannot(root, name, Ucf24ClassIds(options), &rows));
  } else {
    return absl::InvalidArgumentError(
        absl::StrCat(name, ": a pickle of ", root.Described(),
                     root.items.size() > 1 && ArrayOf(*root.items[1]) != nullptr ? " of arrays" : "",
                     ", not annotations of UCF101-24: expected pyannot.pkl's dict of videos or "
                     "UCF101v2-GT.pkl's \"gttubes\""));
  }
  annotations.contents = rows.Finish();
  annotations.contents.has_tubes = true;
  return annotations;
}

}  // namespace mrsn::formats
