#include "experiments/evidence/contrasts.h"

#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "experiments/config/text_proto.h"
#include "ops/base/runfiles.h"
#include "ops/base/status_macros.h"

namespace mrsn::experiments {
namespace {

constexpr char kWorld[] = "{world}";

class Checker {
 public:
  Checker(std::string path, FieldPlaces places) : path_(std::move(path)), places_(std::move(places)) {}

  absl::Status Error(const std::string& field, const std::string& what) const {
    return absl::InvalidArgumentError(
        absl::StrCat(PlaceOf(places_, field, ShownPath(path_)), ": ", field, ": ", what));
  }
  absl::Status Above0(const std::string& field, double value) const {
    if (value > 0) return absl::OkStatus();
    return Error(field, absl::StrCat(value, "; allowed: above 0"));
  }
  absl::Status CheckSetting(const std::string& field, const Contrasts::Setting& setting) const {
    if (setting.name().empty()) return Error(field + ".name", "not set");
    if (absl::StrContains(setting.results(), kWorld)) return absl::OkStatus();
    return Error(field + ".results",
                 absl::StrCat("\"", setting.results(), "\"; allowed: a name with \"", kWorld, "\" in it"));
  }

 private:
  std::string path_;
  FieldPlaces places_;
};

absl::Status CheckContrast(const Checker& checker, const std::string& field,
                           const Contrasts::Contrast& contrast) {
  if (contrast.question().empty()) return checker.Error(field + ".question", "not set");
  if (contrast.rank() == Contrasts::Contrast::RANK_UNSPECIFIED) {
    return checker.Error(field + ".rank", "not set; allowed: MAIN, SIDE");
  }
  if (contrast.holm() && contrast.rank() != Contrasts::Contrast::MAIN) {
    return checker.Error(field + ".holm", "set in a side contrast; allowed: only with MAIN");
  }
  if (contrast.holm() && contrast.on_size() > 1) {
    return checker.Error(field + ".holm", "set with several kinds; allowed: with one");
  }
  if (contrast.pairs() < 1) return checker.Error(field + ".pairs", "allowed: 1 or more");
  if (contrast.on().empty())
    return checker.Error(field + ".on", "none; allowed: kinds of classes, or \"all\"");
  MRSN_RETURN_IF_ERROR(checker.CheckSetting(field + ".setting", contrast.setting()));
  if (contrast.baselines().empty()) return checker.Error(field + ".baselines", "none; allowed: one or more");
  for (int b = 0; b < contrast.baselines_size(); ++b) {
    const std::string baseline = absl::StrCat(field, ".baselines[", b, "]");
    MRSN_RETURN_IF_ERROR(checker.CheckSetting(baseline, contrast.baselines(b)));
    if (contrast.baselines(b).results() == contrast.setting().results()) {
      return checker.Error(baseline + ".results", "the same as the setting's");
    }
    if (contrast.baselines_size() > 1 && contrast.baselines(b).tuning().empty()) {
      return checker.Error(baseline + ".tuning", "not set; the better of several baselines is taken by it");
    }
  }
  return absl::OkStatus();
}

void FillIn(Contrasts* contrasts) {
  if (!contrasts->has_draws()) contrasts->set_draws(2000);
  if (!contrasts->has_seed()) contrasts->set_seed(1);
  if (!contrasts->has_main_margin()) contrasts->set_main_margin(0.3);
  if (!contrasts->has_side_margin()) contrasts->set_side_margin(0.5);
  if (!contrasts->has_most_rise()) contrasts->set_most_rise(0.5);
  if (!contrasts->has_equal_settings()) contrasts->set_equal_settings(0.1);
  if (contrasts->has_probe() && !contrasts->probe().has_margin()) contrasts->mutable_probe()->set_margin(3);
  for (Contrasts::Contrast& contrast : *contrasts->mutable_contrasts()) {
    if (!contrast.has_pairs()) contrast.set_pairs(contrast.rank() == Contrasts::Contrast::MAIN ? 5 : 3);
  }
}

}  // namespace

absl::StatusOr<Contrasts> ReadContrasts(const std::string& path) {
  Contrasts contrasts;
  FieldPlaces places;
  MRSN_RETURN_IF_ERROR(ReadTextProto(path, &contrasts, &places));
  FillIn(&contrasts);
  const Checker checker(path, std::move(places));
  if (contrasts.worlds().empty()) return checker.Error("worlds", "none; allowed: one or more");
  if (std::set<std::string>(contrasts.worlds().begin(), contrasts.worlds().end()).size() !=
      static_cast<size_t>(contrasts.worlds_size())) {
    return checker.Error("worlds", "a world stands there twice");
  }
  if (contrasts.draws() < 100 || contrasts.draws() > 1000000) {
    return checker.Error("draws", absl::StrCat(contrasts.draws(), "; allowed: 100..1000000"));
  }
  MRSN_RETURN_IF_ERROR(checker.Above0("main_margin", contrasts.main_margin()));
  MRSN_RETURN_IF_ERROR(checker.Above0("side_margin", contrasts.side_margin()));
  MRSN_RETURN_IF_ERROR(checker.Above0("most_rise", contrasts.most_rise()));
  if (!(contrasts.equal_settings() >= 0)) {
    return checker.Error("equal_settings", absl::StrCat(contrasts.equal_settings(), "; allowed: 0 or more"));
  }
  if (contrasts.has_probe()) MRSN_RETURN_IF_ERROR(checker.Above0("probe.margin", contrasts.probe().margin()));
  for (int c = 0; c < contrasts.contrasts_size(); ++c) {
    MRSN_RETURN_IF_ERROR(CheckContrast(checker, absl::StrCat("contrasts[", c, "]"), contrasts.contrasts(c)));
  }
  if (contrasts.contrasts().empty()) return checker.Error("contrasts", "none; allowed: one or more");
  return contrasts;
}

std::string InWorld(const std::string& results, const std::string& world) {
  return absl::StrReplaceAll(results, {{kWorld, world}});
}

}  // namespace mrsn::experiments
