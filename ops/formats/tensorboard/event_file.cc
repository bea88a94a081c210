#include "ops/formats/tensorboard/event_file.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "ops/base/file.h"
#include "ops/base/status_macros.h"
#include "ops/formats/tensorboard/records.h"

namespace mrsn::tensorboard {
namespace {

constexpr char kPrefix[] = "events.out.tfevents.";
constexpr char kVersion[] = "brain.Event:2";

// Seconds in the name of an event file; -1 if there are none.
int64_t SecondsIn(const std::string& path) {
  const std::string name = std::filesystem::path(path).filename();
  absl::string_view rest = name;
  int64_t seconds = 0;
  absl::ConsumePrefix(&rest, kPrefix);
  return absl::SimpleAtoi(rest.substr(0, rest.find('.')), &seconds) ? seconds : -1;
}

std::string Machine() {
  char name[256] = "";
  if (::gethostname(name, sizeof name - 1) != 0 || *name == '\0') return "localhost";
  return name;
}

}  // namespace

absl::StatusOr<std::unique_ptr<EventFile>> EventFile::Create(const std::string& folder, int64_t first_step) {
  int64_t seconds = absl::ToUnixSeconds(absl::Now());
  // Two sittings may begin in one second, and clocks may be set back.
  for (const std::string& path : EventFilesIn(folder)) seconds = std::max(seconds, SecondsIn(path) + 1);
  const std::string path =
      absl::StrFormat("%s/%s%010d.%s.%d", folder, kPrefix, seconds, Machine(), ::getpid());
  MRSN_ASSIGN_OR_RETURN(std::unique_ptr<AppendedFile> appended, AppendedFile::Open(path, 0));
  std::unique_ptr<EventFile> file(new EventFile(std::move(appended)));
  Event version, start;
  version.set_file_version(kVersion);
  MRSN_RETURN_IF_ERROR(file->Write(0, std::move(version)));
  start.mutable_session_log()->set_status(Session::START);
  MRSN_RETURN_IF_ERROR(file->Write(first_step, std::move(start)));
  return file;
}

absl::Status EventFile::Append(int64_t step, const std::vector<Point>& points) {
  Event event;
  for (const Point& point : points) {
    Scalar& scalar = *event.mutable_summary()->add_value();
    scalar.set_tag(point.tag);
    scalar.set_simple_value(static_cast<float>(point.value));
  }
  return Write(step, std::move(event));
}

absl::Status EventFile::Write(int64_t step, Event event) {
  event.set_step(step);
  event.set_wall_time(absl::ToDoubleSeconds(absl::Now() - absl::UnixEpoch()));
  return file_->Append(RecordOf(event.SerializeAsString()));
}

std::vector<std::string> EventFilesIn(const std::string& folder) {
  std::vector<std::string> paths;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(folder, ignored)) {
    if (absl::StartsWith(entry.path().filename().string(), kPrefix)) paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

absl::StatusOr<std::vector<Event>> ReadEvents(const std::string& path) {
  MRSN_ASSIGN_OR_RETURN(const std::string bytes, ReadFile(path));
  MRSN_ASSIGN_OR_RETURN(const std::vector<std::string> records, ReadRecords(bytes, path));
  std::vector<Event> events;
  for (const std::string& record : records) {
    if (!events.emplace_back().ParseFromString(record)) {
      return absl::DataLossError(absl::StrCat(path, ": record ", events.size(), " holds no event"));
    }
  }
  return events;
}

}  // namespace mrsn::tensorboard
