#include "ops/base/program.h"

#include <stdlib.h>
#include <unistd.h>

#include <cstdio>
#include <exception>
#include <map>
#include <string>

#include "absl/flags/commandlineflag.h"
#include "absl/flags/reflection.h"
#include "absl/status/status.h"
#include "absl/strings/cord.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "ops/base/stop_signal.h"

namespace mrsn {
namespace {

constexpr int kFailed = 1, kWrongUsage = 2;
constexpr char kWrongUsagePayload[] = "mrsn/wrong_usage";

// The flags that this project defines, by name. The library brings flags of its own, such as --fromenv.
std::map<std::string, absl::CommandLineFlag*> Flags() {
  std::map<std::string, absl::CommandLineFlag*> flags;
  for (const auto& [name, flag] : absl::GetAllFlags()) {
    if (!absl::StrContains(flag->Filename(), "absl/flags/")) flags[std::string(name)] = flag;
  }
  return flags;
}

std::string Help(absl::string_view usage) {
  std::string help = absl::StrCat(absl::StripSuffix(usage, "\n"), "\n\nFlags and their defaults:\n");
  for (const auto& [name, flag] : Flags()) {
    absl::StrAppend(&help, "  --", name, "=", flag->DefaultValue(), "\n      ", flag->Help(), "\n");
  }
  absl::StrAppend(
      &help,
      "\nExit code: 0 done, 1 failed, 2 the command line is wrong, 130 stopped by Ctrl-C, 143 by SIGTERM.\n");
  return help;
}

// Sets flags from the words of the command line. Stops at --help and sets *help.
absl::Status SetFlags(int argc, char** argv, bool* help) {
  const std::map<std::string, absl::CommandLineFlag*> flags = Flags();
  for (int i = 1; i < argc; ++i) {
    absl::string_view word = argv[i];
    if (!absl::ConsumePrefix(&word, "-") || word.empty() || word == "-") {
      return WrongUsage(absl::StrCat("unexpected argument '", argv[i], "'"));
    }
    absl::ConsumePrefix(&word, "-");
    if (word == "help") {
      *help = true;
      return absl::OkStatus();
    }
    const size_t equals = word.find('=');
    bool has_value = equals != absl::string_view::npos;
    std::string name(word.substr(0, equals)), value;
    if (has_value) value = std::string(word.substr(equals + 1));
    auto found = flags.find(name);
    if (found == flags.end() && !has_value && absl::StartsWith(name, "no")) {
      const auto positive = flags.find(name.substr(2));
      if (positive != flags.end() && positive->second->IsOfType<bool>()) {
        found = positive;
        has_value = true;
        value = "false";
      }
    }
    if (found == flags.end()) return WrongUsage(absl::StrCat("unknown flag '", argv[i], "'"));
    absl::CommandLineFlag& flag = *found->second;
    if (!has_value && flag.IsOfType<bool>()) {
      value = "true";
    } else if (!has_value) {
      if (++i == argc) return WrongUsage(absl::StrCat("--", name, " has no value"));
      value = argv[i];
    }
    std::string error;
    if (!flag.ParseFrom(value, &error)) {
      return WrongUsage(absl::StrCat("--", name, "=", value, ": ", error));
    }
  }
  return absl::OkStatus();
}

#if defined(__SANITIZE_ADDRESS__)
constexpr bool kLeaksAreLookedFor = true;
#elif defined(__has_feature)
constexpr bool kLeaksAreLookedFor = __has_feature(address_sanitizer);
#else
constexpr bool kLeaksAreLookedFor = false;
#endif

// Lets the process end without destructors of static objects. LibTorch takes back each of its thousands of
// operators there, a quarter of the time that a short program takes.
void EndAtOnceAfterMain() {
  if (kLeaksAreLookedFor) return;  // at the very end
  ::on_exit(
      [](int exit_code, void*) {
        std::fflush(nullptr);
        ::_exit(exit_code);
      },
      nullptr);
}

}  // namespace

absl::Status WrongUsage(absl::string_view message) {
  absl::Status status = absl::InvalidArgumentError(message);
  status.SetPayload(kWrongUsagePayload, absl::Cord());
  return status;
}

int RunProgram(int argc, char** argv, absl::string_view usage, absl::FunctionRef<absl::Status()> body) {
  EndAtOnceAfterMain();
  bool help = false;
  absl::Status status = SetFlags(argc, argv, &help);
  if (help) {
    std::fputs(Help(usage).c_str(), stdout);
    return 0;
  }
  if (status.ok()) {
    try {
      status = body();
    } catch (const std::exception& error) {  // LibTorch, out of memory
      status = absl::InternalError(error.what());
    }
  }
  if (status.ok()) return 0;
  const bool wrong_usage = status.GetPayload(kWrongUsagePayload).has_value();
  if (const int stopped = StoppedExitCode(status); stopped != 0) {
    std::fprintf(stderr, "%s\n", std::string(status.message()).c_str());
    return stopped;
  }
  std::fprintf(stderr, "error: %s%s\n", std::string(status.message()).c_str(),
               wrong_usage ? "; see --help" : "");
  return wrong_usage ? kWrongUsage : kFailed;
}

}  // namespace mrsn
