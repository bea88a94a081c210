#include "experiments/run/given_weights.h"

#include <algorithm>
#include <filesystem>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "mrsn/checkpoint/checkpoint_of_file.h"
#include "mrsn/checkpoint/load_checkpoint.h"
#include "ops/base/status_macros.h"
#include "ops/formats/sniff.h"

namespace mrsn::experiments {
namespace {

constexpr size_t kMostNamed = 20;  // tensors in one message

// "2 tensors of the model are not in the file: a, b".
void AddList(const std::string& what, const std::vector<std::string>& names,
             std::vector<std::string>* parts) {
  if (names.empty()) return;
  const size_t shown = std::min(names.size(), kMostNamed);
  std::string part = absl::StrCat(names.size(), " ", names.size() == 1 ? "tensor" : "tensors", " ", what,
                                  ": ", absl::StrJoin(names.begin(), names.begin() + shown, ", "));
  if (shown < names.size()) absl::StrAppend(&part, " and ", names.size() - shown, " more");
  parts->push_back(std::move(part));
}

}  // namespace

absl::StatusOr<WeightsSource> ReadWeightsSource(const std::string& checkpoint) {
  WeightsSource source;
  absl::string_view seed_text = checkpoint;
  if (!absl::ConsumePrefix(&seed_text, "random:")) {
    source.file = checkpoint;
    return source;
  }
  if (!absl::SimpleAtoi(seed_text, &source.seed.emplace())) {
    return absl::InvalidArgumentError(
        absl::StrCat("checkpoint ", checkpoint, ": expected random:<seed>, such as random:0"));
  }
  return source;
}

absl::StatusOr<GivenWeights> LoadGivenWeights(const WeightsSource& source, bool allow_missing,
                                              Detector& model) {
  GivenWeights given;
  if (source.random()) {
    given.set_random(true);
    return given;
  }
  ImportOptions import;
  import.allow_partial = true;  // all faults in one message, not the first
  MRSN_ASSIGN_OR_RETURN(const ImportReport report, LoadCheckpoint(source.file, "auto", model, import));
  std::vector<std::string> unfit, unused, faults;
  for (const ImportReport::Entry& entry : report.mismatched) {
    unfit.push_back(absl::StrCat(entry.native, " (", entry.note, ")"));
  }
  for (const ImportReport::Entry& entry : report.unexpected) unused.push_back(entry.native);
  AddList("of another shape", unfit, &faults);
  if (!allow_missing) {
    AddList("missing in the file", report.missing, &faults);
    AddList("unknown to the model", unused, &faults);
  }
  if (!faults.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(source.file, " does not fill the model: as ",
                                                   report.format, ": ", absl::StrJoin(faults, "; ")));
  }
  given.set_random(false);
  given.set_file(std::filesystem::path(source.file).filename());
  given.set_format(report.format);
  given.set_sha256(report.file_sha256);
  for (const std::string& name : report.missing) given.add_missing(name);
  for (const std::string& name : unused) given.add_unused(name);
  return given;
}

absl::StatusOr<std::optional<Checkpoint>> AboutWeights(const WeightsSource& source) {
  if (source.random()) return std::nullopt;
  MRSN_ASSIGN_OR_RETURN(const formats::FileLook look, formats::LookAt(source.file));
  if (formats::KindOf(look) != formats::FileKind::kSafetensors) return std::nullopt;
  return ReadCheckpointOfFile(source.file);
}

}  // namespace mrsn::experiments
