#include "experiments/parity/forward_input.h"

#include <ATen/ATen.h>

#include <set>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "ops/base/status_macros.h"

namespace mrsn::experiments {
namespace {

// A dimension of an expected shape.
struct Dimension {
  const char* symbol;  // "B"; shown as long as the size is open
  int64_t size;        // -1: any from `at_least` on
  int64_t at_least;
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
                                        absl::StrAppend(text, dimension.symbol);
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

absl::Status CheckAscending(const std::string& name, const at::Tensor& clip_index, const Reader& reader) {
  const auto* clip = clip_index.const_data_ptr<int64_t>();
  for (int64_t n = 1; n < clip_index.numel(); ++n) {
    if (clip[n] < clip[n - 1]) {
      return reader.Wrong(name, absl::StrCat("is ", clip[n], " at [", n, "], after ", clip[n - 1]),
                          "ascending numbers");
    }
  }
  return absl::OkStatus();
}

absl::Status CheckValues(const InputTensor& tensor, const at::Tensor& values, int64_t clips,
                         const ModelNeeds& needs, const Reader& reader) {
  switch (tensor.values) {
    case InputTensor::Values::kFrames:
      return absl::OkStatus();
    case InputTensor::Values::kBoxes:
      return CheckBoxes(tensor.name, values, reader);
    case InputTensor::Values::kClips:
      return reader.InRange(tensor.name, values, 0, clips - 1);
    case InputTensor::Values::kSorted:
      MRSN_RETURN_IF_ERROR(reader.InRange(tensor.name, values, 0, clips - 1));
      return CheckAscending(tensor.name, values, reader);
    case InputTensor::Values::kSeconds:
      return reader.InRange(tensor.name, values, -needs.bank->radius, needs.bank->radius);
  }
  return absl::InternalError("unknown kind of values");
}

constexpr int64_t kOpen = -1;

// The shape of a tensor, as far as the tensors read before it say.
std::vector<Dimension> ShapeOf(const InputTensor& tensor, const InputSize& known, const ModelNeeds& needs) {
  std::vector<Dimension> shape;
  for (const Extent& extent : tensor.shape) {
    shape.push_back({extent.symbol, SizeOf(extent, known, needs), extent.may_be_empty ? 0 : 1});
  }
  return shape;
}

}  // namespace

absl::StatusOr<DetectorInput> ReadDetectorInput(const Safetensors& input, const std::string& origin,
                                                ActionDetector& model) {
  const ModelNeeds needs = model.needs();
  Reader reader(input, origin);
  std::set<std::string> groups;  // those that hold a tensor
  for (const InputTensor& tensor : InputTensors()) {
    if (reader.Holds(tensor.name)) groups.insert(tensor.group);
  }
  DetectorInput batch;
  InputSize known = {kOpen, kOpen, kOpen, kOpen, kOpen, kOpen, kOpen};
  for (const InputTensor& tensor : InputTensors()) {
    const bool wanted = *tensor.group == '\0' || groups.count(tensor.group) > 0;
    if (!tensor.read(needs) || !wanted) continue;
    MRSN_ASSIGN_OR_RETURN(const at::Tensor values,
                          reader.Take(tensor.name, tensor.type(), ShapeOf(tensor, known, needs)));
    for (size_t k = 0; k < tensor.shape.size(); ++k) {
      if (tensor.shape[k].member != nullptr) known.*tensor.shape[k].member = values.size(k);
    }
    MRSN_RETURN_IF_ERROR(CheckValues(tensor, values, known.clips, needs, reader));
    tensor.of(batch) = values;
  }
  MRSN_RETURN_IF_ERROR(reader.NothingElse());
  return batch;
}

std::string InputTensorsHelp() {
  std::string help;
  for (const InputTensor& tensor : InputTensors()) {
    absl::StrAppendFormat(&help, "  %-17s %-26s %s\n", tensor.name, ShapeText(tensor), tensor.about);
  }
  return help;
}

}  // namespace mrsn::experiments
