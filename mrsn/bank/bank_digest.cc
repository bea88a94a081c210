#include "mrsn/bank/bank_digest.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "mrsn/bank/relation_bank_format.h"
#include "ops/base/file.h"
#include "ops/base/fingerprint.h"
#include "ops/base/status_macros.h"

namespace mrsn::bank {
namespace {

constexpr char kFormat[] = "mrsn relation bank digest 1";

// LMDB's page header: number (8 bytes), padding (2), flags (2), and for the first of a run of overflow pages
// their number (4).
constexpr size_t kHeaderBytes = 16, kFlagsAt = 10, kRunAt = 12;
constexpr uint16_t kOverflow = 0x04;

using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

absl::StatusOr<File> OpenData(const std::string& folder) {
  const std::string path = folder + "/data.mdb";
  File file(std::fopen(path.c_str(), "rb"), std::fclose);
  if (file == nullptr) return SystemError(errno, path, "opening");
  std::setvbuf(file.get(), nullptr, _IONBF, 0);  // single pages, far apart
  return file;
}

struct Digest {
  int64_t bytes = 0;                               // of data.mdb
  int64_t page_bytes = 0;                          // of a page
  std::vector<std::pair<int64_t, int64_t>> index;  // first page and number of pages of each run
  std::string sha256;                              // of these pages
};

absl::Status Damaged(const std::string& folder, absl::string_view how) {
  return absl::DataLossError(
      absl::StrCat("relation bank ", folder, ": ", how, ": damaged; delete it and write the bank again"));
}

absl::StatusOr<std::string> IndexFingerprint(const std::string& folder, const Digest& digest) {
  MRSN_ASSIGN_OR_RETURN(const File file, OpenData(folder));
  Fingerprinter fingerprinter;
  std::vector<char> page(digest.page_bytes);
  for (const auto& [first, pages] : digest.index) {
    if (fseeko(file.get(), first * digest.page_bytes, SEEK_SET) != 0)
      return Damaged(folder, "data.mdb is cut");
    for (int64_t i = 0; i < pages; ++i) {
      if (std::fread(page.data(), 1, page.size(), file.get()) != page.size()) {
        return Damaged(folder, "data.mdb is cut");
      }
      fingerprinter.Add(page.data(), page.size());
    }
  }
  return fingerprinter.Hex();
}

absl::StatusOr<int64_t> SizeOf(const std::string& folder) {
  MRSN_ASSIGN_OR_RETURN(const File file, OpenData(folder));
  if (fseeko(file.get(), 0, SEEK_END) != 0) return SystemError(errno, folder, "opening");
  return ftello(file.get());
}

// The lines of a digest, without the last one.
std::string Print(const Digest& digest) {
  return absl::StrCat(kFormat, "\nbytes ", digest.bytes, "\npage_bytes ", digest.page_bytes, "\nindex ",
                      absl::StrJoin(digest.index, " ", absl::PairFormatter("+")), "\nindex_sha256 ",
                      digest.sha256, "\n");
}

absl::StatusOr<Digest> Parse(const std::string& text, const std::string& folder) {
  const absl::Status wrong = Damaged(folder, "bank.digest is not what was written");
  const std::vector<std::string> lines = absl::StrSplit(text, '\n');
  if (lines.size() != 7 || lines[0] != kFormat) return wrong;
  const size_t last = text.size() - lines[5].size() - 1;  // its last line is a fingerprint of the others
  if (lines[5] != Fingerprint(absl::string_view(text).substr(0, last))) return wrong;
  Digest digest;
  const auto value = [&](int line) {
    return absl::string_view(lines[line]).substr(std::min(lines[line].size(), lines[line].find(' ') + 1));
  };
  bool good = absl::SimpleAtoi(value(1), &digest.bytes) && absl::SimpleAtoi(value(2), &digest.page_bytes);
  for (absl::string_view run : absl::StrSplit(value(3), ' ')) {
    const std::pair<absl::string_view, absl::string_view> numbers = absl::StrSplit(run, '+');
    auto& [first, pages] = digest.index.emplace_back();
    good = good && absl::SimpleAtoi(numbers.first, &first) && absl::SimpleAtoi(numbers.second, &pages);
  }
  digest.sha256 = std::string(value(4));
  if (!good || digest.page_bytes < static_cast<int64_t>(kHeaderBytes)) return wrong;
  return digest;
}

// Walks over the pages of a good file.
absl::StatusOr<Digest> Make(const std::string& folder, int64_t page_bytes) {
  Digest digest;
  digest.page_bytes = page_bytes;
  MRSN_ASSIGN_OR_RETURN(digest.bytes, SizeOf(folder));
  MRSN_ASSIGN_OR_RETURN(const File file, OpenData(folder));
  const int64_t pages = digest.bytes / page_bytes;
  for (int64_t page = 0; page < pages;) {
    char header[kHeaderBytes];
    if (fseeko(file.get(), page * page_bytes, SEEK_SET) != 0 ||
        std::fread(header, 1, sizeof(header), file.get()) != sizeof(header)) {
      return SystemError(errno, folder, "reading");
    }
    uint16_t flags;
    uint32_t run;
    std::memcpy(&flags, header + kFlagsAt, sizeof(flags));
    std::memcpy(&run, header + kRunAt, sizeof(run));
    if ((flags & kOverflow) != 0 && run > 0) {
      page += run;
      continue;
    }
    if (!digest.index.empty() && digest.index.back().first + digest.index.back().second == page) {
      ++digest.index.back().second;
    } else {
      digest.index.emplace_back(page, 1);
    }
    ++page;
  }
  MRSN_ASSIGN_OR_RETURN(digest.sha256, IndexFingerprint(folder, digest));
  return digest;
}

}  // namespace

absl::Status WriteDigest(const std::string& folder, int64_t page_bytes) {
  MRSN_ASSIGN_OR_RETURN(const Digest digest, Make(folder, page_bytes));
  MRSN_ASSIGN_OR_RETURN(const std::string whole, FileFingerprint(folder + "/data.mdb", [](int64_t) {}));
  MRSN_RETURN_IF_ERROR(WriteFileAtomically(folder + "/data.sha256", whole + "  data.mdb\n"));
  const std::string lines = Print(digest);
  return WriteFileAtomically(folder + "/bank.digest", absl::StrCat(lines, Fingerprint(lines), "\n"));
}

absl::Status CheckDigest(const std::string& folder) {
  if (!FileExists(folder + "/bank.digest")) return CheckWhole(folder, [](int64_t) {});
  MRSN_ASSIGN_OR_RETURN(const std::string text, ReadFile(folder + "/bank.digest"));
  MRSN_ASSIGN_OR_RETURN(const Digest digest, Parse(text, folder));
  MRSN_ASSIGN_OR_RETURN(const int64_t bytes, SizeOf(folder));
  if (bytes != digest.bytes) {
    return Damaged(folder, absl::StrCat("data.mdb has ", bytes, " bytes, ", digest.bytes, " were written"));
  }
  MRSN_ASSIGN_OR_RETURN(const std::string found, IndexFingerprint(folder, digest));
  if (found != digest.sha256) {
    return Damaged(folder, absl::StrCat("the index of data.mdb has fingerprint ", found,
                                        ", was written with ", digest.sha256));
  }
  return absl::OkStatus();
}

absl::Status CheckWhole(const std::string& folder, ProgressFunction progress) {
  MRSN_ASSIGN_OR_RETURN(const std::string expected, ReadFile(folder + "/data.sha256"));
  MRSN_ASSIGN_OR_RETURN(const std::string found, FileFingerprint(folder + "/data.mdb", progress));
  if (expected.substr(0, 64) == found) return absl::OkStatus();
  return Damaged(folder, absl::StrCat("data.mdb has fingerprint ", found, ", was written with ",
                                      expected.substr(0, 64)));
}

}  // namespace mrsn::bank
