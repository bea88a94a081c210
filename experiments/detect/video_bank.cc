#include "experiments/detect/video_bank.h"

#include <cmath>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "mrsn/bank/relation_bank_writer.h"
#include "ops/base/progress.h"
#include "ops/base/status_macros.h"
#include "ops/base/stop_signal.h"

namespace mrsn::experiments {
namespace {

using datasets::StreamedClip;

absl::Status AddClip(const VideoBankOptions& options, const datasets::ClipStream& clips, StreamedClip clip,
                     PersonFinder& persons, ClipScorer& writer, RelationBankWriter& bank) {
  const double second = options.first_second + clip.seconds;
  const Keyframe keyframe = {options.name, static_cast<int>(std::lround(second))};
  const auto add = [&]() -> absl::Status {
    MRSN_ASSIGN_OR_RETURN(const auto found, persons.Find({second, clip.frame, clip.picture}));
    if (found.empty()) return bank.Add(keyframe, {}, {});
    std::vector<Box> boxes;
    std::vector<datasets::Actor> actors;
    for (const datasets::PersonBox& person : found) {
      boxes.push_back(person.box);
      actors.push_back({person.box, person.score, {}});
    }
    clips.PutPersons(std::move(actors), &clip.sample);
    MRSN_ASSIGN_OR_RETURN(const BankFeatures features, writer.Features(std::move(clip.sample)));
    return bank.Add(keyframe, features.values, boxes);
  };
  const absl::Status added = add();
  if (added.ok()) return added;
  return absl::Status(added.code(), absl::StrCat(options.path, ": second ", second, ": ", added.message()));
}

int64_t WidthOf(const ModelNeeds& needs) {
  return needs.bank.has_value() && needs.bank->own_memory ? needs.bank->width : needs.relation_width;
}

}  // namespace

VideoBank::~VideoBank() {
  bank_.reset();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

absl::StatusOr<std::unique_ptr<VideoBank>> VideoBank::Write(const VideoBankOptions& options,
                                                            PersonFinder& persons, ClipScorer& writer) {
  CatchStopSignals();
  MRSN_ASSIGN_OR_RETURN(const auto clips, datasets::ClipStream::Open(options.path, options.clips));
  std::unique_ptr<VideoBank> made(new VideoBank(options.folder));
  const std::string path = options.folder + "/bank";
  {
    MRSN_ASSIGN_OR_RETURN(const auto bank,
                          RelationBankWriter::Create(path, options.identity, WidthOf(writer.needs())));
    ProgressBar bar(absl::StrCat("bank of ", options.name), clips->stated_keyframes(), "frames");
    int64_t done = 0;
    while (true) {
      if (StopSignal() != 0) return Stopped(absl::StrCat(options.path, ": nothing is written of it"));
      MRSN_ASSIGN_OR_RETURN(std::optional<StreamedClip> clip, clips->Next());
      if (!clip.has_value()) break;
      MRSN_RETURN_IF_ERROR(AddClip(options, *clips, *std::move(clip), persons, writer, *bank));
      bar.Update(++done, clips->frames().frames_read(), "");
    }
    bar.Finish();
    MRSN_RETURN_IF_ERROR(bank->Finish(done));
  }
  MRSN_ASSIGN_OR_RETURN(made->bank_, RelationBank::Open(path, options.identity));
  return made;
}

}  // namespace mrsn::experiments
