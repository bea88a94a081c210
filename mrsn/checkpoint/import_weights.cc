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

}  // namespace

absl::StatusOr<ImportReport> ImportWeights(const NamedTensors& file, const std::string& origin,
                                           const NameMapper& names, const ImportOptions& options,
                                           const NamedTensors& model) {
  ImportReport report;
  report.file = origin;
  report.format = names.format();
  const std::map<std::string, at::Tensor> targets(model.begin(), model.end());
  const auto wanted = [&](const std::string& native) {
    return !options.backbone_only || absl::StartsWith(native, kBackbone);
  };
  std::map<std::string, std::string> source_of;  // by native name
  NamedTensors copies;                           // native name, value
  for (const auto& [source, value] : file) {
    ImportReport::Entry entry{source, source, names.LeftOut(source)};
    if (!entry.note.empty()) {
      report.left_out.push_back(entry);
      continue;
    }
    entry.native = names.ToNative(source);
    const auto [twin, first] = source_of.emplace(entry.native, source);
    if (!first) {
      return absl::InvalidArgumentError(absl::StrFormat("%s: both '%s' and '%s' are %s's name for '%s'",
                                                        origin, twin->second, source, names.format(),
                                                        entry.native));
    }
    if (!wanted(entry.native)) {
      entry.note = "only the backbone is asked for";
      report.left_out.push_back(entry);
      continue;
    }
    const auto target = targets.find(entry.native);
    if (target == targets.end()) {
      report.unexpected.push_back(entry);
      continue;
    }
    const at::Tensor& to = target->second;
    at::Tensor from = value;
    const bool inflates = Inflates(from, to);
    const bool first_row = names.HasBackgroundRow(entry.native) && HasOneRowMore(from, to);
    if (!SameKind(from, to) || (WithoutOnes(from) != WithoutOnes(to) && !inflates && !first_row)) {
      entry.note = absl::StrFormat("%s in the file, %s in the model", Shown(from), Shown(to));
      report.mismatched.push_back(entry);
      continue;
    }
    if (inflates) {
      entry.note = absl::StrFormat("%s into %s", Shown(from), Shown(to));
      report.inflated.push_back(entry);
      from = from.to(to.scalar_type()).unsqueeze(2).expand_as(to) / to.size(2);
    } else if (first_row) {
      entry.note = absl::StrFormat("%s into %s", Shown(from), Shown(to));
      report.first_rows.push_back(entry);
      from = from.slice(0, 1);
    } else {
      from = from.reshape(to.sizes());
    }
    entry.note.clear();
    report.mapped.push_back(entry);
    copies.emplace_back(entry.native, from);
  }
  std::set<std::string> unfit;
  for (const auto& entry : report.mismatched) unfit.insert(entry.native);
  std::set<std::string> copied;
  for (const auto& entry : report.mapped) copied.insert(entry.native);
  for (const auto& [name, tensor] : model) {
    if (copied.count(name) > 0 || unfit.count(name) > 0) continue;
    if (!wanted(name)) {
      report.kept.push_back(name);
    } else if (names.ZeroIfMissing(name)) {
      report.zeroed.push_back(name);
      copies.emplace_back(name, at::zeros_like(tensor));
    } else if (!absl::EndsWith(name, kCounter)) {
      report.missing.push_back(name);
    }
  }
  if (!report.complete() && !options.allow_partial) {
    const bool head = !options.backbone_only && absl::StrContains(report.Summary(), "head.");
    return absl::InvalidArgumentError(absl::StrFormat(
        "%s does not fit the model: as %s: %s%s", origin, names.format(), report.Summary(),
        head ? "; to start a detector from another head's file, take its backbone only" : ""));
  }
  at::NoGradGuard no_grad;
  for (const auto& [name, value] : copies) {
    at::Tensor to = targets.at(name);
    to.copy_(value);
  }
  return report;
}

}  // namespace mrsn
