#include "eval/protocol.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace mrsn::eval {
namespace {

constexpr Protocol kAll[] = {Protocol::kOfficial2019, Protocol::kOfficial2018, Protocol::kOfficial2020,
                             Protocol::kPySlowFast,   Protocol::kAcar,         Protocol::kMmaction2,
                             Protocol::kYowo,         Protocol::kAct,          Protocol::kVoc,
                             Protocol::kVoc11};

}  // namespace

ProtocolRules RulesOf(Protocol protocol) {
  ProtocolRules rules;
  switch (protocol) {
    case Protocol::kOfficial2018:
    case Protocol::kPySlowFast:
      rules.min_score = -10.0;
      return rules;
    case Protocol::kOfficial2019:
    case Protocol::kAcar:
      rules.cap = 50;
      rules.ground_truth_order = GroundTruthOrder::kPersonHeap;
      return rules;
    case Protocol::kOfficial2020:
      rules.cap = 50;
      rules.ground_truth_order = GroundTruthOrder::kPersonHeap;
      rules.honours_exclusions = false;
      rules.fractional_timestamps = true;
      rules.empty_frames = EmptyFrames::kIgnoredUnlessListed;
      return rules;
    case Protocol::kMmaction2:
      rules.min_score = 0.002;
      rules.empty_frames = EmptyFrames::kIgnored;
      rules.ground_truth_order = GroundTruthOrder::kPersonDescending;
      rules.float_iou = true;
      return rules;
    case Protocol::kYowo:
    case Protocol::kVoc11:
    case Protocol::kAct:
    case Protocol::kVoc:
      rules.dataset = Dataset::kUcf24;
      rules.drops_invalid_detections = protocol == Protocol::kVoc;
      rules.plus_one = protocol != Protocol::kVoc;
      rules.rounds_detections = protocol == Protocol::kYowo;
      rules.second_choice = rules.mean_over_all_classes = protocol == Protocol::kAct;
      rules.ap = protocol == Protocol::kAct     ? ApKind::kTrapezoid
                 : protocol == Protocol::kVoc11 ? ApKind::kElevenPoint
                                                : ApKind::kEveryPoint;
      return rules;
  }
  return rules;
}

std::string ProtocolName(Protocol protocol) {
  switch (protocol) {
    case Protocol::kOfficial2018:
      return "official_2018";
    case Protocol::kOfficial2019:
      return "official_2019";
    case Protocol::kOfficial2020:
      return "official_2020";
    case Protocol::kPySlowFast:
      return "pyslowfast";
    case Protocol::kAcar:
      return "acar";
    case Protocol::kMmaction2:
      return "mmaction2";
    case Protocol::kYowo:
      return "yowo";
    case Protocol::kAct:
      return "act";
    case Protocol::kVoc:
      return "voc";
    case Protocol::kVoc11:
      return "voc11";
  }
  return "";
}

absl::StatusOr<Protocol> ParseProtocol(absl::string_view name) {
  std::vector<std::string> names;
  for (Protocol protocol : kAll) {
    names.push_back(ProtocolName(protocol));
    if (names.back() == name) return protocol;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("unknown protocol '", name, "'; there are ", absl::StrJoin(names, ", ")));
}

std::vector<Protocol> ProtocolsOf(Dataset dataset) {
  std::vector<Protocol> protocols;
  for (Protocol protocol : kAll) {
    if (RulesOf(protocol).dataset == dataset) protocols.push_back(protocol);
  }
  return protocols;
}

std::string DatasetName(Dataset dataset) { return dataset == Dataset::kAva ? "ava" : "ucf24"; }

absl::StatusOr<Dataset> ParseDataset(absl::string_view name) {
  if (name == "ava") return Dataset::kAva;
  if (name == "ucf24") return Dataset::kUcf24;
  return absl::InvalidArgumentError(absl::StrCat("unknown data set '", name, "'; there are ava, ucf24"));
}

}  // namespace mrsn::eval
