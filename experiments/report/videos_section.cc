#include <algorithm>
#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "eval/protocol.h"
#include "experiments/config/config.h"
#include "experiments/config/text_proto.h"
#include "experiments/report/cells.h"
#include "experiments/report/clean_text.h"
#include "experiments/report/detections_section.h"
#include "experiments/report/keyframe_images.h"
#include "experiments/report/keyframe_picture.h"
#include "experiments/report/run_folders.h"
#include "ops/base/file.h"
#include "ops/base/status_macros.h"

namespace mrsn::experiments {
namespace {

constexpr size_t kShownVideos = 10;
constexpr int kNameCharacters = 28;

DocumentTable VideoTable(const AnalysedRun& run, size_t begin, size_t end, const std::string& caption) {
  DocumentTable table;
  table.caption = caption;
  table.columns = {{"video"},
                   {"mAP, %", true},
                   {"classes", true},
                   {"key frames", true},
                   {"annotated rows", true},
                   {"missed rows", true},
                   {"distance for each key frame", true}};
  for (size_t v = begin; v < end; ++v) {
    const eval::VideoScore& video = run.analysis.videos[v];
    const auto measured = [&](const std::string& text) { return Measured(text, run.run->id); };
    DocumentTable::Row row;
    row.cells = {
        Text(video.video),
        video.frame_map ? measured(absl::StrFormat("%.2f", 100 * *video.frame_map)) : Text("no boxes"),
        measured(absl::StrCat(video.num_classes)),
        measured(absl::StrCat(video.num_keyframes)),
        measured(absl::StrCat(video.num_gt)),
        measured(absl::StrCat(video.num_missed)),
        measured(ShortNumber(video.distance / std::max(1, video.num_keyframes)))};
    table.rows.push_back(std::move(row));
  }
  return table;
}

// The evaluated data of the experiment of the tree, else of the experiment that the run's folder keeps.
absl::StatusOr<DatasetConfig> DataOf(const AnalysedRun& run, const ImageSources& sources) {
  const absl::StatusOr<ResolvedExperiment> resolved =
      LoadExperiment(sources.configs_root, run.experiment->name);
  if (resolved.ok()) return resolved->experiment.eval_data();
  if (!sources.runs_root.empty()) {
    MRSN_ASSIGN_OR_RETURN(const std::string folder, RunFolderOf(sources.runs_root, run.run->result));
    const std::string path = folder + "/experiment.textproto";
    if (!folder.empty() && FileExists(path)) {
      Experiment experiment;
      MRSN_RETURN_IF_ERROR(ReadTextProto(path, &experiment));
      return experiment.eval_data();
    }
  }
  return resolved.status();
}

absl::StatusOr<KeyframeImages> OpenImages(const AnalysedRun& run, const ImageSources& sources) {
  MRSN_ASSIGN_OR_RETURN(const DatasetConfig config, DataOf(run, sources));
  if (!config.has_micro_world() && sources.data_root.empty()) {
    return absl::FailedPreconditionError("--data_root, the folder of the evaluated data, is not set");
  }
  return KeyframeImages::Open(config, sources.data_root, sources.cache_root,
                              run.run->result.data_fingerprint());
}

// "A stand, talk to; B sit" and the boxes with these marks. Scores only of found persons.
std::string Listed(const std::vector<LabelledPerson>& persons, bool annotated, const KeyframeImages& images,
                   std::vector<MarkedBox>* boxes) {
  std::string text;
  for (size_t p = 0; p < persons.size(); ++p) {
    const std::string mark = annotated ? std::string(1, static_cast<char>('A' + p)) : absl::StrCat(p + 1);
    boxes->push_back({images.Normalised(persons[p].box), mark});
    absl::StrAppend(&text, p == 0 ? "" : "; ", mark);
    for (size_t a = 0; a < persons[p].actions.size(); ++a) {
      const auto& [name, score] = persons[p].actions[a];
      absl::StrAppend(&text, a == 0 ? " " : ", ", Shortened(name, kNameCharacters));
      if (!annotated) absl::StrAppendFormat(&text, " %.2f", score);
    }
  }
  return persons.empty() ? "nobody" : text;
}

Figure DrawWorst(const WorstKeyframe& worst, const KeyframeImage& image, const KeyframeImages& images,
                 const std::string& unit) {
  std::vector<MarkedBox> annotated, found;
  const std::string listed_annotated = Listed(worst.annotated, true, images, &annotated);
  const std::string listed_found = Listed(worst.found, false, images, &found);
  const std::string name =
      absl::StrCat(worst.keyframe.video, ", ", unit, " ", worst.keyframe.timestamp.Text());
  Figure figure;
  figure.svg = DrawKeyframe(image, annotated, found,
                            absl::StrCat("Key frame of ", name, " with annotated and found persons"));
  figure.caption = absl::StrFormat("%s (mAP of the video %.1f %%). Annotated: %s. Found: %s.", name,
                                   100 * worst.video.frame_map.value_or(0), listed_annotated, listed_found);
  return figure;
}

// Pictures, or a sentence about their absence.
void AddPictures(const AnalysedRun& run, const ImageSources& sources, Section* section) {
  if (run.analysis.worst_keyframes.empty()) return;
  const absl::StatusOr<KeyframeImages> images = OpenImages(run, sources);
  if (!images.ok()) {
    section->blocks.push_back(Paragraph(
        absl::StrCat("There are no pictures of the worst key frames: ", images.status().message(), ".")));
    return;
  }
  const auto protocol = eval::ParseProtocol(run.run->result.protocol());
  const bool seconds = !protocol.ok() || eval::RulesOf(*protocol).dataset == eval::Dataset::kAva;
  std::vector<Figure> figures;
  std::string faults;
  for (const WorstKeyframe& worst : run.analysis.worst_keyframes) {
    const absl::StatusOr<KeyframeImage> image = images->Read(worst.keyframe);
    if (image.ok()) {
      figures.push_back(DrawWorst(worst, *image, *images, seconds ? "second" : "frame"));
    } else {
      absl::StrAppend(&faults, faults.empty() ? "" : "; ", image.status().message());
    }
  }
  if (!figures.empty()) {
    section->blocks.push_back(Paragraph(
        "The worst key frame of each of the worst videos. Green boxes with letters are annotated, dashed "
        "orange "
        "ones with numbers are found; of the persons found, those with the best scores are shown."));
    section->blocks.push_back(Pictures(std::move(figures)));
  }
  if (!faults.empty()) {
    section->blocks.push_back(Paragraph(absl::StrCat("Key frames without a picture: ", faults, ".")));
  }
}

}  // namespace

absl::StatusOr<Section> VideosSection(const AnalysedResults& analysed, const Viewpoint& view,
                                      const ImageSources& sources) {
  Section section{"videos", "Videos", {}};
  if (analysed.runs.empty()) return section;
  const AnalysedRun& run = analysed.Shown(view);
  const size_t all = run.analysis.videos.size(), shown = std::min(all, kShownVideos);
  if (all == 0) return section;
  section.blocks.push_back(
      Paragraph(absl::StrCat("The mAP of a video ranks its own detections only, over the classes annotated "
                             "in it; their mean is not the "
                             "frame-mAP. The distance adds, for each annotated row, 1 less the score it was "
                             "found with, and the score "
                             "of each false detection.")));
  section.blocks.push_back(Shown(
      VideoTable(run, 0, shown,
                 absl::StrCat(all == 1 ? "The only video, " : absl::StrCat("The worst of ", all, " videos, "),
                              run.Name()))));
  if (shown < all) {
    section.blocks.push_back(
        Folded(VideoTable(run, shown, all, absl::StrCat("The other ", all - shown, " videos"))));
  }
  AddPictures(run, sources, &section);
  return section;
}

}  // namespace mrsn::experiments
