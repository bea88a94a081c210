#include "datasets/persons/tiny_onnx.h"

namespace mrsn::datasets {
namespace {

// Bytes of protobuf messages, after onnx.proto.
std::string Varint(uint64_t value) {
  std::string bytes;
  for (; value >= 128; value >>= 7) bytes += static_cast<char>((value & 127) | 128);
  return bytes += static_cast<char>(value);
}
std::string Number(int field, uint64_t value) { return Varint(field << 3) + Varint(value); }
std::string Bytes(int field, const std::string& bytes) {
  return Varint((field << 3) | 2) + Varint(bytes.size()) + bytes;
}

std::string Raw(const void* data, size_t size) { return std::string(static_cast<const char*>(data), size); }

std::string Tensor(const std::string& name, int type, const std::vector<int64_t>& dims,
                   const std::string& raw) {
  std::string tensor;
  for (const int64_t dim : dims) tensor += Number(1, dim);
  return tensor + Number(2, type) + Bytes(8, name) + Bytes(9, raw);
}

std::string Node(const std::string& type, const std::vector<std::string>& inputs, const std::string& output) {
  std::string node;
  for (const std::string& input : inputs) node += Bytes(1, input);
  return node + Bytes(2, output) + Bytes(3, output) + Bytes(4, type);
}

std::string ValueInfo(const std::string& name, const std::vector<int64_t>& dims) {
  std::string shape;
  for (const int64_t dim : dims) shape += Bytes(1, dim > 0 ? Number(1, dim) : Bytes(2, "open"));
  return Bytes(1, name) + Bytes(2, Bytes(1, Number(1, 1) + Bytes(2, shape)));
}

}  // namespace

std::string TinyOnnx(cv::Size input, const std::vector<int64_t>& shape, const std::vector<float>& values,
                     const std::vector<int>& plus_channel_0) {
  constexpr int kFloat = 1, kInt64 = 7;
  const int64_t count = static_cast<int64_t>(values.size());
  std::vector<float> weight(count * 3);
  for (const int number : plus_channel_0) weight[number * 3] = 1;
  constexpr int kInts = 7;
  const std::string kernel = Bytes(1, "kernel_shape") + Number(8, 1) + Number(8, 1) + Number(20, kInts);
  const std::string convolution = Node("Conv", {"mean", "weight", "bias"}, "numbers") + Bytes(5, kernel);
  const std::string graph =
      Bytes(1, Node("GlobalAveragePool", {"image"}, "mean")) + Bytes(1, convolution) +
      Bytes(1, Node("Reshape", {"numbers", "shape"}, "output")) + Bytes(2, "tiny") +
      Bytes(5,
            Tensor("weight", kFloat, {count, 3, 1, 1}, Raw(weight.data(), weight.size() * sizeof(float)))) +
      Bytes(5, Tensor("bias", kFloat, {count}, Raw(values.data(), values.size() * sizeof(float)))) +
      Bytes(5, Tensor("shape", kInt64, {static_cast<int64_t>(shape.size())},
                      Raw(shape.data(), shape.size() * sizeof(int64_t)))) +
      Bytes(11, ValueInfo("image", {1, 3, input.height, input.width})) +
      Bytes(12, ValueInfo("output", shape));
  return Number(1, 7) + Bytes(7, graph) + Bytes(8, Bytes(1, "") + Number(2, 11));
}

}  // namespace mrsn::datasets
