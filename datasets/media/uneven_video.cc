#include "datasets/media/uneven_video.h"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

namespace mrsn::datasets {
namespace {

uint32_t Number(const std::string& bytes, size_t at) {
  uint32_t value = 0;
  for (size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<uint8_t>(bytes.at(at + i));
  return value;
}

std::string Bytes(uint32_t value) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift);
  return bytes;
}

// Where the box of that type begins among those of [begin,end); a box begins with its size and its type.
size_t FindBox(const std::string& mp4, size_t begin, size_t end, const char* type) {
  while (begin < end && Number(mp4, begin) >= 8) {
    if (mp4.compare(begin + 4, 4, type) == 0) return begin;
    begin += Number(mp4, begin);
  }
  std::fprintf(stderr, "UnevenMp4: no box %s\n", type);
  std::abort();
}

}  // namespace

std::string UnevenMp4(std::string mp4) {
  // Places of frames in the file do not change where the header comes behind them.
  const bool header_last = FindBox(mp4, 0, mp4.size(), "mdat") < FindBox(mp4, 0, mp4.size(), "moov");
  std::vector<size_t> outer;
  size_t begin = 0, end = mp4.size();
  for (const char* type : {"moov", "trak", "mdia", "minf", "stbl", "stts"}) {
    outer.push_back(FindBox(mp4, begin, end, type));
    begin = outer.back() + 8;
    end = outer.back() + Number(mp4, outer.back());
  }
  // Version, the number of rows, and of each row how many frames have which duration.
  const size_t table = outer.back();
  const uint32_t rows = Number(mp4, table + 12), frames = Number(mp4, table + 16);
  const uint32_t duration = Number(mp4, table + 20);
  if (!header_last || rows != 1 || frames % 2 != 0 || duration % 2 != 0) {
    std::fprintf(stderr, "UnevenMp4: %u rows of durations, %u frames\n", rows, frames);
    std::abort();
  }
  mp4.replace(
      table + 12, 12,
      Bytes(2) + Bytes(frames / 2) + Bytes(duration / 2 * 3) + Bytes(frames / 2) + Bytes(duration / 2));
  for (const size_t box : outer) mp4.replace(box, 4, Bytes(Number(mp4, box) + 8));
  return mp4;
}

}  // namespace mrsn::datasets
