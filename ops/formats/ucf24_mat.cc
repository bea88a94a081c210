#include <fcntl.h>
#include <matio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "ops/base/status_macros.h"
#include "ops/formats/ucf24_files.h"

// GCC's macro or Clang's feature.
#if defined(__SANITIZE_ADDRESS__)
#define MRSN_ADDRESS_SANITIZER
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define MRSN_ADDRESS_SANITIZER
#endif
#endif

namespace mrsn::formats {
namespace {

struct CloseMat {
  void operator()(mat_t* mat) const { Mat_Close(mat); }
};
struct FreeVariable {
  void operator()(matvar_t* variable) const { Mat_VarFree(variable); }
};

size_t Elements(const matvar_t* v) {
  if (v == nullptr || v->rank < 1 || v->dims == nullptr) return 0;
  size_t count = 1;
  for (int i = 0; i < v->rank; ++i) {
    if (v->dims[i] != 0 && count > (size_t{1} << 40) / v->dims[i]) return 0;
    count *= v->dims[i];
  }
  return count;
}

// Element i of a numeric variable of any stored type.
std::optional<double> Number(const matvar_t* v, size_t i) {
  if (v == nullptr || v->data == nullptr || v->isComplex || i >= Elements(v)) return std::nullopt;
  const auto at = [&](auto type) -> std::optional<double> {
    using T = decltype(type);
    if (v->data_size != static_cast<int>(sizeof(T)) || v->nbytes < (i + 1) * sizeof(T)) return std::nullopt;
    return static_cast<double>(static_cast<const T*>(v->data)[i]);
  };
  switch (v->class_type) {
    case MAT_C_DOUBLE:
      return at(double{});
    case MAT_C_SINGLE:
      return at(float{});
    case MAT_C_INT8:
      return at(int8_t{});
    case MAT_C_UINT8:
      return at(uint8_t{});
    case MAT_C_INT16:
      return at(int16_t{});
    case MAT_C_UINT16:
      return at(uint16_t{});
    case MAT_C_INT32:
      return at(int32_t{});
    case MAT_C_UINT32:
      return at(uint32_t{});
    case MAT_C_INT64:
      return at(int64_t{});
    case MAT_C_UINT64:
      return at(uint64_t{});
    default:
      return std::nullopt;
  }
}

std::optional<std::string> Text(const matvar_t* v) {
  if (v == nullptr || v->class_type != MAT_C_CHAR || v->data == nullptr) return std::nullopt;
  const size_t count = Elements(v);
  std::string text;
  for (size_t i = 0; i < count; ++i) {
    if (v->data_size == 1 && v->nbytes >= count) {
      text += static_cast<const char*>(v->data)[i];
    } else if (v->data_size == 2 && v->nbytes >= 2 * count) {
      const uint16_t unit = static_cast<const uint16_t*>(v->data)[i];
      text += unit < 128 ? static_cast<char>(unit) : '?';
    } else {
      return std::nullopt;
    }
  }
  return text;
}

// Field `name` of element `index` of a struct array, or null.
matvar_t* Field(matvar_t* v, const char* name, size_t index) {
  if (v == nullptr || v->class_type != MAT_C_STRUCT || v->data == nullptr || index >= Elements(v))
    return nullptr;
  return Mat_VarGetStructFieldByName(v, name, index);
}

class Reader {
 public:
  Reader(const std::string& path, RowBlock& block) : path_(path), block_(block) {}

  absl::Status Read(matvar_t* annot) {
    const size_t videos = Elements(annot);
    for (size_t i = 0; i < videos; ++i) {
      const std::string place = absl::StrCat("annot(", i + 1, ")");
      const std::optional<std::string> video = Text(Field(annot, "name", i));
      if (!video.has_value() || video->empty() || video->find('\n') != std::string::npos) {
        return Bad(place + ".name", "text");
      }
      matvar_t* tubes = Field(annot, "tubes", i);
      const size_t count = Elements(tubes);
      if (tubes != nullptr && count > 0 && tubes->class_type != MAT_C_STRUCT)
        return Bad(place + ".tubes", "a struct");
      for (size_t t = 0; t < count; ++t) {
        MRSN_RETURN_IF_ERROR(
            Tube(*video, tubes, t, absl::StrCat(place, " (", Quoted(*video), ") .tubes(", t + 1, ")")));
      }
    }
    return absl::OkStatus();
  }

 private:
  absl::Status Bad(const std::string& place, const std::string& expected) {
    return absl::InvalidArgumentError(absl::StrCat(path_, ": ", place, ": expected ", expected));
  }

  absl::Status Tube(const std::string& video, matvar_t* tubes, size_t t, const std::string& place) {
    int whole[3];
    const char* const names[] = {"sf", "ef", "class"};
    for (int i = 0; i < 3; ++i) {
      const std::optional<double> value = Number(Field(tubes, names[i], t), 0);
      if (!value.has_value() || !(*value >= 1) || *value > 1e8 || *value != std::floor(*value)) {
        return Bad(absl::StrCat(place, ".", names[i], value.has_value() ? absl::StrCat(" is ", *value) : ""),
                   "a whole number from 1");
      }
      whole[i] = static_cast<int>(*value);
    }
    const matvar_t* boxes = Field(tubes, "boxes", t);
    const size_t elements = Elements(boxes);
    const size_t rows = elements / 4;
    if (boxes == nullptr || boxes->rank != 2 || boxes->dims[1] != 4 || rows == 0)
      return Bad(place + ".boxes", "N x 4 numbers");
    if (static_cast<int64_t>(rows) != int64_t{whole[1]} - whole[0] + 1) {
      return Bad(absl::StrCat(place, ".boxes has ", rows, " rows"),
                 absl::StrCat("ef - sf + 1 = ", int64_t{whole[1]} - whole[0] + 1));
    }
    for (size_t i = 0; i < rows; ++i) {
      double xywh[4];  // stored by column
      for (int c = 0; c < 4; ++c) {
        const std::optional<double> value = Number(boxes, c * rows + i);
        if (!value.has_value() || !std::isfinite(*value)) {
          return Bad(absl::StrCat(place, ".boxes(", i + 1, ",", c + 1, ")"), "a finite number");
        }
        xywh[c] = *value;
      }
      if (xywh[2] < 0 || xywh[3] < 0) {
        return Bad(absl::StrCat(place, ".boxes(", i + 1, ",:) is ", xywh[0], ",", xywh[1], ",", xywh[2], ",",
                                xywh[3]),
                   "width and height >= 0");
      }
      Row row;
      row.box = {xywh[0], xywh[1], xywh[0] + xywh[2], xywh[1] + xywh[3]};
      row.class_id = whole[2] - 1;
      row.person_id = static_cast<double>(t);
      row.keyframe = block_.keyframes.Find(video, whole[0] + static_cast<int64_t>(i));
      block_.rows.push_back(row);
    }
    return absl::OkStatus();
  }

  const std::string& path_;
  RowBlock& block_;
};

absl::Status ReadInThisProcess(const std::string& path, RowBlock& block) {
  const std::unique_ptr<mat_t, CloseMat> mat(Mat_Open(path.c_str(), MAT_ACC_RDONLY));
  if (mat == nullptr) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": libmatio cannot open it as a MAT file"));
  }
  const std::unique_ptr<matvar_t, FreeVariable> annot(Mat_VarRead(mat.get(), "annot"));
  if (annot == nullptr || annot->class_type != MAT_C_STRUCT) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": expected a struct array named 'annot'"));
  }
  return Reader(path, block).Read(annot.get());
}

// The child sends a length and that many bytes of an error message (none on success), then the names of the
// videos, the keyframes, the rows.
template <typename T>
void Put(std::string& bytes, const T* values, uint64_t count) {
  bytes.append(reinterpret_cast<const char*>(&count), sizeof count);
  bytes.append(reinterpret_cast<const char*>(values), count * sizeof(T));
}

template <typename T>
bool Take(absl::string_view& bytes, std::vector<T>& values) {
  uint64_t count;
  if (bytes.size() < sizeof count) return false;
  std::memcpy(&count, bytes.data(), sizeof count);
  bytes.remove_prefix(sizeof count);
  if (count > bytes.size() / sizeof(T)) return false;
  values.resize(count);
  if (count > 0) std::memcpy(static_cast<void*>(values.data()), bytes.data(), count * sizeof(T));
  bytes.remove_prefix(count * sizeof(T));
  return true;
}

std::string Serialize(const absl::Status& status, const RowBlock& block) {
  std::string bytes;
  Put(bytes, status.message().data(), status.message().size());
  if (!status.ok()) return bytes;
  std::string names;
  for (const std::string& video : block.keyframes.videos()) names += video + '\n';
  Put(bytes, names.data(), names.size());
  Put(bytes, block.keyframes.keyframes().data(), block.keyframes.keyframes().size());
  Put(bytes, block.rows.data(), block.rows.size());
  return bytes;
}

absl::StatusOr<RowBlock> Deserialize(absl::string_view bytes) {
  const absl::Status cut = absl::InternalError("the reading process ended early");
  std::vector<char> message, names;
  std::vector<KeyframeTable::Entry> keyframes;
  RowBlock block;
  if (!Take(bytes, message)) return cut;
  if (!message.empty()) return absl::InvalidArgumentError({message.data(), message.size()});
  if (!Take(bytes, names) || !Take(bytes, keyframes) || !Take(bytes, block.rows)) return cut;
  const std::vector<std::string> videos = absl::StrSplit(absl::string_view(names.data(), names.size()), '\n');
  for (const KeyframeTable::Entry& entry : keyframes)
    block.keyframes.Find(videos[entry.video], entry.timestamp);
  return block;
}

// libmatio may go round a damaged file for ever. The 1.2 MB of the published file take a second or two.
rlim_t SecondsFor(const std::string& path) {
  std::error_code none;
  const uintmax_t bytes = std::filesystem::file_size(path, none);
  return 1 + (none ? 0 : bytes * 30 >> 20);
}

[[noreturn]] void Child(const std::string& path, int out) {
  for (int signal : {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL}) ::signal(signal, SIG_DFL);
  const rlim_t allowed = SecondsFor(path);
  const struct rlimit seconds = {allowed, allowed}, no_core = {0, 0};
  ::setrlimit(RLIMIT_CPU, &seconds);
  ::setrlimit(RLIMIT_CORE, &no_core);
#ifndef MRSN_ADDRESS_SANITIZER  // which reserves terabytes
  const struct rlimit memory = {rlim_t{4} << 30, rlim_t{4} << 30};
  ::setrlimit(RLIMIT_DATA, &memory);
#endif
  Mat_LogInitFunc("mrsn", [](int, char*) {});  // its messages end in abort() or on the terminal
  RowBlock block;
  const absl::Status status = ReadInThisProcess(path, block);
  const std::string bytes = Serialize(status, block);
  for (size_t at = 0; at < bytes.size();) {
    const ssize_t written = ::write(out, bytes.data() + at, bytes.size() - at);
    if (written <= 0) break;
    at += written;
  }
  ::_exit(0);
}

}  // namespace

// libmatio crashes on some damaged files (found by fuzzing: null field names, wrong
// sizes), so that it runs in a process of its own whose end does no harm.
absl::StatusOr<CsvContents> ReadUcf24Mat(const std::string& path) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return absl::ErrnoToStatus(errno, "cannot make a pipe");
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(ends[0]);
    Child(path, ends[1]);
  }
  ::close(ends[1]);
  std::string bytes;
  std::vector<char> buffer(1 << 16);
  for (ssize_t got; child > 0 && (got = ::read(ends[0], buffer.data(), buffer.size())) != 0;) {
    if (got > 0) bytes.append(buffer.data(), got);
    if (got < 0 && errno != EINTR) break;
  }
  ::close(ends[0]);
  if (child < 0) return absl::ErrnoToStatus(errno, "cannot start a process to read a MAT file");
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    return absl::DataLossError(
        absl::StrCat(path, ": damaged MAT file: libmatio ended with ",
                     WIFSIGNALED(status) ? absl::StrCat("signal ", WTERMSIG(status)) : "an error", " on it"));
  }
  CsvContents contents;
  MRSN_ASSIGN_OR_RETURN(RowBlock block, Deserialize(bytes));
  contents.num_rows = block.rows.size();
  contents.has_tubes = true;
  contents.blocks.push_back(std::move(block));
  return contents;
}

}  // namespace mrsn::formats
