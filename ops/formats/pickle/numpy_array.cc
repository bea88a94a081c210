#include <algorithm>
#include <cmath>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "ops/formats/pickle/numpy_pickle.h"
#include "ops/formats/pickle/text_opcodes.h"

namespace mrsn::formats {
namespace {

template <typename T>
double As(const char* bytes) {
  T value;
  std::memcpy(&value, bytes, sizeof value);
  return static_cast<double>(value);
}

double Half(uint16_t bits) {
  const int exponent = bits >> 10 & 31;
  const double fraction = (bits & 1023) / 1024.0;
  const double sign = bits & 0x8000 ? -1 : 1;
  if (exponent == 31) return fraction == 0 ? sign * HUGE_VAL : NAN;
  return sign * (exponent == 0 ? std::ldexp(fraction, -14) : std::ldexp(1 + fraction, exponent - 15));
}

}  // namespace

std::string NumpyType::Name() const {
  switch (kind) {
    case 'b':
      return "bool";
    case 'i':
      return absl::StrCat("int", 8 * bytes);
    case 'u':
      return absl::StrCat("uint", 8 * bytes);
    case 'f':
      return absl::StrCat("float", 8 * bytes);
    case 'S':
      return "bytes";
    case 'U':
      return "text";
    default:
      return "objects";
  }
}

std::string NumpyArray::Described() const {
  return absl::StrCat("a numpy array of ", type.Name(), " [", absl::StrJoin(shape, ","), "]");
}

int64_t NumpyArray::size() const {
  int64_t elements = 1;
  for (const int64_t extent : shape) elements *= extent;
  return elements;
}

int64_t NumpyArray::Place(int64_t i) const {
  if (!column_major || shape.size() < 2) return i * type.bytes;
  int64_t place = 0;
  std::vector<int64_t> strides(shape.size(), 1);
  for (size_t d = 1; d < shape.size(); ++d) strides[d] = strides[d - 1] * shape[d - 1];
  for (size_t d = shape.size(); d-- > 0;) {
    place += i % shape[d] * strides[d];
    i /= shape[d];
  }
  return place * type.bytes;
}

std::optional<double> NumpyArray::Number(int64_t i) const {
  if (data == nullptr || i < 0 || i >= size() || type.bytes > 8) return std::nullopt;
  char bytes[8] = {};
  std::memcpy(bytes, data->data() + Place(i), type.bytes);
  if (type.big_endian) std::reverse(bytes, bytes + type.bytes);
  const auto is = [&](char kind, int64_t size) { return type.kind == kind && type.bytes == size; };
  if (is('f', 4)) return As<float>(bytes);
  if (is('f', 8)) return As<double>(bytes);
  if (is('f', 2)) return Half(static_cast<uint16_t>(As<uint16_t>(bytes)));
  if (is('u', 1) || is('b', 1)) return As<uint8_t>(bytes);
  if (is('u', 2)) return As<uint16_t>(bytes);
  if (is('u', 4)) return As<uint32_t>(bytes);
  if (is('u', 8)) return As<uint64_t>(bytes);
  if (is('i', 1)) return As<int8_t>(bytes);
  if (is('i', 2)) return As<int16_t>(bytes);
  if (is('i', 4)) return As<int32_t>(bytes);
  if (is('i', 8)) return As<int64_t>(bytes);
  return std::nullopt;
}

std::optional<std::string> NumpyArray::Text(int64_t i) const {
  if (data == nullptr || i < 0 || i >= size() || (type.kind != 'U' && type.kind != 'S')) return std::nullopt;
  const absl::string_view raw = absl::string_view(*data).substr(Place(i), type.bytes);
  std::string text;
  if (type.kind == 'S') {
    text = std::string(raw);
    while (!text.empty() && text.back() == '\0') text.pop_back();
    return text;
  }
  for (size_t at = 0; at + 4 <= raw.size(); at += 4) {
    char bytes[4];
    std::memcpy(bytes, raw.data() + at, 4);
    if (type.big_endian) std::reverse(bytes, bytes + 4);
    uint32_t point;
    std::memcpy(&point, bytes, 4);
    if (point == 0) break;
    if (!AppendUtf8(point, &text)) return std::nullopt;
  }
  return text;
}

const NumpyArray* ArrayOf(const PickleValue& value) {
  return value.kind == PickleValue::Kind::kObject ? dynamic_cast<const NumpyArray*>(value.object.get())
                                                  : nullptr;
}

}  // namespace mrsn::formats
