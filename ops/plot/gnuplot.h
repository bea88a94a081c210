// Runs gnuplot programs.
#ifndef MRSN_OPS_PLOT_GNUPLOT_H_
#define MRSN_OPS_PLOT_GNUPLOT_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace mrsn {

// `text` as a string of a gnuplot program. gnuplot reads single quotes with one escape, a doubled quote; a
// line break becomes a space.
std::string GnuplotQuote(absl::string_view text);

// Runs the program in the file `path`. An error if gnuplot is missing or fails, with its message.
absl::Status RunGnuplot(const std::string& path);

}  // namespace mrsn

#endif  // MRSN_OPS_PLOT_GNUPLOT_H_
