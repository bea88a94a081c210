// Uncompressed zip archives, as torch.save writes them. libzip parses the container
// and verifies checksums. This reader also refuses compressed, encrypted or repeated members and sizes beyond
// the file's own, so that no archive costs more memory than it has bytes.
#ifndef MRSN_MRSN_CHECKPOINT_ZIP_READER_H_
#define MRSN_MRSN_CHECKPOINT_ZIP_READER_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

struct zip;

namespace mrsn {

class ZipReader {
 public:
  struct Member {
    uint64_t index;
    uint64_t bytes;
  };

  static absl::StatusOr<ZipReader> Open(const std::string& path);
  // `bytes` must outlive the reader; `origin` names it in errors.
  static absl::StatusOr<ZipReader> Parse(absl::string_view bytes, const std::string& origin);

  const std::map<std::string, Member>& members() const { return members_; }
  const std::string& origin() const { return origin_; }

  // Fills `out`, which has room for the member's bytes. DataLoss if the member is cut or its checksum is
  // wrong, NotFound if there is no such member.
  absl::Status Read(const std::string& name, void* out) const;
  // The whole member; an error if it has more than `limit` bytes.
  absl::StatusOr<std::string> ReadText(const std::string& name, uint64_t limit) const;

 private:
  struct Closer {
    void operator()(zip* archive) const;
  };
  using Archive = std::unique_ptr<zip, Closer>;

  ZipReader(Archive archive, std::string origin) : archive_(std::move(archive)), origin_(std::move(origin)) {}
  absl::Status List(uint64_t file_bytes);
  absl::StatusOr<Member> Find(const std::string& name) const;

  Archive archive_;
  std::string origin_;
  std::map<std::string, Member> members_;
};

}  // namespace mrsn

#endif  // MRSN_MRSN_CHECKPOINT_ZIP_READER_H_
