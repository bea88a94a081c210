// Says from its content what a file is, whatever its name: the reason in the errors of all readers.
//
//   error: weights.pyth: is a web page (HTML), not a checkpoint: download it again
#ifndef MRSN_OPS_FORMATS_SNIFF_H_
#define MRSN_OPS_FORMATS_SNIFF_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace mrsn::formats {

enum class FileKind {
  kEmpty,
  kFolder,
  kWebPage,
  kGitLfsPointer,
  kXml,
  kJson,
  kText,    // CSV, lists, label maps
  kPickle,  // also torch.save's before torch 1.6
  kZip,     // also torch.save's since torch 1.6
  kGzip,
  kTar,
  kMatlab5,
  kHdf5,  // also MATLAB 7.3
  kSafetensors,
  kImage,
  kVideo,
  kBinary,  // anything else
};

// Beginning, end and length of a file.
struct FileLook {
  bool folder = false;
  uint64_t size = 0;
  std::string head, tail;  // at most 4 KB and 66 KB
};

// Reads the first and last bytes. NotFound names the path and the system's reason.
absl::StatusOr<FileLook> LookAt(const std::string& path);
FileLook LookAtBytes(absl::string_view bytes);

FileKind KindOf(const FileLook& look);
FileKind KindOf(absl::string_view bytes);

// True of files whose end is missing, as far as beginning and end tell: zip archives without their directory,
// pickles, JSON, safetensors, PNG and JPEG images, MP4 and AVI videos.
bool EndsEarly(const FileLook& look);

// A verb phrase: "is empty (0 bytes)", "is a web page (HTML)", "ends early: a zip archive whose end is
// missing", "is a JPEG image".
std::string Described(const FileLook& look);

// InvalidArgument for a file that should have been `expected` ("a checkpoint"): "<origin>: is a web page
// (HTML), not a checkpoint: download it again".
absl::Status NotThe(absl::string_view expected, const std::string& origin, const FileLook& look);

// The error of a reader of text, or NotThe if the bytes are not text at all (a web page, a pickle, an image):
// a complaint about their first line would be of no use.
absl::Status TextError(absl::Status error, absl::string_view expected, const std::string& origin,
                       absl::string_view bytes);

}  // namespace mrsn::formats

#endif  // MRSN_OPS_FORMATS_SNIFF_H_
