#include "datasets/pixels/pixel_matrix.h"

#include <cstddef>
#include <cstdint>

#include "datasets/pixels/pixel_memory.h"

namespace mrsn::datasets {
namespace {

class PixelMats : public cv::MatAllocator {
 public:
  cv::UMatData* allocate(int dims, const int* sizes, int type, void* data, size_t* step, cv::AccessFlag,
                         cv::UMatUsageFlags) const override {
    CV_Assert(data == nullptr);
    size_t bytes = CV_ELEM_SIZE(type);
    for (int i = dims - 1; i >= 0; --i) {
      if (step != nullptr) step[i] = bytes;
      bytes *= sizes[i];
    }
    auto* const owner = new cv::UMatData(this);
    owner->data = owner->origdata = static_cast<uint8_t*>(TakePixelMemory(bytes));
    owner->size = bytes;
    return owner;
  }

  bool allocate(cv::UMatData* owner, cv::AccessFlag, cv::UMatUsageFlags) const override {
    return owner != nullptr;
  }

  void deallocate(cv::UMatData* owner) const override {
    if (owner == nullptr) return;
    FreePixelMemory(owner->origdata, owner->size);
    owner->origdata = nullptr;
    delete owner;
  }
};

}  // namespace

cv::Mat NewPixels(int rows, int columns, int type) {
  static auto* const allocator = new PixelMats();
  cv::Mat pixels;
  pixels.allocator = allocator;
  pixels.create(rows, columns, type);
  return pixels;
}

}  // namespace mrsn::datasets
