// Videos, key frames and their names: how much the two sides have in common.
#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "ops/plausibility/pair.h"

namespace mrsn::plausibility {
namespace {

constexpr absl::string_view kEndings[] = {".mp4", ".avi", ".mkv", ".webm", ".mov", ".mpg", ".txt"};

// The name without blanks around it, without the ending of a file, with '/' between folders.
std::string WithoutEnding(absl::string_view name) {
  std::string plain = absl::StrReplaceAll(absl::StripAsciiWhitespace(name), {{"\\", "/"}});
  const std::string lower = absl::AsciiStrToLower(plain);
  for (absl::string_view ending : kEndings) {
    if (absl::EndsWith(lower, ending) && lower.size() > ending.size()) {
      plain.resize(plain.size() - ending.size());
      break;
    }
  }
  return plain;
}

// Names of one video have one key: folders and capitals are left out, and YOWO's "Biking_v_Biking_g01_c01" is
// "v_Biking_g01_c01" in the folder Biking.
std::string Key(absl::string_view name) {
  std::string key = absl::AsciiStrToLower(WithoutEnding(name));
  key = key.substr(key.rfind('/') + 1);  // npos + 1 is 0
  const size_t flat = key.find("_v_");
  if (flat != std::string::npos && absl::StartsWith(key.substr(flat + 3), key.substr(0, flat)))
    key = key.substr(flat + 1);
  return key;
}

// "a/b/c" and "b/c" may be one video; "a/c" and "b/c" are two.
bool FoldersAgree(absl::string_view a, absl::string_view b) {
  const std::string x = absl::AsciiStrToLower(WithoutEnding(a)), y = absl::AsciiStrToLower(WithoutEnding(b));
  if (!absl::StrContains(x, '/') || !absl::StrContains(y, '/')) return true;
  return x == y || absl::EndsWith(x, "/" + y) || absl::EndsWith(y, "/" + x);
}

Finding Warn(Kind kind, const std::string& file, int64_t count, int64_t of, std::string first,
             std::string text) {
  return {kind, Severity::kWarning, file, count, of, std::move(first), std::move(text)};
}

std::string Things(int64_t count, absl::string_view one) {
  return absl::StrCat(count, " ", one, count == 1 ? "" : "s");
}

void CheckVideos(const Pair& pair, std::vector<Finding>& findings) {
  const Side &annotations = pair.side(Pair::kAnnotated), &other = pair.side(Pair::kOther);
  int64_t common = 0;
  int lonely_annotated = -1, lonely_other = -1;
  for (int v = 0; v < static_cast<int>(pair.videos().size()); ++v) {
    const bool annotated = pair.HasVideo(Pair::kAnnotated, v), found = pair.HasVideo(Pair::kOther, v);
    common += annotated && found;
    if (annotated && !found && lonely_annotated < 0) lonely_annotated = v;
    if (found && !annotated && lonely_other < 0) lonely_other = v;
  }
  const int64_t annotated = pair.CountVideos(Pair::kAnnotated), others = pair.CountVideos(Pair::kOther);
  if (annotated == 0 || others == 0) return;
  if (common == 0) {
    findings.push_back(
        Warn(Kind::kVideosInCommon, other.file, 0, others, pair.videos()[lonely_other],
             absl::StrCat("none of ", Things(others, "video"), " is among the ", annotated, " of ",
                          annotations.file, ", whose first is '", pair.videos()[lonely_annotated], "'")));
    findings.back().severity = Severity::kError;
  } else if (2 * common < annotated) {
    findings.push_back(
        Warn(Kind::kVideosInCommon, other.file, common, annotated, pair.videos()[lonely_annotated],
             absl::StrCat("only ", common, " of the ", Things(annotated, "video"), " of ", annotations.file,
                          " occur among the ", others, " of this file: is it another split?")));
  } else if (10 * common < others) {
    findings.push_back(Warn(
        Kind::kVideosInCommon, other.file, common, others, pair.videos()[lonely_other],
        absl::StrCat("only ", common, " of the ", Things(others, "video"), " of this file occur among the ",
                     annotated, " of ", annotations.file, ": is it another split?")));
  }
}

void CheckNames(const Pair& pair, std::vector<Finding>& findings) {
  const int num_videos = static_cast<int>(pair.videos().size());
  absl::flat_hash_map<std::string, std::vector<int>> annotated;  // without a partner, by key
  for (int v = 0; v < num_videos; ++v) {
    if (pair.HasVideo(Pair::kAnnotated, v) && !pair.HasVideo(Pair::kOther, v))
      annotated[Key(pair.videos()[v])].push_back(v);
  }
  if (annotated.empty()) return;
  int64_t matches = 0;
  std::string first, partner;
  for (int v = 0; v < num_videos; ++v) {
    if (pair.HasVideo(Pair::kAnnotated, v)) continue;
    const std::string& name = pair.videos()[v];
    const auto it = annotated.find(Key(name));
    if (it == annotated.end()) continue;
    const auto same = std::find_if(it->second.begin(), it->second.end(),
                                   [&](int a) { return FoldersAgree(name, pair.videos()[a]); });
    if (same == it->second.end()) continue;
    if (matches++ == 0) {
      first = name;
      partner = pair.videos()[*same];
    }
  }
  if (matches == 0) return;
  const int64_t others = pair.CountVideos(Pair::kOther);
  findings.push_back(
      Warn(Kind::kVideoNames, pair.side(Pair::kOther).file, matches, others, absl::StrCat("'", first, "'"),
           absl::StrCat(matches, " of ", Things(others, "video"), " would match under another name: '", first,
                        "' is '", partner, "' in ", pair.side(Pair::kAnnotated).file)));
}

// Among the videos in common.
void CheckKeyframes(const Pair& pair, std::vector<Finding>& findings) {
  int64_t count[2] = {0, 0}, common = 0;
  int lonely[2] = {-1, -1};
  for (int i = 0; i < static_cast<int>(pair.keyframes().size()); ++i) {
    const Pair::Keyframe& k = pair.keyframes()[i];
    if (!pair.HasVideo(Pair::kAnnotated, k.video) || !pair.HasVideo(Pair::kOther, k.video)) continue;
    common += k.has[0] && k.has[1];
    for (int of : {0, 1}) {
      count[of] += k.has[of];
      if (k.has[of] && !k.has[1 - of] && lonely[of] < 0) lonely[of] = i;
    }
  }
  if (count[0] == 0 || count[1] == 0) return;
  const Side &annotations = pair.side(Pair::kAnnotated), &other = pair.side(Pair::kOther);
  const char kWhere[] = " of the videos in common";
  if (common == 0) {
    findings.push_back(Warn(
        Kind::kKeyframesInCommon, other.file, 0, count[1], pair.KeyframeName(lonely[1]),
        absl::StrCat("none of ", Things(count[1], "key frame"), kWhere, " is among the ", count[0], " of ",
                     annotations.file, ", whose first is '", pair.KeyframeName(lonely[0]), "'")));
    findings.back().severity = Severity::kError;
  } else if (2 * common < count[0]) {
    findings.push_back(Warn(Kind::kKeyframesInCommon, other.file, common, count[0],
                            pair.KeyframeName(lonely[0]),
                            absl::StrCat("only ", common, " of the ", Things(count[0], "key frame"), kWhere,
                                         " in ", annotations.file, " occur in this file")));
  } else if (10 * common < count[1]) {
    findings.push_back(Warn(Kind::kKeyframesInCommon, other.file, common, count[1],
                            pair.KeyframeName(lonely[1]),
                            absl::StrCat("only ", common, " of the ", Things(count[1], "key frame"), kWhere,
                                         " in this file occur in ", annotations.file)));
  }
}

}  // namespace

void CheckCommon(const Pair& pair, std::vector<Finding>& findings) {
  CheckVideos(pair, findings);
  CheckNames(pair, findings);
  CheckKeyframes(pair, findings);
}

}  // namespace mrsn::plausibility
