// Draws persons with their tracks and actions into a picture.
#ifndef MRSN_EXPERIMENTS_DETECT_DRAWING_H_
#define MRSN_EXPERIMENTS_DETECT_DRAWING_H_

#include <string>
#include <vector>

#include "opencv2/core.hpp"
#include "ops/base/box.h"

namespace mrsn::experiments {

// One person as the picture shows him.
struct DrawnPerson {
  Box box;  // normalised; may reach out of the picture
  int track = 0;
  std::vector<std::string> lines;  // beside the box, ASCII: "#3 stand 0.93", "talk to 0.61"
};

// Draws boxes in the colours of their tracks, and each box's lines on a plate of that colour, above the box
// if there is room, else within or below it, clear of other plates where possible. Lines that are too long
// for the picture end with "..". Lines and letters grow with the picture's height. `bgr`: 8-bit, three
// channels.
void DrawPersons(const std::vector<DrawnPerson>& persons, cv::Mat* bgr);

// B, G, R. Neighbouring numbers differ clearly in hue.
cv::Scalar TrackColour(int track);

// Of capital letters, in pixels, for a picture of this height: a fortieth of it, and at least 9, below which
// letters cannot be read.
int TextHeight(int picture_height);

// A line of text on a plate whose upper left corner is `at`; for titles and times.
void DrawPlate(const std::string& text, cv::Point at, int text_height, const cv::Scalar& plate, cv::Mat* bgr);
// Width and height of that plate.
cv::Size PlateSize(const std::string& text, int text_height);

// Without examples and brackets, in ASCII: "talk to (e.g., self, a person, a group)" is "talk to", and
// "carry/hold (an object)" is "carry/hold an object".
std::string ShortActionName(const std::string& name);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_DETECT_DRAWING_H_
