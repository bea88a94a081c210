#include "experiments/evidence/answers_page.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "experiments/report/cells.h"

namespace mrsn::experiments {
namespace {

using Json = nlohmann::ordered_json;

std::string Signed(double value) { return absl::StrFormat("%+.2f", value); }

std::string IntervalText(const ContrastEstimate& estimate) {
  return absl::StrCat(Signed(estimate.interval.first), " to ", Signed(estimate.interval.second));
}

// "31.20 (12 %)": the value and its share of headroom.
std::string ScoreText(const SettingScore& score) {
  const std::string value = absl::StrFormat("%.2f", score.value);
  return score.headroom ? absl::StrFormat("%s (%.0f %%)", value, 100 * *score.headroom) : value;
}

DocumentTable::Row RowOf(const AnsweredContrast& contrast) {
  DocumentTable::Row row;
  const auto add = [&](const std::string& text) { row.cells.push_back(Measured(text, "")); };
  row.cells = {Text(contrast.question),
               Text(absl::StrCat(contrast.setting.name, " − ", contrast.baseline.name)), Text(contrast.on)};
  const ContrastEstimate* estimate = contrast.estimate ? &*contrast.estimate : nullptr;
  if (estimate == nullptr) {
    row.cells.push_back(Text(contrast.missing.empty() ? "not decided" : "not run"));
    row.cells.resize(14);
    return row;
  }
  row.cells.push_back(Text(AnswerText(contrast.answer)));
  add(Signed(estimate->difference));
  add(IntervalText(*estimate));
  add(absl::StrJoin(estimate->world_means, ", ",
                    [](std::string* out, double mean) { out->append(Signed(mean)); }));
  add(absl::StrCat(estimate->pairs));
  add(ScoreText(contrast.setting));
  add(ScoreText(contrast.baseline));
  const bool beside = contrast.on != kAllClasses && contrast.on_frame_map;
  add(beside ? absl::StrCat(Signed(contrast.on_frame_map->difference), " (",
                            IntervalText(*contrast.on_frame_map), ")")
             : "");
  add(contrast.adjusted_p ? absl::StrFormat("%.3f", *contrast.adjusted_p) : "");
  add(contrast.adjusted_p ? AnswerText(contrast.after_holm) : "");
  add(contrast.pairs_needed ? absl::StrCat(*contrast.pairs_needed) : "");
  return row;
}

DocumentTable TableOf(const Answers& answers, bool main) {
  DocumentTable table;
  table.headed = false;
  table.caption = main ? "Main contrasts" : "Side contrasts";
  table.columns = {{"question"},
                   {"contrast"},
                   {"on"},
                   {"answer"},
                   {"difference", true},
                   {"95 % interval", true},
                   {"worlds", true},
                   {"pairs", true},
                   {"with (headroom)", true},
                   {"without", true},
                   {"on frame-mAP", true},
                   {"Holm's p", true},
                   {"after Holm"},
                   {"pairs asked for", true}};
  for (const AnsweredContrast& contrast : answers.contrasts) {
    if (contrast.main == main) table.rows.push_back(RowOf(contrast));
  }
  return WithoutEmptyColumns(std::move(table));
}

std::string RulesText(const Contrasts& contrasts) {
  return absl::StrFormat(
      "Values are mean AP in percent, differences are in points. Each of %d draws takes rooms of each world "
      "with replacement, the same ones for both settings, and pairs of seeds of each world; worlds are not "
      "drawn. Yes or worse: the interval does not contain 0, and all worlds' means have its sign. No effect: "
      "the interval lies within ±%g (main) or ±%g points (side). Everything else is not decided.",
      contrasts.draws(), contrasts.main_margin(), contrasts.side_margin());
}

// Why rows have no answer, each once.
std::vector<std::string> Notes(const Answers& answers) {
  std::vector<std::string> notes;
  for (const AnsweredContrast& contrast : answers.contrasts) {
    std::vector<std::string> causes = contrast.reasons;
    if (!contrast.missing.empty()) causes.push_back(contrast.missing);
    if (causes.empty()) continue;
    const std::string note = absl::StrCat(contrast.question, ", ", contrast.setting.name, " − ",
                                          contrast.baseline.name, ": ", absl::StrJoin(causes, "; "), ".");
    if (notes.empty() || notes.back() != note) notes.push_back(note);
  }
  return notes;
}

std::string Summary(const Answers& answers) {
  int counts[4] = {}, missing = 0;
  for (const AnsweredContrast& contrast : answers.contrasts) {
    if (contrast.missing.empty()) {
      ++counts[static_cast<int>(contrast.answer)];
    } else {
      ++missing;
    }
  }
  return absl::StrFormat(
      "Of %d rows %d are answered yes, %d worse, %d no effect, %d are not decided, %d are not run.",
      answers.contrasts.size(), counts[static_cast<int>(Answer::kYes)],
      counts[static_cast<int>(Answer::kWorse)], counts[static_cast<int>(Answer::kNoEffect)],
      counts[static_cast<int>(Answer::kNotDecided)], missing);
}

template <typename Value>
Json OrNull(const std::optional<Value>& value) {
  return value.has_value() ? Json(*value) : Json(nullptr);
}

Json JsonOf(const std::optional<ContrastEstimate>& estimate) {
  if (!estimate) return nullptr;
  return {{"difference", estimate->difference},
          {"confidence_interval_95", {estimate->interval.first, estimate->interval.second}},
          {"world_means", estimate->world_means},
          {"p_value", estimate->p_value},
          {"spread_of_pairs", OrNull(estimate->spread)},
          {"pairs", estimate->pairs},
          {"draws", estimate->used_draws}};
}

Json JsonOf(const SettingScore& score) {
  return {{"name", score.name},
          {"results", score.results},
          {"value", score.value},
          {"share_of_headroom", OrNull(score.headroom)}};
}

}  // namespace

Document AnswersPage(const Answers& answers, const Contrasts& contrasts, const std::string& made_by) {
  Document document;
  document.title = "Answers";
  document.summary = Summary(answers);
  document.made_by = made_by;
  if (answers.commits.size() > 1) {
    document.warnings.push_back(
        absl::StrCat("The runs are of several commits: ", absl::StrJoin(answers.commits, ", "), "."));
  }
  for (const std::string& commit : answers.commits) {
    if (absl::StrContains(commit, "dirty") || commit.empty()) {
      document.warnings.push_back("Some of the runs are of code that was not committed.");
      break;
    }
  }
  document.facts = {{"runs", absl::StrCat(answers.runs)},
                    {"worlds", absl::StrJoin(contrasts.worlds(), ", ")},
                    {"commits", absl::StrJoin(answers.commits, ", ")}};
  Section main{"main", "Main contrasts", {Shown(TableOf(answers, true)), Paragraph(RulesText(contrasts))}};
  document.sections.push_back(std::move(main));
  DocumentTable side = TableOf(answers, false);
  if (!side.rows.empty()) {
    Block warning = Paragraph("Side contrasts explore: nothing corrects for their number.");
    document.sections.push_back({"side", "Side contrasts", {std::move(warning), Shown(std::move(side))}});
  }
  Section notes{"notes", "Notes", {}};
  for (const std::string& sentence : answers.probe) notes.blocks.push_back(Paragraph(sentence));
  for (const std::string& note : Notes(answers)) notes.blocks.push_back(Paragraph(note));
  document.sections.push_back(std::move(notes));
  return document;
}

std::string AnswersJson(const Answers& answers, const Contrasts& contrasts) {
  Json json = {{"draws", contrasts.draws()},
               {"main_margin", contrasts.main_margin()},
               {"side_margin", contrasts.side_margin()},
               {"worlds", std::vector<std::string>(contrasts.worlds().begin(), contrasts.worlds().end())},
               {"runs", answers.runs},
               {"commits", answers.commits},
               {"probe", answers.probe},
               {"contrasts", Json::array()}};
  for (const AnsweredContrast& contrast : answers.contrasts) {
    json["contrasts"].push_back(
        {{"question", contrast.question},
         {"text", contrast.text},
         {"rank", contrast.main ? "main" : "side"},
         {"on", contrast.on},
         {"missing", contrast.missing},
         {"setting", JsonOf(contrast.setting)},
         {"baseline", JsonOf(contrast.baseline)},
         {"estimate", JsonOf(contrast.estimate)},
         {"on_frame_map", JsonOf(contrast.on_frame_map)},
         {"reasons", contrast.reasons},
         {"answer", contrast.missing.empty() ? AnswerText(contrast.answer) : "not run"},
         {"holm_p", OrNull(contrast.adjusted_p)},
         {"after_holm", contrast.adjusted_p ? Json(AnswerText(contrast.after_holm)) : Json(nullptr)},
         {"pairs_asked_for", OrNull(contrast.pairs_needed)}});
  }
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace mrsn::experiments
