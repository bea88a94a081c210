#include "experiments/parity/forward_input.h"

#include <ATen/ATen.h>

#include <set>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "ops/base/status_macros.h"

namespace mrsn::experiments {
namespace {

struct Dimension {
  const char* name;   // "B"; not shown for a known size
  int64_t size = -1;  // -1: any from `at_least` on
  int64_t at_least = 1;
};

std::string Text(at::ScalarType type) {
  switch (type) {
    case at::kFloat:
      return "float32";
    case at::kDouble:
      return "float64";
    case at::kHalf:
      return "float16";
    case at::kBFloat16:
      return "bfloat16";
    case at::kLong:
      return "int64";
    case at::kInt:
      return "int32";
    case at::kByte:
      return "uint8";
    case at::kBool:
      return "bool";
    default:
      return c10::toString(type);
  }
}

std::string Text(const std::vector<Dimension>& shape) {
  return absl::StrCat("[",
                      absl::StrJoin(shape, ",",
                                    [](std::string* text, const Dimension& dimension) {
                                      if (dimension.size >= 0) {
                                        absl::StrAppend(text, dimension.size);
                                      } else {
                                        absl::StrAppend(text, dimension.name);
                                      }
                                    }),
                      "]");
}

bool Fits(at::IntArrayRef sizes, const std::vector<Dimension>& shape) {
  if (sizes.size() != shape.size()) return false;
  for (size_t k = 0; k < shape.size(); ++k) {
    if (shape[k].size >= 0 ? sizes[k] != shape[k].size : sizes[k] < shape[k].at_least) return false;
  }
  return true;
}

// Takes the tensors one by one; what is left is unexpected.
class Reader {
 public:
  Reader(const Safetensors& input, std::string origin) : input_(input), origin_(std::move(origin)) {}

  bool Holds(const std::string& name) const { return input_.tensors.count(name) > 0; }

  absl::StatusOr<at::Tensor> Take(const std::string& name, at::ScalarType type,
                                  const std::vector<Dimension>& shape) {
    taken_.insert(name);
    const std::string expected = absl::StrCat(Text(type), " ", Text(shape));
    const auto found = input_.tensors.find(name);
    if (found == input_.tensors.end()) {
      return absl::InvalidArgumentError(absl::StrCat(origin_, ": holds no tensor '", name, "', ", expected));
    }
    const at::Tensor& tensor = found->second;
    if (tensor.scalar_type() != type || !Fits(tensor.sizes(), shape)) {
      return Wrong(
          name,
          absl::StrCat("is ", Text(tensor.scalar_type()), " [", absl::StrJoin(tensor.sizes(), ","), "]"),
          expected);
    }
    if (type == at::kFloat) {
      const at::Tensor bad = at::isfinite(tensor).logical_not().nonzero();
      if (bad.size(0) > 0) {
        const auto* index = bad.const_data_ptr<int64_t>();
        std::vector<int64_t> at(index, index + tensor.dim());
        at::Tensor value = tensor;
        for (const int64_t i : at) value = value.select(0, i);
        return Wrong(name, absl::StrCat("holds ", value.item<float>(), " at [", absl::StrJoin(at, ","), "]"),
                     "finite values");
      }
    }
    return tensor;
  }

  // Whole numbers from low to high.
  absl::Status InRange(const std::string& name, const at::Tensor& values, int64_t low, int64_t high) const {
    const auto* value = values.const_data_ptr<int64_t>();
    for (int64_t i = 0; i < values.numel(); ++i) {
      if (value[i] < low || value[i] > high) {
        return Wrong(name, absl::StrCat("is ", value[i], " at [", i, "]"), absl::StrCat(low, " to ", high));
      }
    }
    return absl::OkStatus();
  }

  absl::Status Wrong(const std::string& name, const std::string& found, const std::string& expected) const {
    return absl::InvalidArgumentError(
        absl::StrCat(origin_, ": tensor '", name, "' ", found, ", expected ", expected));
  }

  absl::Status NothingElse() const {
    for (const auto& [name, tensor] : input_.tensors) {
      if (taken_.count(name) > 0) continue;
      return absl::InvalidArgumentError(absl::StrCat(origin_, ": unexpected tensor '", name,
                                                     "'; this model reads ", absl::StrJoin(taken_, ", ")));
    }
    return absl::OkStatus();
  }

 private:
  const Safetensors& input_;
  const std::string origin_;
  std::set<std::string> taken_;
};

absl::Status CheckBoxes(const std::string& name, const at::Tensor& boxes, const Reader& reader) {
  const auto* box = boxes.const_data_ptr<float>();
  for (int64_t n = 0; n < boxes.size(0); ++n, box += 4) {
    const bool ordered = 0 <= box[0] && box[0] <= box[2] && box[2] <= 1 &&  //
                         0 <= box[1] && box[1] <= box[3] && box[3] <= 1;
    if (!ordered) {
      return reader.Wrong(name, absl::StrCat("is [", absl::StrJoin(box, box + 4, ","), "] in row ", n),
                          "x1,y1,x2,y2 with 0 <= x1 <= x2 <= 1 and 0 <= y1 <= y2 <= 1");
    }
  }
  return absl::OkStatus();
}

absl::Status CheckAscending(const at::Tensor& clip_index, const Reader& reader) {
  const auto* clip = clip_index.const_data_ptr<int64_t>();
  for (int64_t n = 1; n < clip_index.numel(); ++n) {
    if (clip[n] < clip[n - 1]) {
      return reader.Wrong("clip_index", absl::StrCat("is ", clip[n], " at [", n, "], after ", clip[n - 1]),
                          "ascending numbers");
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<DetectorInput> ReadDetectorInput(const Safetensors& input, const std::string& origin,
                                                ActionDetector& model) {
  Reader reader(input, origin);
  DetectorInput batch;
  MRSN_ASSIGN_OR_RETURN(batch.slow, reader.Take("slow", at::kFloat, {{"B"}, {"", 3}, {"T"}, {"H"}, {"W"}}));
  const int64_t clips = batch.slow.size(0);
  if (const int64_t alpha = model.backbone().alpha(); alpha > 0) {
    const auto sizes = batch.slow.sizes();
    MRSN_ASSIGN_OR_RETURN(
        batch.fast,
        reader.Take("fast", at::kFloat,
                    {{"", clips}, {"", 3}, {"", alpha * sizes[2]}, {"", sizes[3]}, {"", sizes[4]}}));
  }
  if (model.reads_flow()) {
    const auto sizes = batch.slow.sizes();
    MRSN_ASSIGN_OR_RETURN(
        batch.flow, reader.Take("flow", at::kFloat,
                                {{"", clips}, {"", 2}, {"", sizes[2]}, {"", sizes[3]}, {"", sizes[4]}}));
  }
  MRSN_ASSIGN_OR_RETURN(batch.boxes, reader.Take("boxes", at::kFloat, {{"N", -1, 0}, {"", 4}}));
  MRSN_RETURN_IF_ERROR(CheckBoxes("boxes", batch.boxes, reader));
  MRSN_ASSIGN_OR_RETURN(batch.clip_index, reader.Take("clip_index", at::kLong, {{"", batch.boxes.size(0)}}));
  MRSN_RETURN_IF_ERROR(reader.InRange("clip_index", batch.clip_index, 0, clips - 1));
  MRSN_RETURN_IF_ERROR(CheckAscending(batch.clip_index, reader));
  const bool bank =
      reader.Holds("bank_features") || reader.Holds("bank_clip_index") || reader.Holds("bank_offset");
  if (model.needs_bank() && bank) {
    MRSN_ASSIGN_OR_RETURN(batch.bank.features,
                          reader.Take("bank_features", at::kFloat, {{"M", -1, 0}, {"", model.bank_width()}}));
    const int64_t entries = batch.bank.features.size(0);
    MRSN_ASSIGN_OR_RETURN(batch.bank.clip_index, reader.Take("bank_clip_index", at::kLong, {{"", entries}}));
    MRSN_RETURN_IF_ERROR(reader.InRange("bank_clip_index", batch.bank.clip_index, 0, clips - 1));
    MRSN_ASSIGN_OR_RETURN(batch.bank.offset, reader.Take("bank_offset", at::kLong, {{"", entries}}));
    MRSN_RETURN_IF_ERROR(
        reader.InRange("bank_offset", batch.bank.offset, -model.bank_radius(), model.bank_radius()));
  }
  if (model.reads_objects() && (reader.Holds("object_boxes") || reader.Holds("object_clip_index"))) {
    MRSN_ASSIGN_OR_RETURN(batch.object_boxes,
                          reader.Take("object_boxes", at::kFloat, {{"O", -1, 0}, {"", 4}}));
    MRSN_RETURN_IF_ERROR(CheckBoxes("object_boxes", batch.object_boxes, reader));
    MRSN_ASSIGN_OR_RETURN(batch.object_clip_index,
                          reader.Take("object_clip_index", at::kLong, {{"", batch.object_boxes.size(0)}}));
    MRSN_RETURN_IF_ERROR(reader.InRange("object_clip_index", batch.object_clip_index, 0, clips - 1));
  }
  MRSN_RETURN_IF_ERROR(reader.NothingElse());
  return batch;
}

}  // namespace mrsn::experiments
