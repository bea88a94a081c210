#include "ops/plot/themed_svg.h"

#include <re2/re2.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "ops/base/file.h"
#include "ops/base/status_macros.h"
#include "ops/plot/gnuplot.h"

namespace mrsn {
namespace {

// A folder that goes with the object.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    const char* root = std::getenv("TMPDIR");
    std::string pattern = absl::StrCat(root != nullptr && *root != '\0' ? root : "/tmp", "/mrsn_plot.XXXXXX");
    if (::mkdtemp(pattern.data()) != nullptr) path_ = pattern;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::string& path() const { return path_; }  // "" = could not be made

 private:
  std::string path_;
};

std::string EscapedAttribute(absl::string_view text) {
  return absl::StrReplaceAll(text, {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}, {"\"", "&quot;"}});
}

}  // namespace

// Blues of almost no light: nobody wants these as real colours.
std::string PageColour(int index) { return absl::StrFormat("'#0000%02x'", index); }

absl::StatusOr<std::string> DrawThemedSvg(absl::string_view program, const SvgOptions& options) {
  const TemporaryFolder folder;
  if (folder.path().empty()) return absl::InternalError("cannot make a temporary folder for a plot");
  const std::string script = folder.path() + "/plot.gnuplot", picture = folder.path() + "/plot.svg";
  MRSN_RETURN_IF_ERROR(
      WriteFileAtomically(script, absl::StrCat("set terminal svg size ", options.width, ",", options.height,
                                               " noenhanced font 'sans-serif,12' name 'plot'\nset output ",
                                               GnuplotQuote(picture), "\n", program, "\nunset output\n")));
  MRSN_RETURN_IF_ERROR(RunGnuplot(script));
  MRSN_ASSIGN_OR_RETURN(std::string svg, ReadFile(picture));
  const size_t body = svg.find("<g id=\"gnuplot_canvas\"");
  if (body == std::string::npos) return absl::InternalError("gnuplot drew no picture");
  svg.erase(0, body);

  static const RE2 kTitle("<title>[^<]*</title>");
  static const RE2 kId("\\bid=(['\"])");
  static const RE2 kUse("xlink:href='#");
  static const RE2 kColour("rgb\\( *0, *0, *([1-9][0-9]?)\\)");
  static const RE2 kBlack("(['\"])(?:black|rgb\\( *0, *0, *0\\))['\"]");
  RE2::GlobalReplace(&svg, kTitle, "");
  RE2::GlobalReplace(&svg, kId, absl::StrCat("id=\\1", options.id, "-"));
  RE2::GlobalReplace(&svg, kUse, absl::StrCat("href='#", options.id, "-"));
  RE2::GlobalReplace(&svg, kColour, "var(--c\\1)");
  RE2::GlobalReplace(&svg, kBlack, "\\1currentColor\\1");
  // gnuplot leaves > as it is; XML forbids it behind two brackets only.
  svg = absl::StrReplaceAll(svg, {{"]]>", "]]&gt;"}});
  return absl::StrCat("<svg viewBox=\"0 0 ", options.width, " ", options.height,
                      "\" role=\"img\" aria-label=\"", EscapedAttribute(options.description), "\">\n", svg);
}

}  // namespace mrsn
