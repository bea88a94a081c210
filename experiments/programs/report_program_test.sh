#!/usr/bin/env bash
# report as users meet it: what it prints and writes, and its exit codes.
set -uo pipefail
source ops/testing/expect.sh
out=$(mktemp -d)
failed=0
program=experiments/programs/report
recorded=experiments/records/results/table4_micro.textproto

expect 0 "./bazelw run //experiments:report -- --results=out/results --output=report.html" --help
expect 2 "error: --output is not set" --results="$recorded" --output=
expect 0 "$out/page.html" --results="$recorded" --output="$out/page.html"
grep -q '<td class="n measured" data-runs="r1 r2 r3 r4 r5">30.40</td>' "$out/page.html" ||
  { echo "the page lacks the mean of micro/none, 30.40" >&2; failed=1; }
expect 0 "$out/two.html" --results="$recorded" --experiments='micro/none,micro/ac*' --output="$out/two.html"
! grep -q 'micro/aare</th>' "$out/two.html" || { echo "--experiments chose too many" >&2; failed=1; }

# Wrong input is one line, and no page is written or replaced.
one_line() {
  local text=$1
  shift
  expect 1 "$text" --output="$out/none.html" "$@"
  (($(wc -l <<<"$output") == 1)) || { printf 'more than one line: %s\n' "$output" >&2; failed=1; }
  [[ ! -e $out/none.html ]] || { echo "a page was written in spite of the error" >&2; failed=1; }
}
mkdir "$out/empty"
one_line "empty: no results; expected files <experiment>/seed<k>.textproto in it" --results="$out/empty"
one_line "nowhere: does not exist" --results="$out/nowhere"
one_line "no results of nobody/* in" --results="$recorded" --experiments='nobody/*'
one_line "--baseline=micro/nine: no result of this experiment; there are micro/none" --results="$recorded" \
  --baseline=micro/nine
one_line "unknown table 'table9'" --results="$recorded" --tables=table9
one_line "two results of micro/none seed 0 are given" --results="$recorded,$recorded"

# result EXPERIMENT PROTOCOL: writes a small result.
result() {
  mkdir -p "$out/mixed/$1"
  cat >"$out/mixed/$1/seed0.textproto" <<END
experiment: "$1" seed: 0 data_fingerprint: "d" protocol: "$2" iou_threshold: 0.5 frame_map: 0.5
END
}
result a official_2019
result b acar
one_line "the protocol is official_2019 in a seed 0 and acar in b seed 0" --results="$out/mixed"
echo 'experiment: "b" seed: 0 frame_map: 0.5 }' >"$out/mixed/b/seed0.textproto"
one_line "b/seed0.textproto:1:" --results="$out/mixed"
echo 'experiment: "b" seed: 0 frame_map: 50' >"$out/mixed/b/seed0.textproto"
one_line "b/seed0.textproto: frame_map is 50; allowed: 0..1" --results="$out/mixed"

# What does not link LibTorch starts at once and builds in seconds.
! ldd "$program" | grep -qi torch || { echo "report links LibTorch" >&2; failed=1; }
rm -rf "$out"
exit "$failed"
