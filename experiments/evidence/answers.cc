#include "experiments/evidence/answers.h"

#include <cmath>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "experiments/evidence/tuned_setting.h"
#include "experiments/report/result_set.h"
#include "experiments/tables/result_values.h"
#include "ops/base/status_macros.h"

namespace mrsn::experiments {
namespace {

using Contrast = Contrasts::Contrast;
using Setting = Contrasts::Setting;

// The runs of one world: pairs of one seed, the setting's first.
using ResultPairs = std::vector<std::pair<const Result*, const Result*>>;

std::string RunName(const Result& result) {
  return absl::StrCat(result.experiment(), " seed ", result.seed());
}

std::string SeedsOf(const std::vector<Result>& results) {
  return absl::StrJoin(results, ", ",
                       [](std::string* out, const Result& result) { absl::StrAppend(out, result.seed()); });
}

class Answering {
 public:
  Answering(const Contrasts& contrasts, const std::vector<ScaleOfData>& scales, ScoredRuns* runs)
      : contrasts_(contrasts), scales_(scales), runs_(*runs) {}

  absl::StatusOr<Answers> Run() {
    LookAtProbe();
    for (const Contrast& contrast : contrasts_.contrasts()) MRSN_RETURN_IF_ERROR(Add(contrast));
    CorrectFamily();
    answers_.commits.assign(commits_.begin(), commits_.end());
    answers_.runs = static_cast<int>(used_.size());
    return std::move(answers_);
  }

 private:
  const ScaleOfData* ScaleOf(const Result& result) const {
    for (const ScaleOfData& scale : scales_) {
      if (scale.data == result.data_fingerprint()) return &scale;
    }
    return nullptr;
  }

  void LookAtProbe() {
    if (!contrasts_.has_probe()) return;
    const std::string& kind = contrasts_.probe().kind();
    for (const std::string& name : contrasts_.probe().results()) {
      const std::vector<Result>* results = runs_.Find(name);
      const ScaleOfData* scale = results == nullptr ? nullptr : ScaleOf(results->front());
      if (scale == nullptr || scale->pose_only.count(kind) == 0) {
        no_probe_.push_back(
            absl::StrCat("the linear probe was not measured: there is no ",
                         results == nullptr ? "result of " : "scale (--scale) of the data of ", name));
        answers_.probe.push_back(no_probe_.back() + ".");
        continue;
      }
      const double value = KindMeanOf(results->front(), kind).value_or(NAN), pose = scale->pose_only.at(kind);
      const bool passed = std::abs(value - pose) <= contrasts_.probe().margin();
      answers_.probe.push_back(absl::StrFormat("%s has %.2f on %s, pose only %.2f: %s %g points.", name,
                                               value, kind, pose, passed ? "within" : "not within",
                                               contrasts_.probe().margin()));
      if (!passed) no_probe_.push_back(absl::StrCat("the linear probe fails: ", name, " sees ", kind));
    }
  }

  // The tuned setting; none if no tuning is named. A tuning that was not run is `missing`.
  std::optional<TunedSetting> Tuned(const Setting& setting, std::string* missing) const {
    if (setting.tuning().empty()) return std::nullopt;
    std::optional<TunedSetting> taken =
        TakeSetting(runs_.BeginningWith(setting.tuning()), contrasts_.equal_settings());
    if (!taken.has_value()) *missing = absl::StrCat("no results of ", setting.tuning());
    return taken;
  }

  const Setting* BaselineOf(const Contrast& contrast, std::string* missing) const {
    if (contrast.baselines_size() == 1) return &contrast.baselines(0);
    const Setting* best = nullptr;
    double most = -1;
    for (const Setting& baseline : contrast.baselines()) {
      const std::optional<TunedSetting> tuned = Tuned(baseline, missing);
      if (!tuned.has_value()) return nullptr;
      if (tuned->frame_map <= most) continue;
      most = tuned->frame_map;
      best = &baseline;
    }
    return best;
  }

  // The pairs of each world; `missing` says what is not there.
  absl::StatusOr<std::vector<ResultPairs>> PairsOf(const Setting& setting, const Setting& baseline,
                                                   std::string* missing) const {
    std::vector<ResultPairs> worlds;
    std::map<std::string, std::string> world_of_data;
    for (const std::string& world : contrasts_.worlds()) {
      const std::string names[] = {InWorld(setting.results(), world), InWorld(baseline.results(), world)};
      for (const std::string& name : names) {
        if (runs_.Find(name) != nullptr) continue;
        *missing = absl::StrCat("no results of ", name);
        return worlds;
      }
      MRSN_ASSIGN_OR_RETURN(worlds.emplace_back(),
                            PairsOfWorld(*runs_.Find(names[0]), *runs_.Find(names[1])));
      const auto [known, is_new] =
          world_of_data.emplace(worlds.back().front().first->data_fingerprint(), world);
      if (!is_new) {
        return absl::InvalidArgumentError(
            absl::StrCat("worlds ", known->second, " and ", world,
                         " have the same data: ", RunName(*worlds.back().front().first)));
      }
    }
    return worlds;
  }

  static absl::StatusOr<ResultPairs> PairsOfWorld(const std::vector<Result>& setting,
                                                  const std::vector<Result>& baseline) {
    if (SeedsOf(setting) != SeedsOf(baseline)) {
      return absl::InvalidArgumentError(absl::StrCat(
          "these runs are no pairs: ", setting.front().experiment(), " has seeds ", SeedsOf(setting), ", ",
          baseline.front().experiment(), " has seeds ", SeedsOf(baseline)));
    }
    ResultPairs pairs;
    for (size_t i = 0; i < setting.size(); ++i) {
      pairs.emplace_back(&setting[i], &baseline[i]);
      for (const std::vector<Result>* side : {&setting, &baseline}) {
        const Result &first = setting.front(), &of_side = side->front(), &other = (*side)[i];
        MRSN_RETURN_IF_ERROR(CheckSameEvaluation(first, RunName(first), other, RunName(other)));
        MRSN_RETURN_IF_ERROR(CheckEqual("training data", &Result::train_data_fingerprint, first, other));
        MRSN_RETURN_IF_ERROR(CheckEqual("configuration", &Result::config_fingerprint, of_side, other));
      }
    }
    return pairs;
  }

  static absl::Status CheckEqual(const char* what, const std::string& (Result::*field)() const,
                                 const Result& a, const Result& b) {
    if ((a.*field)() == (b.*field)()) return absl::OkStatus();
    return absl::InvalidArgumentError(absl::StrCat("these results cannot be compared: the ", what, " is ",
                                                   (a.*field)().substr(0, 12), " in ", RunName(a), " and ",
                                                   (b.*field)().substr(0, 12), " in ", RunName(b)));
  }

  // Both measures of each pair of each world.
  absl::StatusOr<std::vector<std::vector<Pair>>> Values(const std::vector<ResultPairs>& worlds,
                                                        const std::string& measure) {
    std::vector<std::vector<Pair>> values;
    for (size_t w = 0; w < worlds.size(); ++w) {
      values.emplace_back();
      const RunValues* first = nullptr;
      for (const auto& [setting, baseline] : worlds[w]) {
        const DrawnValue* sides[2];
        for (const int side : {0, 1}) {
          const Result& result = side == 0 ? *setting : *baseline;
          MRSN_ASSIGN_OR_RETURN(const RunValues* run,
                                runs_.Values(result.experiment(), result.seed(), static_cast<int>(w)));
          if (first == nullptr) first = run;
          if (run->rooms != first->rooms) {
            return absl::InvalidArgumentError(
                absl::StrCat("these results cannot be compared: ", first->rooms.size(), " rooms in ",
                             RunName(*worlds[w].front().first), " and ", run->rooms.size(), " in ",
                             RunName(result), ", or others"));
          }
          const auto found = run->measures.find(measure);
          if (found == run->measures.end()) {
            return absl::InvalidArgumentError(
                absl::StrCat(RunName(result), " has no classes of kind \"", measure, "\""));
          }
          sides[side] = &found->second;
          used_.insert(RunName(result));
          commits_.insert(result.commit());
        }
        values.back().push_back({sides[0], sides[1]});
      }
    }
    return values;
  }

  // The mean of the worlds' means of one side.
  SettingScore ScoreOf(const Setting& setting, const std::vector<ResultPairs>& worlds,
                       const std::vector<std::vector<Pair>>& values, const DrawnValue* Pair::*side,
                       const std::string& measure) const {
    SettingScore score;
    score.name = setting.name();
    score.results = setting.results();
    double headroom = 0;
    bool has_scale = true;
    for (size_t w = 0; w < worlds.size(); ++w) {
      double mean = 0;
      for (const Pair& pair : values[w]) mean += (pair.*side)->value / static_cast<double>(values[w].size());
      score.value += mean / static_cast<double>(worlds.size());
      const ScaleOfData* scale = ScaleOf(*worlds[w].front().first);
      has_scale = has_scale && scale != nullptr && scale->oracle.count(measure) > 0 &&
                  scale->pose_only.count(measure) > 0;
      if (!has_scale) continue;
      const double pose = scale->pose_only.at(measure);
      headroom += (mean - pose) / (scale->oracle.at(measure) - pose) / static_cast<double>(worlds.size());
    }
    if (has_scale) score.headroom = headroom;
    return score;
  }

  absl::Status Add(const Contrast& contrast) {
    AnsweredContrast row;
    row.question = contrast.question();
    row.text = contrast.text();
    row.main = contrast.rank() == Contrast::MAIN;
    row.holm = contrast.holm();
    row.setting.name = contrast.setting().name();
    row.baseline.name = absl::StrJoin(contrast.baselines(), " or ", [](std::string* out, const Setting& one) {
      absl::StrAppend(out, one.name());
    });
    const Setting* baseline = BaselineOf(contrast, &row.missing);
    std::vector<ResultPairs> worlds;
    if (row.missing.empty()) {
      MRSN_ASSIGN_OR_RETURN(worlds, PairsOf(contrast.setting(), *baseline, &row.missing));
    }
    if (row.missing.empty()) row.reasons = ReasonsOf(contrast, *baseline, worlds);
    for (const std::string& measure : contrast.on()) {
      row.on = measure;
      answers_.contrasts.push_back(row);
      if (!row.missing.empty()) continue;
      MRSN_RETURN_IF_ERROR(Estimate(contrast, *baseline, worlds, &answers_.contrasts.back()));
    }
    return absl::OkStatus();
  }

  std::vector<std::string> ReasonsOf(const Contrast& contrast, const Setting& baseline,
                                     const std::vector<ResultPairs>& worlds) const {
    std::vector<std::string> reasons = no_probe_;
    for (const ResultPairs& pairs : worlds) {
      if (static_cast<int>(pairs.size()) >= contrast.pairs()) continue;
      reasons.push_back(absl::StrCat(pairs.size(), " of ", contrast.pairs(), " pairs in a world"));
      break;
    }
    std::vector<TunedSetting> tuned;
    for (const Setting* setting : {&contrast.setting(), &baseline}) {
      std::string missing;
      const std::optional<TunedSetting> taken = Tuned(*setting, &missing);
      if (!missing.empty()) reasons.push_back(missing);
      if (!taken.has_value()) continue;
      tuned.push_back(*taken);
      if (!taken->rise.has_value()) {
        reasons.push_back(absl::StrCat(taken->experiment, " has no learning curve"));
      } else if (*taken->rise >= contrasts_.most_rise()) {
        reasons.push_back(absl::StrFormat("%s has not converged: it still rises by %.2f points",
                                          setting->name(), *taken->rise));
      }
    }
    if (tuned.size() == 2 && SignChanges(tuned[0], tuned[1]).value_or(false)) {
      reasons.push_back("the sign changes between the last two points of the learning curves");
    }
    return reasons;
  }

  absl::Status Estimate(const Contrast& contrast, const Setting& baseline,
                        const std::vector<ResultPairs>& worlds, AnsweredContrast* row) {
    MRSN_ASSIGN_OR_RETURN(const auto values, Values(worlds, row->on));
    MRSN_ASSIGN_OR_RETURN(const auto all, Values(worlds, kAllClasses));
    row->setting = ScoreOf(contrast.setting(), worlds, values, &Pair::setting, row->on);
    row->baseline = ScoreOf(baseline, worlds, values, &Pair::baseline, row->on);
    row->estimate = EstimateContrast(values, contrasts_.seed());
    row->on_frame_map = EstimateContrast(all, contrasts_.seed());
    if (!row->estimate.has_value()) {
      row->reasons.push_back("no class of the kind has a box");
      return absl::OkStatus();
    }
    const double margin = row->main ? contrasts_.main_margin() : contrasts_.side_margin();
    if (row->reasons.empty()) row->answer = AnswerOf(*row->estimate, margin);
    row->after_holm = row->answer;
    if (row->answer == Answer::kNotDecided && row->estimate->spread.has_value()) {
      row->pairs_needed = PairsNeeded(*row->estimate->spread, margin, contrasts_.worlds_size());
    }
    return absl::OkStatus();
  }

  void CorrectFamily() {
    std::vector<AnsweredContrast*> family;
    std::vector<std::optional<double>> p_values;
    for (AnsweredContrast& row : answers_.contrasts) {
      if (!row.holm) continue;
      family.push_back(&row);
      p_values.push_back(row.estimate.has_value() ? std::optional(row.estimate->p_value) : std::nullopt);
    }
    const std::vector<double> adjusted = HolmAdjusted(p_values);
    for (size_t i = 0; i < family.size(); ++i) {
      if (!p_values[i].has_value()) continue;
      family[i]->adjusted_p = adjusted[i];
      family[i]->after_holm = AfterHolm(family[i]->answer, adjusted[i]);
    }
  }

  const Contrasts& contrasts_;
  const std::vector<ScaleOfData>& scales_;
  ScoredRuns& runs_;
  Answers answers_;
  std::vector<std::string> no_probe_;  // reasons not to decide anything
  std::set<std::string> commits_, used_;
};

}  // namespace

absl::StatusOr<Answers> AnswerContrasts(const Contrasts& contrasts, const std::vector<ScaleOfData>& scales,
                                        ScoredRuns* runs) {
  return Answering(contrasts, scales, runs).Run();
}

}  // namespace mrsn::experiments
