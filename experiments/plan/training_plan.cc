#include "experiments/plan/training_plan.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "mrsn/bank/bank_size.h"

namespace mrsn::experiments {
namespace {

constexpr double kValueBytes = 4;  // float32

// `compute` of the values of facts, or why one of them is unknown.
template <typename Compute, typename... Facts>
Fact From(std::string formula, const Compute& compute, const Facts&... facts) {
  std::string reason;
  (..., (!facts.value.has_value() && reason.empty() ? void(reason = facts.origin) : void()));
  if ((... && facts.value.has_value())) return Known(compute(*facts.value...), std::move(formula));
  return Unknown(std::move(reason));
}

class Plan {
 public:
  explicit Plan(const PlanFacts& facts) : facts_(facts) {}

  std::vector<PlanRow> Rows() {
    Steps();
    Memory();
    Disk();
    Time();
    return std::move(rows_);
  }

 private:
  const Fact& Add(const char* key, const char* label, const char* unit, Fact fact) {
    rows_.push_back({key, label, unit, std::move(fact)});
    return rows_.back().fact;
  }

  void Steps() {
    const auto batch = static_cast<double>(facts_.batch_size);
    Add("training_clips", "clips of the training data", "clips", facts_.training.clips);
    Add("batch_size", "clips of a step", "clips", Known(batch, "train.batch_size"));
    Add("batch_per_device", "clips of a step on a device", "clips",
        Known(batch / facts_.devices, absl::StrCat("of ", facts_.devices, " devices")));
    const Fact per_epoch = From(
        "whole batches of an epoch", [&](double clips) { return std::floor(clips / batch); },
        facts_.training.clips);
    Add("steps_per_epoch", "steps of an epoch", "steps", per_epoch);
    steps_ = Add("steps", "steps", "steps",
                 From(
                     absl::StrFormat("%g epochs", facts_.epochs),
                     [&](double steps) { return std::round(facts_.epochs * steps); }, per_epoch));
  }

  void Memory() {
    const auto state = [](int64_t values) { return kValueBytes * static_cast<double>(values); };
    const double weights = state(facts_.parameters + facts_.buffers), gradients = state(facts_.trained);
    const double at_once = std::ceil(static_cast<double>(facts_.batch_size) / facts_.devices /
                                     std::max<int64_t>(1, facts_.accumulate));
    const std::string clips = absl::StrFormat("%g clips at once, %s", at_once, facts_.clip);
    Add("weight_bytes", "weights and buffers of a device", "bytes", Known(weights, "float32"));
    Add("gradient_bytes", "gradients of a device", "bytes", Known(gradients, "of the trained weights"));
    Add("momentum_bytes", "momenta of a device", "bytes", Known(gradients, "of the trained weights"));
    if (facts_.weight_copy_bytes > 0) {
      Add("weight_copy_bytes", "copies of weights of a device", "bytes",
          Known(facts_.weight_copy_bytes, absl::StrCat(facts_.precision, ", kept for the backward pass")));
    }
    Add("input_bytes", "input of a device", "bytes", Known(at_once * facts_.input_bytes, clips));
    Add("activation_bytes", "activations of a device", "bytes",
        Known(at_once * facts_.activation_bytes,
              absl::StrCat(facts_.precision,
                           ", kept for the backward pass, counted from the model's operations")));
    Add("device_bytes", "memory of a device", "bytes",
        Known(weights + 2 * gradients + facts_.weight_copy_bytes +
                  at_once * (facts_.input_bytes + facts_.activation_bytes),
              "the sum of these; what operations use inside themselves is not in it"));
    checkpoint_ = weights + gradients;
    weights_ = weights;
  }

  void Disk() {
    std::string origin = "weights, buffers and momenta";
    if (facts_.own_memory) origin += "; the memory is not in it, it grows to the size of the banks";
    Add("checkpoint_bytes", "one checkpoint", "bytes", Known(checkpoint_, std::move(origin)));
    Add("checkpoints_bytes", "disk for checkpoints and weights", "bytes",
        Known(3 * checkpoint_ + (facts_.validates ? 2 : 1) * weights_,
              facts_.validates ? "two checkpoints, one being written, the best and the last weights"
                               : "two checkpoints, one being written, the last weights"));
    if (facts_.bank_width == 0) return;
    if (!facts_.own_memory) {
      Add("training_bank_bytes", "disk for the bank of training", "bytes", BankBytesOf(facts_.training_bank));
    }
    Add("evaluation_bank_bytes", "disk for the bank of evaluation", "bytes",
        BankBytesOf(facts_.evaluation_bank));
  }

  Fact BankBytesOf(const DataFacts& data) const {
    return From(
        absl::StrFormat("float16 features of width %d; persons of a key frame: %s", facts_.bank_width,
                        data.persons.origin),
        [&](double clips, double persons) {
          return static_cast<double>(BankBytes(static_cast<int64_t>(clips), persons, facts_.bank_width));
        },
        data.clips, data.persons);
  }

  void Time() {
    Add("clips_per_second", "clips a second of all devices", "clips/s", facts_.clips_per_second);
    Add("clip_file_bytes", "bytes of files a clip", "bytes", facts_.training.bytes);
    Add("read_bytes_per_second", "bytes of files a second", "bytes/s",
        From(
            "clips a second x bytes of files a clip", [](double rate, double bytes) { return rate * bytes; },
            facts_.clips_per_second, facts_.training.bytes));
    Add("seconds", "time of the steps", "seconds",
        From(
            "clips of all steps / clips a second; without evaluation and banks",
            [&](double steps, double rate) { return steps * facts_.batch_size / rate; }, steps_,
            facts_.clips_per_second));
  }

  const PlanFacts& facts_;
  std::vector<PlanRow> rows_;
  Fact steps_;
  double checkpoint_ = 0, weights_ = 0;
};

}  // namespace

Fact Known(double value, std::string origin) { return {value, std::move(origin)}; }
Fact Unknown(std::string reason) { return {std::nullopt, std::move(reason)}; }

absl::StatusOr<std::vector<PlanRow>> PlanTraining(const PlanFacts& facts) {
  if (facts.devices < 1 || facts.batch_size % facts.devices != 0) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "train.batch_size is %d, which %d devices cannot share equally", facts.batch_size, facts.devices));
  }
  return Plan(facts).Rows();
}

std::string ValueText(const PlanRow& row) {
  if (!row.fact.value.has_value()) return "unknown";
  const double value = *row.fact.value;
  if (row.unit == "bytes" || row.unit == "bytes/s") {
    const char* rate = row.unit == "bytes" ? "" : "/s";
    if (value < 1e3) return absl::StrFormat("%.0f B%s", value, rate);
    if (value < 1e6) return absl::StrFormat("%.1f kB%s", value / 1e3, rate);
    if (value < 1e9) return absl::StrFormat("%.1f MB%s", value / 1e6, rate);
    return absl::StrFormat("%.2f GB%s", value / 1e9, rate);
  }
  if (row.unit == "seconds") {
    if (value < 120) return absl::StrFormat("%.0f seconds", value);
    if (value < 7200) return absl::StrFormat("%.1f minutes", value / 60);
    if (value < 48 * 3600) return absl::StrFormat("%.1f hours", value / 3600);
    return absl::StrFormat("%.1f days", value / 86400);
  }
  return row.unit == "clips/s" ? absl::StrFormat("%.2f", value) : absl::StrFormat("%.0f", value);
}

std::string PlanText(const std::vector<PlanRow>& plan) {
  size_t label = 0, value = 0;
  for (const PlanRow& row : plan) {
    label = std::max(label, row.label.size());
    value = std::max(value, ValueText(row).size());
  }
  std::string text;
  for (const PlanRow& row : plan) {
    absl::StrAppendFormat(&text, "  %-*s  %*s  %s\n", static_cast<int>(label), row.label,
                          static_cast<int>(value), ValueText(row), row.fact.origin);
  }
  return text;
}

std::string PlanJson(const std::string& experiment, int devices, const std::vector<PlanRow>& plan) {
  nlohmann::ordered_json json;
  json["experiment"] = experiment;
  json["devices"] = devices;
  for (const PlanRow& row : plan) {
    nlohmann::ordered_json& entry = json[row.key];
    if (row.fact.value.has_value()) {
      entry["value"] = *row.fact.value;
    } else {
      entry["value"] = nullptr;
    }
    entry["unit"] = row.unit;
    entry[row.fact.value.has_value() ? "from" : "unknown"] = row.fact.origin;
  }
  return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace mrsn::experiments
