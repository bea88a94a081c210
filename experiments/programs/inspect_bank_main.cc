// bazel run //experiments:inspect_bank -- --bank=out/banks/ava22/mrsn_s_r50/train-0123456789ab --verify
#include <cmath>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/strings/str_cat.h"
#include "mrsn/bank/relation_bank.h"
#include "ops/base/file.h"
#include "ops/base/program.h"
#include "ops/base/progress.h"
#include "ops/base/status_macros.h"

ABSL_FLAG(std::string, bank, "", "The folder of a relation bank.");
ABSL_FLAG(bool, verify, false, "Also read the whole data and compare them with their SHA-256.");
ABSL_FLAG(std::string, video, "", "Also list the persons of each second of this video.");
ABSL_FLAG(double, second, NAN, "Also list the entries of this second of --video, 903.5 for a half one.");
ABSL_FLAG(bool, json, false, "Print one JSON object instead of text.");

namespace mrsn::experiments {
namespace {

constexpr char kUsage[] =
    "Shows a relation bank: to which weights and data it belongs, and its contents.\n\n"
    "  bazel run //experiments:inspect_bank -- --bank=out/banks/micro/acre/train-0123456789ab --verify\n"
    "  bazel run //experiments:inspect_bank -- --bank=out/banks/micro/acre/train-0123456789ab \\\n"
    "      --video=val0000 --second=902 --json\n";

using Json = nlohmann::ordered_json;

struct Contents {
  int64_t videos = 0, keyframes = 0, empty_keyframes = 0, persons = 0;
  std::vector<std::pair<Timestamp, int64_t>> seconds;  // of the video asked for: second, persons
};

absl::StatusOr<Contents> Count(const RelationBank& bank, const std::string& video) {
  Contents contents;
  std::string last;
  MRSN_RETURN_IF_ERROR(bank.Scan([&](const Keyframe& keyframe, int64_t persons) {
    if (keyframe.video != last) ++contents.videos;
    last = keyframe.video;
    ++contents.keyframes;
    contents.empty_keyframes += persons == 0;
    contents.persons += persons;
    if (keyframe.video == video) contents.seconds.emplace_back(keyframe.timestamp, persons);
  }));
  return contents;
}

Json Number(Timestamp second) { return second.IsWhole() ? Json(second.Floor()) : Json(second.value()); }

// Box, length and first features of each person of a second.
absl::StatusOr<Json> Entries(const RelationBank& bank, const Keyframe& keyframe) {
  constexpr int64_t kShown = 8;
  MRSN_ASSIGN_OR_RETURN(const BankWindow window, bank.Window(keyframe, 0));
  const std::vector<float> features = window.features();
  Json entries = Json::array();
  for (size_t person = 0; person < window.boxes.size(); ++person) {
    const Box& box = window.boxes[person];
    double squares = 0;
    Json first = Json::array();
    for (int64_t i = 0; i < window.width; ++i) {
      const float feature = features[person * window.width + i];
      squares += static_cast<double>(feature) * feature;
      if (i < kShown) first.push_back(feature);
    }
    entries.push_back({{"box", {box.x1, box.y1, box.x2, box.y2}},
                       {"feature_length", std::sqrt(squares)},
                       {"first_features", std::move(first)}});
  }
  return entries;
}

void PrintText(const Json& found) {
  for (const auto& [name, value] : found.items()) {
    if (!value.is_array()) {
      std::printf("%-16s %s\n", name.c_str(),
                  value.is_string() ? value.get<std::string>().c_str() : value.dump().c_str());
      continue;
    }
    std::printf("%s\n", name.c_str());
    for (const Json& row : value) std::printf("  %s\n", row.dump().c_str());
  }
}

absl::Status Main() {
  const std::string path = UserPath(absl::GetFlag(FLAGS_bank)), video = absl::GetFlag(FLAGS_video);
  const double second = absl::GetFlag(FLAGS_second);
  const bool one_second = !std::isnan(second);
  if (path.empty()) return WrongUsage("--bank is not set");
  if (one_second && video.empty()) return WrongUsage("--second needs --video");
  MRSN_ASSIGN_OR_RETURN(const std::unique_ptr<RelationBank> bank, RelationBank::OpenAny(path));
  if (absl::GetFlag(FLAGS_verify)) {
    ProgressBar bar("verify", bank->bytes(), "bytes");
    MRSN_RETURN_IF_ERROR(bank->Verify([&](int64_t done) { bar.Update(done, done, ""); }));
    bar.Finish();
  }
  MRSN_ASSIGN_OR_RETURN(const Contents contents, Count(*bank, video));
  if (!video.empty() && contents.seconds.empty()) {
    return absl::NotFoundError(absl::StrCat("relation bank ", path, ": has no video ", video));
  }
  Json found = {{"bank", path},
                {"checkpoint", bank->identity().checkpoint},
                {"boxes", bank->identity().boxes},
                {"config", bank->identity().config},
                {"videos", contents.videos},
                {"seconds", contents.keyframes},
                {"seconds_without_persons", contents.empty_keyframes},
                {"persons", contents.persons},
                {"width", bank->width()},
                {"bytes", bank->bytes()},
                {"checked", absl::GetFlag(FLAGS_verify) ? "whole data" : "size and index"}};
  if (!video.empty()) {
    found["video"] = video;
    if (one_second) {
      MRSN_ASSIGN_OR_RETURN(found["entries"], Entries(*bank, {video, Timestamp::Nearest(second)}));
    } else {
      for (const auto& [at, persons] : contents.seconds) {
        found["persons_of_seconds"].push_back({{"second", Number(at)}, {"persons", persons}});
      }
    }
  }
  if (absl::GetFlag(FLAGS_json)) {
    std::printf("%s\n", found.dump(2).c_str());
  } else {
    PrintText(found);
  }
  return absl::OkStatus();
}

}  // namespace
}  // namespace mrsn::experiments

int main(int argc, char** argv) {
  return mrsn::RunProgram(argc, argv, mrsn::experiments::kUsage, mrsn::experiments::Main);
}
