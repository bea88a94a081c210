#include "datasets/ucf24/real_clips.h"

#include <matio.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "ops/base/file.h"
#include "ops/base/status_macros.h"
#include "ops/test_data/test_data.h"

namespace mrsn::datasets {
namespace {

namespace fs = std::filesystem;

// Element `i` of the field `name` of a struct array's element; the published file uses these three types.
int Number(matvar_t* array, size_t element, const char* name, size_t i = 0) {
  const matvar_t* field = Mat_VarGetStructFieldByName(array, name, element);
  switch (field->class_type) {
    case MAT_C_UINT8:
      return static_cast<const uint8_t*>(field->data)[i];
    case MAT_C_UINT16:
      return static_cast<const uint16_t*>(field->data)[i];
    default:
      return static_cast<int>(static_cast<const double*>(field->data)[i]);
  }
}

// The rows of every clip in `rows`, which are empty before.
absl::Status ReadAnnotations(const std::string& path, std::map<std::string, std::string>* rows) {
  const std::unique_ptr<mat_t, int (*)(mat_t*)> mat(Mat_Open(path.c_str(), MAT_ACC_RDONLY), Mat_Close);
  if (mat == nullptr) return absl::NotFoundError(absl::StrCat(path, ": cannot be opened"));
  const std::unique_ptr<matvar_t, void (*)(matvar_t*)> annot(Mat_VarRead(mat.get(), "annot"), Mat_VarFree);
  if (annot == nullptr) return absl::InvalidArgumentError(absl::StrCat(path, ": holds no annot"));
  for (size_t video = 0; video < annot->dims[0] * annot->dims[1]; ++video) {
    const matvar_t* text = Mat_VarGetStructFieldByName(annot.get(), "name", video);
    const std::string name(static_cast<const char*>(text->data), text->nbytes);
    const auto wanted = rows->find(name);
    if (wanted == rows->end()) continue;
    matvar_t* tubes = Mat_VarGetStructFieldByName(annot.get(), "tubes", video);
    for (size_t tube = 0; tube < tubes->dims[0] * tubes->dims[1]; ++tube) {
      const int first = Number(tubes, tube, "sf"), last = Number(tubes, tube, "ef");
      const int count = last - first + 1;
      for (int i = 0; i < count; ++i) {
        int box[4];  // x, y, width, height, stored by column
        for (int c = 0; c < 4; ++c) box[c] = Number(tubes, tube, "boxes", c * count + i);
        absl::StrAppend(&wanted->second, name, ",", first + i, ",", Number(tubes, tube, "class") - 1, ",",
                        box[0], ",", box[1], ",", box[0] + box[2], ",", box[1] + box[3], ",", tube, "\n");
      }
    }
  }
  for (const auto& [name, text] : *rows) {
    if (text.empty()) return absl::NotFoundError(absl::StrCat(path, ": has no box of ", name));
  }
  return absl::OkStatus();
}

// Below MRSN_TEST_DATA; "" if it is nowhere.
std::string FindVideo(const std::string& clip) {
  const std::string name = clip.substr(clip.find('/') + 1);
  for (const std::string& path :
       {absl::StrCat("/ucf101-mini/videos/", clip, ".avi"), absl::StrCat("/videos/", name, ".avi"),
        absl::StrCat("/videos/", name, ".mp4")}) {
    if (FileExists(TestDataFolder() + path)) return TestDataFolder() + path;
  }
  return "";
}

}  // namespace

absl::Status MakeRealRoot(const std::map<std::string, std::vector<std::string>>& splits,
                          const std::string& root) {
  std::map<std::string, std::string> rows;
  for (const auto& [split, clips] : splits) {
    std::string list;
    for (const std::string& clip : clips) {
      rows[clip] = "";
      absl::StrAppend(&list, clip, "\n");
    }
    MRSN_RETURN_IF_ERROR(WriteFileAtomically(absl::StrCat(root, "/", split, ".txt"), list));
  }
  MRSN_RETURN_IF_ERROR(ReadAnnotations(TestDataFolder() + "/ucf101-24/finalAnnots.mat", &rows));
  std::string annotations;
  for (const auto& [clip, text] : rows) {
    annotations += text;
    const std::string video = FindVideo(clip);
    if (video.empty()) return absl::NotFoundError(absl::StrCat(clip, ": no such video in the test data"));
    const fs::path link = absl::StrCat(root, "/videos/", clip, fs::path(video).extension().string());
    std::error_code error;
    fs::create_directories(link.parent_path(), error);
    fs::remove(link, error);
    fs::create_symlink(video, link, error);
    if (error) return absl::InternalError(absl::StrCat(link.string(), ": ", error.message()));
  }
  return WriteFileAtomically(root + "/annotations.csv", annotations);
}

absl::Status MakeRealClips(const std::string& root) {
  return MakeRealRoot({{"clips",
                        {"Basketball/v_Basketball_g01_c02", "SalsaSpin/v_SalsaSpin_g03_c01",
                         "SoccerJuggling/v_SoccerJuggling_g23_c01"}},
                       {"train",
                        {"Diving/v_Diving_g08_c03", "Diving/v_Diving_g09_c01", "Surfing/v_Surfing_g08_c01",
                         "Surfing/v_Surfing_g09_c01", "TrampolineJumping/v_TrampolineJumping_g08_c01",
                         "TrampolineJumping/v_TrampolineJumping_g09_c01"}},
                       {"test",
                        {"Diving/v_Diving_g01_c01", "Surfing/v_Surfing_g01_c01",
                         "TrampolineJumping/v_TrampolineJumping_g01_c01"}}},
                      root);
}

}  // namespace mrsn::datasets
