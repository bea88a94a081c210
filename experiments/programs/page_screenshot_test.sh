#!/usr/bin/env bash
# A page in a browser, wide and narrow, light and dark: nothing overflows, every picture has a size, the console is
# quiet. The screenshots stay in TEST_UNDECLARED_OUTPUTS_DIR.
set -uo pipefail
if ! chromium=$(command -v chromium); then
  echo "skipped: no chromium"
  exit 0
fi
work=$(mktemp -d)
shots=${TEST_UNDECLARED_OUTPUTS_DIR:-$work}
failed=0
# Recorded results, which have no detections; and an evaluation of random weights, with pictures of its key frames.
experiments/programs/report --results=experiments/records/results/table4_micro.textproto \
  --output="$work/recorded.html" || exit 1
experiments/programs/evaluate --experiment=smoke/resume --checkpoint=random:0 --threads=1 --cache_root="$work/cache" \
  --output="$work/results" || exit 1
experiments/programs/report --results="$work/results" --cache_root="$work/cache" \
  --output="$work/evaluated.html" || exit 1
grep -q 'data:image/jpeg' "$work/evaluated.html" || { echo "the page has no key frame" >&2; failed=1; }

# look PAGE WIDTH SCHEME NAME: draws the page in a frame of that width, because a window has a least width of its own,
# and prints what the frame found. SCHEME: 0 dark, 1 light.
look() {
  local page=$1 width=$2 scheme=$3 name=$4
  cat >"$work/frame.html" <<END
<!DOCTYPE html><html><body style="margin:0">
<iframe id="f" src="$page.html" style="border:0;width:${width}px;height:${height}px"></iframe><pre id="o"></pre>
<script>onload = () => {
  const page = document.getElementById('f').contentDocument, faults = [];
  if (page.documentElement.scrollWidth > $width) faults.push('wide as ' + page.documentElement.scrollWidth);
  for (const e of page.querySelectorAll('body *')) {
    const box = e.getBoundingClientRect();
    if (box.right > $width + 1 && !e.closest('.scroll') && !e.closest('svg')) faults.push(e.tagName + ' ends at ' + box.right);
  }
  const pictures = [...page.querySelectorAll('svg, img')];
  for (const e of pictures) {
    const box = e.getBoundingClientRect();
    if (box.width < 200 || box.height < 80) faults.push('a picture of ' + box.width + ' x ' + box.height);
    if (e.tagName === 'IMG' && !e.naturalWidth) faults.push('an image without contents');
  }
  const colours = ['color', 'backgroundColor'].map(c => getComputedStyle(page.body)[c].match(/\d+/g).map(Number)[0]);
  document.getElementById('o').textContent =
      'FOUND ' + pictures.length + ' pictures, ' + (colours[0] > colours[1] ? 'dark' : 'light') + ', ' +
      (faults.length ? faults.slice(0, 5).join('; ') : 'no fault') + ' END';
}</script></body></html>
END
  "$chromium" --headless=new --no-sandbox --disable-gpu --hide-scrollbars --allow-file-access-from-files \
    --user-data-dir="$work/profile" --enable-logging=stderr --blink-settings=preferredColorScheme="$scheme" \
    --virtual-time-budget=5000 --window-size="$((width < 600 ? 600 : width)),$height" --screenshot="$shots/$name.png" \
    --dump-dom "file://$work/frame.html" 2>"$work/log" | grep -o 'FOUND [^<]* END'
}
height=8000
for page in recorded evaluated; do
  for width in 1280 390; do
    for scheme in 1:light 0:dark; do
      theme=${scheme#*:}
      found=$(look "$page" "$width" "${scheme%:*}" "$page-$width-$theme")
      echo "$page $width $theme: $found"
      [[ $found =~ ^FOUND\ [1-9][0-9]*\ pictures,\ $theme,\ no\ fault\ END$ ]] || failed=1
      grep CONSOLE "$work/log" && failed=1
      [[ -s $shots/$page-$width-$theme.png ]] || { echo "no screenshot" >&2; failed=1; }
    done
  done
done
rm -rf "$work"
exit "$failed"
