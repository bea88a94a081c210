#include "experiments/run/child_message.h"

#include "absl/strings/str_cat.h"
#include "experiments/config/text_proto.h"
#include "experiments/run/child_run.pb.h"
#include "ops/base/file.h"
#include "ops/base/status_macros.h"

namespace mrsn::experiments {

absl::Status WriteChildMessage(const std::string& path, const ChildMessage& message) {
  ChildRun run;
  run.set_experiment(message.request.experiment);
  run.set_override_text(message.request.override_text);
  run.set_label(message.request.label);
  run.set_seed(message.request.seed);
  run.set_configs_root(message.settings.configs_root);
  run.set_checkpoints_root(message.settings.checkpoints_root);
  run.set_output_root(message.settings.output_root);
  run.set_data_root(message.settings.data_root);
  run.set_cache_root(message.settings.cache_root);
  run.set_threads(message.settings.threads);
  run.set_workers(message.settings.workers);
  run.set_device(message.settings.device);
  run.set_processes(message.settings.processes);
  run.set_wait(message.settings.wait);
  return WriteFileAtomically(
      path, absl::StrCat("# proto-file: experiments/run/child_run.proto\n# proto-message: mrsn.ChildRun\n",
                         PrintTextProto(run)));
}

absl::StatusOr<ChildMessage> ReadChildMessage(const std::string& path) {
  ChildRun run;
  MRSN_RETURN_IF_ERROR(ReadTextProto(path, &run));
  if (run.experiment().empty()) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": experiment is not set"));
  }
  ChildMessage message;
  message.request = {run.experiment(), run.override_text(), run.label(), run.seed()};
  message.settings.configs_root = run.configs_root();
  message.settings.checkpoints_root = run.checkpoints_root();
  message.settings.output_root = run.output_root();
  message.settings.data_root = run.data_root();
  message.settings.cache_root = run.cache_root();
  message.settings.threads = run.threads();
  message.settings.workers = run.workers();
  if (run.has_device()) message.settings.device = run.device();
  if (run.has_processes()) message.settings.processes = run.processes();
  if (run.has_wait()) message.settings.wait = run.wait();
  return message;
}

}  // namespace mrsn::experiments
