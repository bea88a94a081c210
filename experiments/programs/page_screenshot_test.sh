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
experiments/programs/report --results=experiments/records/results/table4_micro.textproto \
  --output="$work/page.html" || exit 1

# look WIDTH SCHEME NAME: draws the page in a frame of that width, because a window has a least width of its own,
# and prints what the frame found. SCHEME: 0 dark, 1 light.
look() {
  cat >"$work/frame.html" <<END
<!DOCTYPE html><html><body style="margin:0">
<iframe id="f" src="page.html" style="border:0;width:$1px;height:3000px"></iframe><pre id="o"></pre>
<script>onload = () => {
  const page = document.getElementById('f').contentDocument, faults = [];
  if (page.documentElement.scrollWidth > $1) faults.push('wide as ' + page.documentElement.scrollWidth);
  for (const e of page.querySelectorAll('body *')) {
    const box = e.getBoundingClientRect();
    if (box.right > $1 + 1 && !e.closest('.scroll') && !e.closest('svg')) faults.push(e.tagName + ' ends at ' + box.right);
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
    --user-data-dir="$work/profile" --enable-logging=stderr --blink-settings=preferredColorScheme="$2" \
    --virtual-time-budget=5000 --window-size="$(($1 < 600 ? 600 : $1)),3000" --screenshot="$shots/$3.png" \
    --dump-dom "file://$work/frame.html" 2>"$work/log" | grep -o 'FOUND [^<]* END'
}
for width in 1280 390; do
  for scheme in 1:light 0:dark; do
    name=${scheme#*:}
    found=$(look "$width" "${scheme%:*}" "page-$width-$name")
    echo "$width $name: $found"
    [[ $found =~ ^FOUND\ [1-9][0-9]*\ pictures,\ $name,\ no\ fault\ END$ ]] || failed=1
    grep CONSOLE "$work/log" && failed=1
    [[ -s $shots/page-$width-$name.png ]] || { echo "no screenshot" >&2; failed=1; }
  done
done
rm -rf "$work"
exit "$failed"
