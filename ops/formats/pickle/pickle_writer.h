// Writes pickles for tests, as Python and numpy do.
//
//   PickleWriter out(2);
//   out.Dict([&] {
//     out.Text("vidA,0902");
//     out.Array("f8", {1, 5}, Raw<double>({0.1, 0.2, 0.3, 0.4, 0.9}));
//   });
//   out.Finish();   // the bytes
#ifndef MRSN_OPS_FORMATS_PICKLE_PICKLE_WRITER_H_
#define MRSN_OPS_FORMATS_PICKLE_PICKLE_WRITER_H_

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

namespace mrsn::formats {

// The elements' bytes, little-endian.
template <typename T>
std::string Raw(const std::vector<T>& values) {
  return std::string(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T));
}

class PickleWriter {
 public:
  // Protocol 2 writes bytes as Latin-1 through _codecs.encode, as Python 3 does; 4 writes names and lengths
  // in short forms. `module` is numpy's name for its core: "numpy.core" before version 2, "numpy._core"
  // since.
  explicit PickleWriter(int protocol = 2, std::string module = "numpy.core")
      : protocol_(protocol), core_(std::move(module)) {
    out_ = {'\x80', static_cast<char>(protocol)};
  }

  std::string Finish() { return out_ + "."; }
  void Op(const std::string& bytes) { out_ += bytes; }

  void Int(int64_t value) {
    if (value >= 0 && value < 256) {
      out_ += {'K', static_cast<char>(value)};
    } else {
      out_ += 'J' + Little(value, 4);
    }
  }
  void Float(double value) {
    uint64_t bits;
    std::memcpy(&bits, &value, sizeof bits);
    out_ += 'G';
    for (int i = 7; i >= 0; --i) out_ += static_cast<char>(bits >> (8 * i));
  }
  void Text(const std::string& text) {
    if (protocol_ >= 4 && text.size() < 256) {
      out_ += {'\x8c', static_cast<char>(text.size())};
    } else {
      out_ += 'X' + Little(text.size(), 4);
    }
    out_ += text;
  }
  void Bytes(const std::string& bytes) {
    if (protocol_ >= 3) {
      out_ += 'B' + Little(bytes.size(), 4) + bytes;
      return;
    }
    std::string text;
    for (const unsigned char byte : bytes) {
      if (byte < 0x80) {
        text += static_cast<char>(byte);
      } else {
        text += {static_cast<char>(0xc0 | byte >> 6), static_cast<char>(0x80 | (byte & 0x3f))};
      }
    }
    Call("_codecs", "encode", [&] { Text(text), Text("latin1"); });
  }
  void Global(const std::string& module, const std::string& name) {
    if (protocol_ < 4) {
      out_ += "c" + module + "\n" + name + "\n";
    } else {
      Text(module), Text(name);
      out_ += '\x93';
    }
  }
  template <typename Body>
  void Dict(const Body& body) {
    out_ += "}(";
    body();
    out_ += 'u';
  }
  template <typename Body>
  void List(const Body& body) {
    out_ += "](";
    body();
    out_ += 'e';
  }
  template <typename Body>
  void Tuple(const Body& body) {
    out_ += '(';
    body();
    out_ += 't';
  }
  template <typename Body>
  void Call(const std::string& module, const std::string& name, const Body& arguments) {
    Global(module, name);
    Tuple(arguments);
    out_ += 'R';
  }

  // `type` is numpy's: "f8", "u1", "U23", "<f4", ">i2".
  void Type(std::string type) {
    std::string order = type.back() == '1' && type.size() == 2 ? "|" : "<";
    if (type[0] == '<' || type[0] == '>') order = type.substr(0, 1), type = type.substr(1);
    Call("numpy", "dtype", [&] { Text(type), Int(0), Int(1); });
    Tuple([&] {
      Int(3), Text(order);
      out_ += "NNN";
      Int(-1), Int(-1), Int(0);
    });
    out_ += 'b';
  }
  void Array(const std::string& type, const std::vector<int64_t>& shape, const std::string& raw,
             bool column_major = false) {
    Call(core_ + ".multiarray", "_reconstruct", [&] {
      Global("numpy", "ndarray");
      Tuple([&] { Int(0); });
      Bytes("b");
    });
    Tuple([&] {
      Int(1);
      Tuple([&] {
        for (const int64_t extent : shape) Int(extent);
      });
      Type(type);
      out_ += column_major ? '\x88' : '\x89';
      Bytes(raw);
    });
    out_ += 'b';
  }
  void Scalar(const std::string& type, const std::string& raw) {
    Call(core_ + ".multiarray", "scalar", [&] { Type(type), Bytes(raw); });
  }

 private:
  static std::string Little(uint64_t value, int bytes) {
    std::string text;
    for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i));
    return text;
  }

  const int protocol_;
  const std::string core_;
  std::string out_;
};

}  // namespace mrsn::formats

#endif  // MRSN_OPS_FORMATS_PICKLE_PICKLE_WRITER_H_
