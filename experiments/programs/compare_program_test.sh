#!/usr/bin/env bash
# compare as users meet it: what it prints and writes, and its exit codes.
set -uo pipefail
source ops/testing/expect.sh
out=$(mktemp -d)
failed=0
program=experiments/programs/compare

# result FOLDER EXPERIMENT FOUND: a result in which FOUND of ten persons in ten videos are found; AP is FOUND / 10.
result() {
  local folder=$out/$1/$2 ap
  ap=$(printf '%d.%d' $(($3 / 10)) $(($3 % 10)))
  mkdir -p "$folder"
  for ((v = 0; v < 10; ++v)); do echo "video$v,0902,0.1,0,0.2,1,1,0"; done >"$folder/seed0.groundtruth.csv"
  for ((v = 0; v < $3; ++v)); do echo "video$v,0902,0.1,0,0.2,1,1,0.9$v"; done >"$folder/seed0.detections.csv"
  cat >"$folder/seed0.textproto" <<END
experiment: "$2" seed: 0 data_fingerprint: "d" protocol: "official_2019" iou_threshold: 0.5 frame_map: $ap
per_class { id: 1 name: "sit" kind: "pose" ap: $ap num_gt: 10 }
END
}
result main m/head 9
result mine m/head 3
result fine m/head 10
main=$out/main/m/head/seed0.textproto mine=$out/mine/m/head/seed0.textproto fine=$out/fine/m/head/seed0.textproto

expect 0 "bazel run //experiments:compare -- --output=compare.html" --help
expect 2 "error: --results needs two or more files" --results="$main"
expect 2 "error: --fail_below=0.5; allowed: 0 or less" --results="$main,$mine" --fail_below=0.5
expect 2 "error: --bootstrap=0; allowed: 1 and more" --results="$main,$mine" --bootstrap=0
expect 1 "nowhere: does not exist" --results="$main,$out/nowhere"

expect 0 " 30.00 | -60.00 | -90.00 to -30.00 | " --results="$main,$mine" --output="$out/page.html"
grep -q '<td class="n measured" data-runs="r1 r2">-60.00</td>' "$out/page.html" ||
  { echo "the page lacks the difference" >&2; failed=1; }
expect 0 '"difference": -0.6' --results="$main,$mine" --json
expect 0 "m/head seed 0" --results="$main,$mine,$fine" --markdown="$out/summary.md"
grep -q '^| .* | baseline |$' "$out/summary.md" || { echo "the Markdown lacks the table" >&2; failed=1; }
[[ $(grep -c '^<details>' "$out/summary.md") == 2 ]] || { echo "the Markdown lacks the classes" >&2; failed=1; }

# For CI: a loss beyond the band fails, a gain and a loss within the band do not.
expect 1 "is worse than m/head seed 0" --results="$main,$mine" --fail_below=-50
expect 0 "" --results="$main,$mine" --fail_below=-70
expect 0 "" --results="$main,$fine" --fail_below=0
expect 0 "" --results="$fine,$main" --fail_below=0 # 10 points, not separated from zero

sed -i 's/official_2019/acar/' "$mine"
expect 1 "the protocol is official_2019 in m/head seed 0 (" --results="$main,$mine"

# What does not link LibTorch starts at once and builds in seconds.
! ldd "$program" | grep -qi torch || { echo "compare links LibTorch" >&2; failed=1; }
rm -rf "$out"
exit "$failed"
