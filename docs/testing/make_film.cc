// make_film <path> <seconds>: writes a small film of one frame a second, in which a square moves.
#include <cstdio>
#include <cstdlib>

#include "opencv2/imgproc.hpp"
#include "opencv2/videoio.hpp"

int main(int argc, char** argv) {
  const int seconds = argc == 3 ? std::atoi(argv[2]) : 0;
  if (seconds <= 0) {
    std::fprintf(stderr, "usage: make_film <path> <seconds>\n");
    return 2;
  }
  const cv::Size size(64, 48);
  cv::VideoWriter film(argv[1], cv::VideoWriter::fourcc('M', 'J', 'P', 'G'), 1, size);
  for (int second = 0; second < seconds && film.isOpened(); ++second) {
    cv::Mat frame(size, CV_8UC3, cv::Scalar(40, 80, 120));
    cv::rectangle(frame, cv::Rect(second % 48, 10, 16, 30), cv::Scalar(200, 180, 90), cv::FILLED);
    film.write(frame);
  }
  if (!film.isOpened()) std::fprintf(stderr, "%s: cannot write a film there\n", argv[1]);
  return film.isOpened() ? 0 : 1;
}
