// The folders that runs read and write, their number of threads and their device.
//
//   <output_root>/runs/<label>/seed<k>-<identity>/checkpoints/            while training; best.safetensors
//                                                 weights.safetensors     when trained
//                                                 train.jsonl             loss and rate
//                                                 bank-<data>/            relation banks written by it
//                                                 detections.csv          layout of the data set
//                                                 groundtruth.csv         that was counted, likewise
//   <output_root>/features/<identity>/            maps of a frozen backbone, for all runs that use it
//   <output_root>/results/<label>/seed<k>.textproto
//   <output_root>/logs/<label>/seed<k>.log                                of child processes
//
// <label> is the experiment's name unless the run has another one (RunRequest::label).
// <identity> hashes the resolved config, the seed, the data and the inputs' weights:
// a changed config trains in a folder of its own and overwrites nothing.
#ifndef MRSN_EXPERIMENTS_RUN_RUN_SETTINGS_H_
#define MRSN_EXPERIMENTS_RUN_RUN_SETTINGS_H_

#include <cstdint>
#include <string>

namespace mrsn {
class ProcessGroup;
}

namespace mrsn::experiments {

struct RunSettings {
  std::string configs_root;      // folder of <experiment>.textproto
  std::string checkpoints_root;  // folder of trained weights that came with the program; "" = none
  std::string output_root;
  std::string data_root;            // "" = data that came with the program, or generated data
  std::string cache_root;           // of generated data; "" = CacheFolder()
  bool generate = true;             // false: generated data that is not there is only described
  bool ignore_data_errors = false;  // go on where the check of the data found errors (data_check.h)
  int workers = 0;             // threads that read clips; 0 = datasets::DefaultWorkers(). Changes no number.
  int threads = 1;             // of one LibTorch operation
  std::string device = "cpu";  // of models, as DeviceNamed (ops/device/device_name.h) reads it
  // The processes that work on one run together, all with the same settings and the same folders: rank 0
  // writes. Null: one process.
  ProcessGroup* group = nullptr;
  int processes = 1;  // that RunMany starts for each run; they share its batches
  bool wait = true;   // while another job writes the same run or bank; false: the error Unavailable instead
};

// Settings with the configs and checkpoints that came with the program. `output_root` is the user's; "" =
// DefaultOutputRoot().
RunSettings DefaultSettings(const std::string& output_root);

// The path of a run's result.
std::string ResultPath(const std::string& output_root, const std::string& label, uint64_t seed);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_RUN_RUN_SETTINGS_H_
