#include "datasets/persons/onnx_input.h"

#include <google/protobuf/io/coded_stream.h>

#include <cstdint>
#include <limits>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace mrsn::datasets {
namespace {

// Field numbers of onnx.proto.
constexpr int kModelGraph = 7, kGraphInput = 11, kInputType = 2, kTypeTensor = 1, kTensorShape = 2,
              kShapeDim = 1, kDimValue = 1;

// The fields of one message: bytes of the length-delimited ones, values of the varints.
struct Field {
  int number = 0;
  absl::string_view bytes;
  uint64_t value = 0;
};

// False if the bytes are no message.
bool ReadFields(absl::string_view message, std::vector<Field>* fields) {
  if (message.size() > std::numeric_limits<int>::max()) return false;
  google::protobuf::io::CodedInputStream stream(reinterpret_cast<const uint8_t*>(message.data()),
                                                static_cast<int>(message.size()));
  while (stream.CurrentPosition() < static_cast<int>(message.size())) {
    Field field;
    const uint32_t tag = stream.ReadTag();
    field.number = static_cast<int>(tag >> 3);
    uint32_t size = 0, word = 0;
    uint64_t wide = 0;
    if (field.number == 0) return false;
    switch (tag & 7) {
      case 0:
        if (!stream.ReadVarint64(&field.value)) return false;
        break;
      case 1:
        if (!stream.ReadLittleEndian64(&wide)) return false;
        break;
      case 2: {
        if (!stream.ReadVarint32(&size)) return false;
        const size_t start = stream.CurrentPosition();
        if (size > message.size() - start || !stream.Skip(static_cast<int>(size))) return false;
        field.bytes = message.substr(start, size);
        break;
      }
      case 5:
        if (!stream.ReadLittleEndian32(&word)) return false;
        break;
      default:
        return false;
    }
    fields->push_back(field);
  }
  return true;
}

// All values of a field of length-delimited values.
std::vector<absl::string_view> Values(absl::string_view message, int number) {
  std::vector<Field> fields;
  std::vector<absl::string_view> values;
  if (!ReadFields(message, &fields)) return values;
  for (const Field& field : fields) {
    if (field.number == number) values.push_back(field.bytes);
  }
  return values;
}

absl::string_view Value(absl::string_view message, int number) {
  const std::vector<absl::string_view> values = Values(message, number);
  return values.empty() ? absl::string_view() : values.front();
}

// Sizes of an input; 0 for a dimension with a name instead of a size.
std::vector<int64_t> Dimensions(absl::string_view input) {
  std::vector<int64_t> sizes;
  for (const absl::string_view dimension :
       Values(Value(Value(Value(input, kInputType), kTypeTensor), kTensorShape), kShapeDim)) {
    std::vector<Field> fields;
    int64_t size = 0;
    if (ReadFields(dimension, &fields)) {
      for (const Field& field : fields) {
        if (field.number == kDimValue) size = static_cast<int64_t>(field.value);
      }
    }
    sizes.push_back(size);
  }
  return sizes;
}

}  // namespace

absl::StatusOr<cv::Size> OnnxInputSize(absl::string_view bytes, const std::string& name) {
  if (bytes.empty()) return absl::InvalidArgumentError(absl::StrCat(name, ": the file is empty"));
  if (absl::StartsWith(bytes, "<")) {
    return absl::InvalidArgumentError(absl::StrCat(name, ": a web page, not an ONNX model"));
  }
  std::vector<Field> model;
  const bool whole = ReadFields(bytes, &model);
  const absl::string_view graph = whole ? Value(bytes, kModelGraph) : absl::string_view();
  if (graph.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(name, ": not an ONNX model, or one that was cut (", bytes.size(), " bytes)"));
  }
  for (const absl::string_view input : Values(graph, kGraphInput)) {
    const std::vector<int64_t> sizes = Dimensions(input);
    // Old files list weights among the inputs: those of a convolution have four dimensions, too.
    if (sizes.size() != 4 || sizes[1] != 3 || sizes[0] > 1) continue;
    constexpr int64_t kLargest = 1 << 15;
    if (sizes[2] < 0 || sizes[3] < 0 || sizes[2] > kLargest || sizes[3] > kLargest) continue;
    return cv::Size(static_cast<int>(sizes[3]), static_cast<int>(sizes[2]));
  }
  return absl::InvalidArgumentError(absl::StrCat(name, ": no input of shape (1,3,height,width)"));
}

}  // namespace mrsn::datasets
