#include "mrsn/onnx/testing/onnx_runtime.h"

#include <ATen/ATen.h>
#include <poll.h>

#include <cstring>
#include <filesystem>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "ops/base/child_process.h"
#include "ops/base/file.h"
#include "ops/base/status_macros.h"

namespace mrsn::onnx {
namespace {

// Debian 12's, for which the wheels are.
constexpr char kPython[] = "/usr/bin/python3";
constexpr char kDriver[] = "mrsn/onnx/testing/run_onnx.py", kSite[] = "external/onnxruntime/site";

// run_onnx.py describes the layout.
std::string Bytes(const at::Tensor& tensor) {
  const at::Tensor values = tensor.detach().contiguous();
  const std::string type = values.scalar_type() == at::kLong ? "int64" : "float32";
  const std::string shape = values.dim() > 0 ? absl::StrCat(" ", absl::StrJoin(values.sizes(), " ")) : "";
  std::string bytes = absl::StrCat(type, shape, "\n");
  bytes.append(static_cast<const char*>(values.data_ptr()), values.nbytes());
  return bytes;
}

absl::StatusOr<at::Tensor> FloatTensor(const std::string& path) {
  MRSN_ASSIGN_OR_RETURN(const std::string bytes, ReadFile(path));
  const size_t end = bytes.find('\n');
  const std::vector<std::string> words = absl::StrSplit(bytes.substr(0, end), ' ');
  std::vector<int64_t> shape(words.size() - 1);
  for (size_t d = 0; d < shape.size(); ++d) {
    if (!absl::SimpleAtoi(words[d + 1], &shape[d]))
      return absl::InternalError(absl::StrCat(path, ": no shape"));
  }
  at::Tensor tensor = at::empty(shape, at::kFloat);
  if (end == std::string::npos || words[0] != "float32" || bytes.size() - end - 1 != tensor.nbytes()) {
    return absl::InternalError(absl::StrCat(path, ": not the float32 values of ", bytes.substr(0, end)));
  }
  if (tensor.numel() > 0) std::memcpy(tensor.data_ptr(), bytes.data() + end + 1, tensor.nbytes());
  return tensor;
}

absl::Status Run(const std::vector<std::string>& command) {
  ChildOptions options;
  options.command = command;
  options.title = "onnxruntime";
  MRSN_ASSIGN_OR_RETURN(ChildProcess child, ChildProcess::Start(options));
  do {
    pollfd ready = {child.output(), POLLIN, 0};
    poll(&ready, 1, -1);
  } while (child.Relay());
  const absl::Status ended = child.Wait();
  if (ended.ok()) return ended;
  return absl::InternalError(
      absl::StrCat("ONNX Runtime: ", ended.message(), ": ", absl::StrJoin(child.last_lines(), "\n")));
}

}  // namespace

absl::StatusOr<std::vector<TensorMap>> RunOnnx(const std::string& path,
                                               const std::vector<TensorMap>& inputs) {
  std::vector<std::string> command = {kPython, "-I", "-B", kDriver, kSite, path}, folders;
  for (size_t i = 0; i < inputs.size(); ++i) {
    folders.push_back(absl::StrCat(path, ".", i));
    for (const auto& [name, tensor] : inputs[i]) {
      MRSN_RETURN_IF_ERROR(WriteFileAtomically(absl::StrCat(folders.back(), "/", name), Bytes(tensor)));
    }
  }
  command.insert(command.end(), folders.begin(), folders.end());
  MRSN_RETURN_IF_ERROR(Run(command));
  std::vector<TensorMap> outputs(inputs.size());
  for (size_t i = 0; i < inputs.size(); ++i) {
    for (const auto& entry : std::filesystem::directory_iterator(folders[i])) {
      const std::string name = entry.path().filename();
      if (inputs[i].count(name) > 0) continue;
      MRSN_ASSIGN_OR_RETURN(outputs[i][name], FloatTensor(entry.path()));
    }
  }
  return outputs;
}

}  // namespace mrsn::onnx
