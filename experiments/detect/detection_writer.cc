#include "experiments/detect/detection_writer.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "ops/base/status_macros.h"
#include "ops/formats/ava_csv.h"

namespace mrsn::experiments {
namespace {

using Json = nlohmann::ordered_json;

double Rounded(double value, double unit = 1e5) { return std::round(value * unit) / unit; }

// Names of files may hold any bytes; JSON holds UTF-8.
std::string Text(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

Json PersonJson(const ScoredPerson& person, double width, double height,
                const std::vector<datasets::ActionClass>& classes) {
  const Box& box = person.box;
  Json json = {{"track", person.track},
               {"person_score", Rounded(person.person_score)},
               {"box", {Rounded(box.x1), Rounded(box.y1), Rounded(box.x2), Rounded(box.y2)}},
               {"pixels",
                {Rounded(box.x1 * width, 10), Rounded(box.y1 * height, 10), Rounded(box.x2 * width, 10),
                 Rounded(box.y2 * height, 10)}},
               {"actions", Json::array()}};
  for (const int place : ByScore(person.scores, classes)) {
    json["actions"].push_back(
        {{"id", classes[place].id}, {"name", classes[place].name}, {"score", Rounded(person.scores[place])}});
  }
  return json;
}

Json RoundedList(const std::vector<float>& values) {
  Json list = Json::array();
  for (const float value : values) list.push_back(Rounded(value));
  return list;
}

// Empty lists are left out.
Json RelationsJson(const PersonRelations& relations, const std::vector<ScoredPerson>& persons) {
  Json json = Json::object();
  if (!relations.context.empty()) json["context"] = RoundedList(relations.context);
  for (size_t m = 0; m < relations.persons.size(); ++m) {
    json["persons"].push_back({{"track", persons[m].track}, {"weight", Rounded(relations.persons[m])}});
  }
  for (size_t i = 0; i < relations.seconds.size(); ++i) {
    json["seconds"].push_back({{"offset", relations.first_offset + static_cast<int>(i)},
                               {"weight", Rounded(relations.seconds[i])}});
  }
  return json;
}

}  // namespace

std::vector<int> ByScore(const std::vector<float>& scores,
                         const std::vector<datasets::ActionClass>& classes) {
  std::vector<int> places;
  for (size_t k = 0; k < classes.size(); ++k) {
    if (classes[k].evaluated) places.push_back(static_cast<int>(k));
  }
  std::stable_sort(places.begin(), places.end(), [&](int a, int b) { return scores[a] > scores[b]; });
  return places;
}

DetectionWriter::DetectionWriter(const std::string& stem, const DetectedVideo& video, double first_second,
                                 const std::vector<datasets::ActionClass>& classes)
    : stem_(stem),
      video_(video.name),
      width_(video.width),
      height_(video.height),
      first_second_(first_second),
      classes_(classes),
      csv_file_(csv_path()),
      json_file_(json_path()),
      csv_(csv_file_.path(), std::ios::binary),
      json_(json_file_.path(), std::ios::binary) {}

absl::StatusOr<std::unique_ptr<DetectionWriter>> DetectionWriter::Open(
    const std::string& stem, const DetectionOrigin& origin, const DetectedVideo& video, double first_second,
    const std::vector<datasets::ActionClass>& classes) {
  std::unique_ptr<DetectionWriter> writer(new DetectionWriter(stem, video, first_second, classes));
  const Json facts = {{"video", video.name},
                      {"file", video.path},
                      {"width", video.width},
                      {"height", video.height},
                      {"frames_per_second", Rounded(video.frames_per_second)},
                      {"first_second", first_second},
                      {"experiment", origin.experiment},
                      {"config_fingerprint", origin.config_fingerprint},
                      {"checkpoint", origin.checkpoint},
                      {"weights_sha256", origin.weights_hash},
                      {"trained", origin.trained},
                      {"persons", origin.persons},
                      {"commit", origin.commit}};
  Json names = Json::array();
  for (const datasets::ActionClass& action : classes) {
    if (action.evaluated) names.push_back({{"id", action.id}, {"name", action.name}});
  }
  // An object whose list of key frames is still open, one line a key frame.
  std::string head = Text(facts);
  head.pop_back();
  writer->json_ << head << ",\n\"classes\":" << Text(names) << ",\n\"keyframes\":[";
  MRSN_RETURN_IF_ERROR(writer->Check());
  return writer;
}

absl::Status DetectionWriter::Add(const DetectedKeyframe& keyframe) {
  const double second = first_second_ + keyframe.seconds;
  Json persons = Json::array();
  for (const ScoredPerson& person : keyframe.persons) {
    const Box& box = person.box;
    for (size_t k = 0; k < classes_.size(); ++k) {
      if (!classes_[k].evaluated) continue;
      const formats::Detection row = {{video_, Timestamp::Nearest(second)},
                                      {box.x1, box.y1, box.x2, box.y2},
                                      classes_[k].id,
                                      person.scores[k]};
      csv_ << formats::FormatAvaRow(row);
    }
    persons.push_back(PersonJson(person, width_, height_, classes_));
    Json relations = RelationsJson(person.relations, keyframe.persons);
    if (!relations.empty()) persons.back()["relations"] = std::move(relations);
  }
  const Json json = {{"second", Rounded(second, 1e6)}, {"frame", keyframe.frame}, {"persons", persons}};
  json_ << (first_ ? "\n" : ",\n") << Text(json);
  first_ = false;
  return Check();
}

absl::Status DetectionWriter::Finish(int64_t frames) {
  json_ << "\n],\n\"frames\":" << frames << "}\n";
  csv_.close();
  json_.close();
  MRSN_RETURN_IF_ERROR(Check());
  MRSN_RETURN_IF_ERROR(csv_file_.Commit());
  return json_file_.Commit();
}

absl::Status DetectionWriter::Check() const {
  for (const auto& [stream, path] : {std::pair(&csv_, csv_path()), std::pair(&json_, json_path())}) {
    if (!stream->good()) return absl::InternalError(absl::StrCat(path, ": cannot write"));
  }
  return absl::OkStatus();
}

}  // namespace mrsn::experiments
