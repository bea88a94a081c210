#include "ops/distributed/process_environment.h"

#include <cstdlib>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "ops/base/status_macros.h"

namespace mrsn {
namespace {

constexpr int kLargestSize = 1 << 16;

// A whole number in [least, most]; `rule` says why.
absl::StatusOr<int> Number(const ReadVariable& read, const char* name, int least, int most) {
  const std::string text = *read(name);
  int value = 0;
  if (!absl::SimpleAtoi(text, &value) || value < least || value > most) {
    return absl::InvalidArgumentError(absl::StrCat("the environment variable ", name, " is '", text,
                                                   "', expected a whole number from ", least, " to ", most));
  }
  return value;
}

absl::Status AllSet(const ReadVariable& read, const std::vector<const char*>& names, const char* given) {
  std::vector<std::string> missing;
  for (const char* name : names) {
    if (!read(name).has_value()) missing.emplace_back(name);
  }
  if (missing.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("the environment variable ", given, " is set, but not ", absl::StrJoin(missing, ", "),
                   "; torchrun sets RANK, WORLD_SIZE, LOCAL_RANK, MASTER_ADDR and MASTER_PORT"));
}

}  // namespace

std::optional<std::string> VariableOfProcess(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr || *value == '\0') return std::nullopt;
  return value;
}

absl::StatusOr<ProcessEnvironment> ReadProcessEnvironment(const ReadVariable& read) {
  ProcessEnvironment found;
  const bool has_rank = read("RANK").has_value(), has_size = read("WORLD_SIZE").has_value();
  if (!has_rank && !has_size) return found;
  MRSN_RETURN_IF_ERROR(AllSet(read, {"RANK", "WORLD_SIZE"}, has_rank ? "RANK" : "WORLD_SIZE"));
  MRSN_ASSIGN_OR_RETURN(found.size, Number(read, "WORLD_SIZE", 1, kLargestSize));
  MRSN_ASSIGN_OR_RETURN(found.rank, Number(read, "RANK", 0, kLargestSize));
  if (found.rank >= found.size) {
    return absl::InvalidArgumentError(absl::StrCat("the environment variables say RANK=", found.rank,
                                                   " of WORLD_SIZE=", found.size, "; ranks count from 0"));
  }
  if (found.size == 1) return found;
  MRSN_RETURN_IF_ERROR(AllSet(read, {"LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT"}, "WORLD_SIZE"));
  MRSN_ASSIGN_OR_RETURN(found.local_rank, Number(read, "LOCAL_RANK", 0, kLargestSize));
  if (found.local_rank > found.rank) {
    return absl::InvalidArgumentError(
        absl::StrCat("the environment variables say LOCAL_RANK=", found.local_rank, " and RANK=", found.rank,
                     "; a machine's number is not larger than the job's"));
  }
  found.master_address = *read("MASTER_ADDR");
  MRSN_ASSIGN_OR_RETURN(found.master_port, Number(read, "MASTER_PORT", 1, 65535));
  found.agent_listens = read("TORCHELASTIC_USE_AGENT_STORE").value_or("") == "True";
  if (found.agent_listens) {
    found.prefix = absl::StrCat("attempt_", read("TORCHELASTIC_RESTART_COUNT").value_or("0"));
  }
  if (found.rank == 0 && read("MRSN_LISTENING_SOCKET").has_value()) {
    MRSN_ASSIGN_OR_RETURN(found.listening_socket, Number(read, "MRSN_LISTENING_SOCKET", 0, 1 << 20));
  }
  return found;
}

}  // namespace mrsn
