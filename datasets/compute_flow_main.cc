// bazel run //datasets:compute_flow -- --dataset=ucf24 --root=/data/ucf24 --split=trainlist01
#include <glob.h>

#include <algorithm>
#include <cstdio>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "datasets/flow/compute_flow.h"
#include "datasets/flow_command.h"
#include "datasets/open_dataset.h"
#include "datasets/video_media.h"
#include "ops/base/file.h"
#include "ops/base/program.h"

ABSL_FLAG(std::string, dataset, "",
          "Whose videos: ucf24 or another data set of dataset_config.proto; also its message in text format, "
          "'ucf24 { annotations: \"b.csv\" }'.");
ABSL_FLAG(std::string, root, "", "Folder of the data set; empty for generated data (micro_world).");
ABSL_FLAG(std::string, split, "", "Whose videos; with --dataset.");
ABSL_FLAG(std::vector<std::string>, videos, {},
          "Instead of a data set: video files, or folders of frames <name>/<name>_%06d.jpg, separated by "
          "commas; each may have wildcards.");
ABSL_FLAG(std::string, method, "dis", "dis, or tvl1 in a build with --config=tvl1.");
ABSL_FLAG(int, threads, 0, "Videos at a time, each decoded in memory; 0 = as many as there are cores.");

namespace mrsn::datasets {
namespace {

constexpr char kUsage[] =
    "Computes the optical flow of videos and stores it beside them, for data sets with `flow`.\n\n"
    "  bazel run //datasets:compute_flow -- --dataset=ucf24 --root=/data/ucf24 --split=trainlist01\n"
    "  bazel run //datasets:compute_flow -- --videos='clips/*.avi,more/a.mp4' --threads=1\n"
    "  bazel run --config=tvl1 //datasets:compute_flow -- --method=tvl1 --videos='clips/*.avi'\n\n"
    "clips/a.avi gets the folder clips/a.avi.flow_dis: one PNG a frame (R = motion to the right, G =\n"
    "downwards, clipped to 20 pixels) and flow.textproto. Complete folders are skipped, so a run that was\n"
    "stopped goes on when started again. A video that cannot be read does not stop the others; the exit code "
    "is then 1.\n";

// The paths that `pattern` matches, without flow folders; itself if there is none, for an error later.
void Expand(const std::string& pattern, std::set<std::string>* paths) {
  glob_t found;
  if (::glob(pattern.c_str(), GLOB_NOCHECK, nullptr, &found) != 0) {
    paths->insert(pattern);
    return;
  }
  for (size_t i = 0; i < found.gl_pathc; ++i) {
    std::string path = found.gl_pathv[i];
    while (path.size() > 1 && path.back() == '/') path.pop_back();
    bool flow = false;
    for (const FlowMethod method : {FlowMethod::kDis, FlowMethod::kTvl1}) {
      const std::string ending = FlowFolder("", method);
      flow = flow || absl::EndsWith(path, ending) || absl::EndsWith(path, ending + ".tmp");
    }
    if (!flow) paths->insert(path);
  }
  ::globfree(&found);
}

absl::Status Main() {
  const std::string dataset = absl::GetFlag(FLAGS_dataset), split = absl::GetFlag(FLAGS_split);
  const std::vector<std::string> patterns = absl::GetFlag(FLAGS_videos);
  const int threads = absl::GetFlag(FLAGS_threads);
  if (dataset.empty() == patterns.empty()) {
    return WrongUsage("set either --dataset, with --root and --split, or --videos");
  }
  if (dataset.empty() != split.empty()) {
    return WrongUsage("--split says which videos of --dataset: set both or none");
  }
  if (threads < 0 || threads > 1024) {
    return WrongUsage(absl::StrCat("--threads is ", threads, "; allowed: 0..1024"));
  }
  const auto method = FlowMethodNamed(absl::GetFlag(FLAGS_method));
  if (!method.ok()) return WrongUsage(absl::StrCat("--method: ", method.status().message()));

  std::vector<VideoMedia> videos;
  if (!dataset.empty()) {
    auto config = ParseDatasetFlag(dataset);
    if (!config.ok()) return WrongUsage(config.status().message());
    config->set_inference_split(split);
    const auto opened = OpenDataset(*config, Usage::kInference, UserPath(absl::GetFlag(FLAGS_root)));
    if (!opened.ok()) return opened.status();
    videos = (*opened)->Videos();
  }
  std::set<std::string> paths;  // without those that several patterns match
  for (const std::string& pattern : patterns) Expand(UserPath(pattern), &paths);
  for (const std::string& path : paths) videos.push_back(MediaAt(path));
  if (videos.empty()) return absl::NotFoundError("there is no video");

  const int cores = std::max(1u, std::thread::hardware_concurrency());
  const auto report = ComputeFlows(videos, *method, threads > 0 ? threads : cores);
  if (!report.ok()) return report.status();
  for (const auto& [video, status] : report->failed) {
    std::fprintf(stderr, "failed: %s\n", std::string(status.message()).c_str());
  }
  std::printf("%s flow: %lld videos computed, %lld were complete, %lld failed\n",
              FlowMethodName(*method).c_str(), static_cast<long long>(report->computed),
              static_cast<long long>(report->skipped), static_cast<long long>(report->failed.size()));
  if (report->failed.empty()) return absl::OkStatus();
  return absl::InternalError(absl::StrCat(report->failed.size(), " of ", videos.size(),
                                          " videos have no flow, first ", report->failed[0].first));
}

}  // namespace
}  // namespace mrsn::datasets

int main(int argc, char** argv) {
  return mrsn::RunProgram(argc, argv, mrsn::datasets::kUsage, mrsn::datasets::Main);
}
