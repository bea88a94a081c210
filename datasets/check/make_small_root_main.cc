// For tests of programs, with the kind of data set and the folder: make_small_root ava <folder>
// Writes a data root of small_root.h, and its DatasetConfig as dataset.textproto.
#include <cstdio>
#include <string>

#include "datasets/check/small_root.h"
#include "ops/base/file.h"

int main(int argc, char** argv) {
  const std::string kind = argc == 3 ? argv[1] : "";
  if (kind != "ava" && kind != "ucf24") {
    std::fprintf(stderr, "make_small_root ava|ucf24 FOLDER\n");
    return 2;
  }
  const std::string root = argv[2];
  (kind == "ava" ? mrsn::datasets::MakeSmallAva : mrsn::datasets::MakeSmallUcf24)(root);
  const absl::Status written = mrsn::WriteFileAtomically(
      root + "/dataset.textproto",
      kind == "ava" ? mrsn::datasets::kSmallAvaConfig : mrsn::datasets::kSmallUcf24Config);
  if (!written.ok()) std::fprintf(stderr, "%s\n", written.ToString().c_str());
  return written.ok() ? 0 : 1;
}
