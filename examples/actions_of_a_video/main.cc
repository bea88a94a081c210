// Prints who does what at which second of a video:
//   bazel run :actions_of_a_video -- /videos/street.mp4 ava22/mrsn_s_r50 /weights/mrsn.safetensors
#include <cstdio>
#include <memory>
#include <vector>

#include "experiments/detect/action_finder.h"

using mrsn::experiments::ActingKeyframe;
using mrsn::experiments::ActingPerson;
using mrsn::experiments::ActionFinder;
using mrsn::experiments::ActionFinderOptions;
using mrsn::experiments::ScoredAction;

int Fail(const absl::Status& status) {
  std::fprintf(stderr, "error: %s\n", std::string(status.message()).c_str());
  return 1;
}

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: actions_of_a_video VIDEO EXPERIMENT CHECKPOINT\n");
    return 2;
  }
  ActionFinderOptions options;
  options.experiment = argv[2];
  options.checkpoint = argv[3];  // a file, or random:0 to try things out
  const absl::StatusOr<std::unique_ptr<ActionFinder>> finder = ActionFinder::Make(options);
  if (!finder.ok()) return Fail(finder.status());
  const absl::StatusOr<std::vector<ActingKeyframe>> keyframes = (*finder)->Find(argv[1]);
  if (!keyframes.ok()) return Fail(keyframes.status());
  for (const ActingKeyframe& keyframe : *keyframes) {
    for (const ActingPerson& person : keyframe.persons) {
      const ScoredAction& action = person.actions.front();  // the most probable one of all classes
      std::printf("second %.1f, person %d: %s (%.2f)\n", keyframe.seconds, person.track, action.name.c_str(),
                  action.score);
    }
  }
  return 0;
}
