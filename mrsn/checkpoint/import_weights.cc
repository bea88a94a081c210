#include "mrsn/checkpoint/import_weights.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <map>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "mrsn/checkpoint/scalar_type.h"

namespace mrsn {
namespace {

constexpr char kBackbone[] = "backbone.";
constexpr char kCounter[] = ".num_batches_tracked";

std::string Shown(const at::Tensor& tensor) {
  return absl::StrFormat("%s [%s]", DtypeName(tensor.scalar_type()), absl::StrJoin(tensor.sizes(), ","));
}

bool SameKind(const at::Tensor& a, const at::Tensor& b) {
  return a.is_floating_point() == b.is_floating_point() &&
         (a.scalar_type() == at::kBool) == (b.scalar_type() == at::kBool);
}

bool Inflates(const at::Tensor& from, const at::Tensor& to) {
  return from.dim() == 4 && to.dim() == 5 && from.size(0) == to.size(0) && from.size(1) == to.size(1) &&
         from.size(2) == to.size(3) && from.size(3) == to.size(4);
}

std::vector<int64_t> WithoutOnes(const at::Tensor& tensor) {
  std::vector<int64_t> sizes;
  for (const int64_t size : tensor.sizes()) {
    if (size != 1) sizes.push_back(size);
  }
  return sizes;
}

bool HasOneRowMore(const at::Tensor& from, const at::Tensor& to) {
  return from.dim() == to.dim() && to.dim() > 0 && from.size(0) == to.size(0) + 1 &&
         from.sizes().slice(1) == to.sizes().slice(1);
}

// An import on its way: what becomes of each tensor, and the values to be copied in the end.
class Import {
 public:
  Import(const std::string& origin, const NameMapper& names, const ImportOptions& options,
         const NamedTensors& model)
      : names_(names), options_(options), targets_(model.begin(), model.end()) {
    report_.file = origin;
    report_.format = names.format();
  }

  // Finds the place of a tensor of the file.
  absl::Status Take(const std::string& source, const at::Tensor& value) {
    ImportReport::Entry entry{source, source, names_.LeftOut(source)};
    if (!entry.note.empty()) {
      report_.left_out.push_back(entry);
      return absl::OkStatus();
    }
    entry.native = names_.ToNative(source);
    const auto [twin, first] = source_of_.emplace(entry.native, source);
    if (!first) {
      return absl::InvalidArgumentError(absl::StrFormat("%s: both '%s' and '%s' are %s's name for '%s'",
                                                        report_.file, twin->second, source, names_.format(),
                                                        entry.native));
    }
    if (!Wanted(entry.native)) {
      entry.note = "only the backbone is asked for";
      report_.left_out.push_back(entry);
      return absl::OkStatus();
    }
    const auto target = targets_.find(entry.native);
    if (target == targets_.end()) {
      report_.unexpected.push_back(entry);
    } else {
      Fit(value, target->second, std::move(entry));
    }
    return absl::OkStatus();
  }

  // The model's tensors that the file lacks.
  void AddMissing(const NamedTensors& model) {
    std::set<std::string> known;  // copied, or of another shape
    for (const auto& entry : report_.mismatched) known.insert(entry.native);
    for (const auto& entry : report_.mapped) known.insert(entry.native);
    for (const auto& [name, tensor] : model) {
      if (known.count(name) > 0) continue;
      if (!Wanted(name)) {
        report_.kept.push_back(name);
      } else if (names_.ZeroIfMissing(name)) {
        report_.zeroed.push_back(name);
        copies_.emplace_back(name, at::zeros_like(tensor));
      } else if (!absl::EndsWith(name, kCounter)) {
        report_.missing.push_back(name);
      }
    }
  }

  // Changes the model, unless something is wrong.
  absl::StatusOr<ImportReport> Copy() {
    if (!report_.complete() && !options_.allow_partial) {
      const bool head = !options_.backbone_only && absl::StrContains(report_.Summary(), "head.");
      return absl::InvalidArgumentError(absl::StrFormat(
          "%s does not fit the model: as %s: %s%s", report_.file, names_.format(), report_.Summary(),
          head ? "; to start a detector from another head's file, take its backbone only" : ""));
    }
    at::NoGradGuard no_grad;
    for (auto& [name, value] : copies_) {
      value = value.to(targets_.at(name).scalar_type());
      if (!value.is_floating_point() || at::isfinite(value).all().item<bool>()) continue;
      return absl::InvalidArgumentError(absl::StrFormat(
          "%s: '%s' has %d of %d values that are not finite numbers: a training that diverged, or a broken "
          "file",
          report_.file, source_of_[name], value.numel() - at::isfinite(value).sum().item<int64_t>(),
          value.numel()));
    }
    for (const auto& [name, value] : copies_) {
      at::Tensor to = targets_.at(name);
      to.copy_(value);
    }
    return std::move(report_);
  }

 private:
  bool Wanted(const std::string& native) const {
    return !options_.backbone_only || absl::StartsWith(native, kBackbone);
  }

  void Fit(at::Tensor from, const at::Tensor& to, ImportReport::Entry entry) {
    const bool inflates = Inflates(from, to);
    const bool first_row = names_.HasBackgroundRow(entry.native) && HasOneRowMore(from, to);
    if (!SameKind(from, to) || (WithoutOnes(from) != WithoutOnes(to) && !inflates && !first_row)) {
      entry.note = absl::StrFormat("%s in the file, %s in the model", Shown(from), Shown(to));
      report_.mismatched.push_back(entry);
      return;
    }
    if (inflates || first_row) entry.note = absl::StrFormat("%s into %s", Shown(from), Shown(to));
    if (inflates) {
      report_.inflated.push_back(entry);
      from = from.to(to.scalar_type()).unsqueeze(2).expand_as(to) / to.size(2);
    } else if (first_row) {
      report_.first_rows.push_back(entry);
      from = from.slice(0, 1);
    } else {
      from = from.reshape(to.sizes());
    }
    entry.note.clear();
    report_.mapped.push_back(entry);
    copies_.emplace_back(entry.native, from);
  }

  const NameMapper& names_;
  const ImportOptions& options_;
  const std::map<std::string, at::Tensor> targets_;
  ImportReport report_;
  std::map<std::string, std::string> source_of_;  // by native name
  NamedTensors copies_;                           // native name, value
};

}  // namespace

absl::StatusOr<ImportReport> ImportWeights(const NamedTensors& file, const std::string& origin,
                                           const NameMapper& names, const ImportOptions& options,
                                           const NamedTensors& model) {
  Import import(origin, names, options, model);
  for (const auto& [source, value] : file) {
    const absl::Status taken = import.Take(source, value);
    if (!taken.ok()) return taken;
  }
  import.AddMissing(model);
  return import.Copy();
}

}  // namespace mrsn
