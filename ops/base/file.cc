#include "ops/base/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"

namespace mrsn {
namespace {

absl::Status Failed(absl::string_view doing, const std::string& path, int error) {
  return absl::ErrnoToStatus(error, absl::StrCat(path, ": ", doing));
}

// write(2) until everything is out; errno on failure.
int WriteAll(int descriptor, absl::string_view contents) {
  while (!contents.empty()) {
    const ssize_t written = ::write(descriptor, contents.data(), contents.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      return errno;
    }
    contents.remove_prefix(written);
  }
  return ::fsync(descriptor) == 0 ? 0 : errno;
}

// A new name is on the disk when its folder is.
absl::Status SyncFolder(const std::string& folder) {
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return Failed("cannot open the folder", folder, errno);
  // Some file systems cannot sync a folder and say EINVAL.
  const int error = ::fsync(descriptor) == 0 || errno == EINVAL ? 0 : errno;
  ::close(descriptor);
  return error == 0 ? absl::OkStatus() : Failed("cannot sync the folder", folder, error);
}

}  // namespace

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return Failed("cannot open for reading", path, errno);
  std::string contents;
  struct stat info;
  if (::fstat(descriptor, &info) == 0 && S_ISREG(info.st_mode)) contents.reserve(info.st_size);
  char buffer[1 << 16];
  while (true) {
    const ssize_t got = ::read(descriptor, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      const int error = errno;
      ::close(descriptor);
      return Failed("cannot read", path, error);
    }
    if (got == 0) break;
    contents.append(buffer, got);
  }
  ::close(descriptor);
  return contents;
}

absl::Status WriteFileAtomically(const std::string& path, absl::string_view contents) {
  static std::atomic<int> counter{0};
  const std::string folder = std::filesystem::path(path).parent_path();
  if (!folder.empty()) {
    if (absl::Status made = MakeFolders(folder); !made.ok()) return made;
  }
  const std::string temporary = absl::StrCat(path, ".tmp.", ::getpid(), ".", counter++);
  const int descriptor = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (descriptor < 0) return Failed("cannot create", temporary, errno);
  int error = WriteAll(descriptor, contents);
  if (::close(descriptor) != 0 && error == 0) error = errno;
  if (error == 0 && ::rename(temporary.c_str(), path.c_str()) != 0) error = errno;
  if (error == 0) return SyncFolder(folder.empty() ? "." : folder);
  ::unlink(temporary.c_str());
  return Failed(absl::StrCat("cannot write ", contents.size(), " bytes"), path, error);
}

absl::Status MakeFolders(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) return Failed("cannot make this folder", path, error.value());
  return absl::OkStatus();
}

bool FileExists(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

std::string CacheFolder() {
  const char* cache = std::getenv("XDG_CACHE_HOME");
  if (cache != nullptr && *cache != '\0') return absl::StrCat(cache, "/mrsn");
  // Bazel's folder of one test: a test neither finds nor leaves data of another one.
  const char* test = std::getenv("TEST_TMPDIR");
  if (test != nullptr && *test != '\0') return absl::StrCat(test, "/cache/mrsn");
  const char* home = std::getenv("HOME");
  if (home != nullptr && *home != '\0') return absl::StrCat(home, "/.cache/mrsn");
  return absl::StrCat(std::filesystem::temp_directory_path().string(), "/mrsn-cache-", ::getuid());
}

std::string UserPath(const std::string& path) {
  const char* started = std::getenv("BUILD_WORKING_DIRECTORY");
  if (path.empty() || path[0] == '/' || started == nullptr) return path;
  return absl::StrCat(started, "/", path);
}

}  // namespace mrsn
