#include "ops/testing/golden.h"

#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <vector>

#include "ATen/ATen.h"

namespace mrsn::ops {
namespace {

at::ScalarType DtypeFromName(const std::string& name, const std::string& where) {
  if (name == "f4") return at::kFloat;
  if (name == "f8") return at::kDouble;
  if (name == "i8") return at::kLong;
  throw std::runtime_error(where + ": dtype is \"" + name + "\", expected f4, f8 or i8");
}

std::string ReadBytes(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error(path + ": cannot be opened; is it in the test's data?");
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace

const at::Tensor& GoldenBundle::operator[](const std::string& name) const {
  const auto found = tensors.find(name);
  if (found == tensors.end()) throw std::runtime_error(path + ".json: no tensor is named \"" + name + "\"");
  return found->second;
}

GoldenBundle ReadGoldenBundle(const std::string& path) {
  GoldenBundle bundle;
  bundle.path = path;
  nlohmann::json header;
  try {
    header = nlohmann::json::parse(ReadBytes(path + ".json"));
  } catch (const nlohmann::json::exception& error) {
    throw std::runtime_error(path + ".json: " + error.what());
  }
  const std::string bytes = ReadBytes(path + ".bin");
  bundle.meta = header.value("meta", nlohmann::json::object());
  for (const nlohmann::json& entry : header.at("tensors")) {
    const std::string name = entry.at("name");
    const std::string where = path + ".json: tensor \"" + name + "\"";
    const at::ScalarType dtype = DtypeFromName(entry.at("dtype"), where);
    const std::vector<int64_t> shape = entry.at("shape");
    const uint64_t offset = entry.at("offset");
    at::Tensor tensor = at::empty(shape, dtype);
    if (entry.at("nbytes") != tensor.nbytes() || offset > bytes.size() ||
        tensor.nbytes() > bytes.size() - offset) {
      throw std::runtime_error(where + ": its shape needs " + std::to_string(tensor.nbytes()) +
                               " bytes at offset " + std::to_string(offset) + ", the file holds " +
                               std::to_string(bytes.size()) + " and nbytes says " +
                               entry.at("nbytes").dump());
    }
    if (tensor.nbytes() > 0) std::memcpy(tensor.data_ptr(), bytes.data() + offset, tensor.nbytes());
    bundle.tensors.emplace(name, tensor);
  }
  return bundle;
}

}  // namespace mrsn::ops
