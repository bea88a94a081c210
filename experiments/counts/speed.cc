#include "experiments/counts/speed.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "experiments/config/config.h"
#include "experiments/config/text_proto.h"
#include "experiments/counts/complexity.h"
#include "experiments/provenance.h"
#include "mrsn/build_model.h"
#include "ops/base/file.h"
#include "ops/base/progress.h"
#include "ops/base/status_macros.h"

namespace mrsn::experiments {
namespace {

struct Timed {
  ResolvedExperiment resolved;
  std::shared_ptr<Detector> model;
  DetectorInput input;
  std::vector<double> clips_per_second;  // by round
  std::string setting;
};

// Clips with `boxes` persons each and, for long-term heads, as many bank entries a second.
DetectorInput RandomInput(const Detector& model, const ComplexitySetting& setting,
                          const SpeedOptions& options) {
  const ModelNeeds needs = model.needs();
  InputSize size;
  size.clips = options.clips;
  size.frames = setting.frames;
  size.height = setting.height;
  size.width = setting.width;
  size.persons = options.clips * options.boxes;
  if (needs.bank) size.entries = (2 * needs.bank->radius + 1) * size.persons;
  return MakeInput(size, needs);
}

double OneRound(Timed& timed, const SpeedOptions& options) {
  const absl::Time start = absl::Now();
  int64_t clips = 0;
  do {
    timed.model->Detect(timed.input, ClassLoss::kBce);
    clips += options.clips;
  } while (absl::ToDoubleSeconds(absl::Now() - start) < options.seconds);
  return clips / absl::ToDoubleSeconds(absl::Now() - start);
}

}  // namespace

absl::StatusOr<std::vector<Speed>> MeasureSpeeds(const std::vector<std::string>& experiments,
                                                 const SpeedOptions& options) {
  at::set_num_threads(options.threads);
  const at::NoGradGuard no_grad;
  std::vector<Timed> all;
  for (const std::string& name : experiments) {
    Timed& timed = all.emplace_back();
    MRSN_ASSIGN_OR_RETURN(timed.resolved, LoadExperiment(options.configs_root, name));
    auto model = BuildDetector(timed.resolved.experiment.model(), at::kCPU);
    if (!model.ok()) return AtItsPlace(timed.resolved, model.status());
    timed.model = *std::move(model);
    timed.model->eval();
    const ComplexitySetting size = SettingOf(timed.resolved.experiment);
    timed.input = RandomInput(*timed.model, size, options);
    timed.setting = absl::StrFormat("batches of %d clips %dx%dx%d, %d boxes each, %d thread%s", options.clips,
                                    size.frames, size.height, size.width, options.boxes, options.threads,
                                    options.threads == 1 ? "" : "s");
  }
  ProgressBar bar("clips per second", options.rounds + 1, "rounds");
  for (int round = 0; round <= options.rounds; ++round) {
    for (Timed& timed : all) {
      const double speed = OneRound(timed, options);
      if (round > 0) timed.clips_per_second.push_back(speed);  // the first one packs weights and memory
    }
    bar.Update(round + 1, round + 1, "");
  }
  bar.Finish();
  std::vector<Speed> speeds;
  for (Timed& timed : all) {
    std::vector<double>& rounds = timed.clips_per_second;
    std::sort(rounds.begin(), rounds.end());
    Speed& speed = speeds.emplace_back();
    speed.set_experiment(timed.resolved.name);
    speed.set_config_fingerprint(timed.resolved.fingerprint);
    speed.set_clips_per_second(rounds[rounds.size() / 2]);
    speed.set_rounds(options.rounds);
    speed.set_setting(timed.setting);
    speed.set_device(DeviceName());
    speed.set_date(Today());
    speed.set_commit(SourceCommit());
  }
  return speeds;
}

absl::Status WriteSpeed(const std::string& results_root, const Speed& speed) {
  return WriteFileAtomically(
      absl::StrCat(results_root, "/", speed.experiment(), "/speed.textproto"),
      absl::StrCat("# proto-file: experiments/result.proto\n# proto-message: mrsn.Speed\n",
                   PrintTextProto(speed)));
}

}  // namespace mrsn::experiments
