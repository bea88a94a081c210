#include "datasets/preview/preview_page.h"

#include <algorithm>
#include <set>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "nlohmann/json.hpp"

namespace mrsn::datasets {
namespace {

// The style and the script, by file name.
constexpr struct {
  absl::string_view name, text;
} kTexts[] = {
#include "datasets/preview/texts.inc"
};

absl::string_view Text(absl::string_view name) {
  for (const auto& text : kTexts) {
    if (text.name == name) return text.text;
  }
  return "";
}

std::string Escaped(absl::string_view text) {
  return absl::StrReplaceAll(
      text, {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}, {"\"", "&quot;"}, {"'", "&#39;"}});
}

std::string Image(const std::string& jpeg, absl::string_view description) {
  return absl::StrCat("<img alt=\"", Escaped(description), "\" src=\"data:image/jpeg;base64,",
                      absl::Base64Escape(jpeg), "\">");
}

std::string BoxHtml(const PreviewBox& box, absl::string_view kind, const std::string& tag) {
  const auto share = [](float value) { return std::clamp(value, 0.0f, 1.0f) * 100; };
  const float left = share(box.box.x1), top = share(box.box.y1);
  return absl::StrFormat(
      "<div class=\"box %s\" data-score=\"%.4f\" style=\"left:%.2f%%;top:%.2f%%;width:%.2f%%;height:%.2f%%\">"
      "<i>%s</i></div>\n",
      kind, box.score, left, top, share(box.box.x2) - left, share(box.box.y2) - top, tag);
}

std::string ClipHtml(const PreviewClip& clip) {
  std::set<std::string> labels;
  for (const PreviewBox& box : clip.annotated) labels.insert(box.labels.begin(), box.labels.end());
  const std::string json =
      nlohmann::json(labels).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  std::string html =
      absl::StrCat("<article data-video=\"", Escaped(clip.video), "\" data-labels=\"", Escaped(json),
                   "\">\n<div class=\"head\"><b>", Escaped(clip.video), "</b><span>", Escaped(clip.keyframe),
                   "</span></div>\n<div class=\"frame\">");
  if (clip.jpeg.empty()) {
    absl::StrAppend(&html, "<div class=\"fault\">", Escaped(clip.fault), "</div>");
  } else {
    absl::StrAppend(&html, Image(clip.jpeg, absl::StrCat(clip.video, ", ", clip.keyframe)), "\n");
    for (const PreviewBox& box : clip.detected)
      html += BoxHtml(box, "detected", absl::StrFormat("%.2f", box.score));
    for (size_t i = 0; i < clip.annotated.size(); ++i)
      html += BoxHtml(clip.annotated[i], "annotated", absl::StrCat(i + 1));
  }
  html += "</div>\n";
  if (!clip.around.empty()) {
    html += "<div class=\"around\">";
    for (const auto& [caption, jpeg] : clip.around) {
      absl::StrAppend(&html, "<figure>", Image(jpeg, caption), "<figcaption>", Escaped(caption),
                      "</figcaption></figure>");
    }
    html += "</div>\n";
  }
  html += "<ul>\n";
  for (size_t i = 0; i < clip.annotated.size(); ++i) {
    absl::StrAppend(&html, "<li><b>", i + 1, "</b>");
    for (const std::string& label : clip.annotated[i].labels) {
      absl::StrAppend(&html, "<span class=\"chip\">", Escaped(label), "</span>");
    }
    html += "</li>\n";
  }
  if (clip.annotated.empty()) html += "<li class=\"none\">nobody is annotated</li>\n";
  return html + "</ul>\n</article>\n";
}

std::string FormHtml(const PreviewPage& page) {
  std::set<std::string> labels;
  for (const PreviewClip& clip : page.clips) {
    for (const PreviewBox& box : clip.annotated) labels.insert(box.labels.begin(), box.labels.end());
  }
  std::string html = "<form hidden>\n<label>class <select name=\"class\"><option value=\"\">all</option>";
  for (const std::string& label : labels) {
    absl::StrAppend(&html, "<option value=\"", Escaped(label), "\">", Escaped(label), "</option>");
  }
  html +=
      "</select></label>\n<label>video <input name=\"video\" placeholder=\"part of a name\"></label>\n"
      "<label><input type=\"checkbox\" name=\"annotated\" checked><span "
      "class=\"swatch\"></span>annotated</label>\n";
  if (page.has_boxes) {
    absl::StrAppend(
        &html,
        "<label><input type=\"checkbox\" name=\"detected\" checked><span class=\"swatch detected\"></span>"
        "detected</label>\n<label>score above <input type=\"range\" name=\"score\" min=\"0\" max=\"1\" "
        "step=\"0.01\" value=\"",
        absl::StrFormat("%.2f", page.threshold), "\"><output id=\"above\"></output></label>\n");
  }
  return html + "<label><output id=\"shown\"></output></label>\n</form>\n";
}

}  // namespace

std::string PreviewHtml(const PreviewPage& page) {
  std::string html = absl::StrCat(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; style-src "
      "'unsafe-inline'; script-src 'unsafe-inline'\">\n<title>",
      Escaped(page.split), " of ", Escaped(page.root), "</title>\n<style>\n", Text("preview.css"),
      "</style>\n</head>\n<body>\n<header>\n<h1>", Escaped(page.split), "</h1>\n<p>", Escaped(page.root),
      " · ", page.clips.size(), " of ", page.keyframes, " key frames",
      page.has_boxes ? absl::StrFormat(" · detected boxes above %g are used", page.threshold) : "",
      "</p>\n</header>\n", FormHtml(page), "<main>\n");
  for (const PreviewClip& clip : page.clips) html += ClipHtml(clip);
  absl::StrAppend(&html, "</main>\n<script>\n", Text("preview.js"), "</script>\n</body>\n</html>\n");
  return html;
}

}  // namespace mrsn::datasets
