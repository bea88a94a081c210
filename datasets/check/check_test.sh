#!/usr/bin/env bash
# The program as users meet it: what it prints and writes, and its exit codes.
set -uo pipefail
source ops/testing/expect.sh
program=datasets/check/check
root=$(mktemp -d)
failed=0

expect 0 "bazel run //datasets:check -- --dataset=ava" --help
expect 2 "error: set either --dataset or --config"
expect 2 "error: --dataset=kinetics is no data set" --dataset=kinetics --root="$root"
expect 2 "error: --root, the folder of the data set, is not set" --dataset=ava
expect 2 "error: --level=deep; allowed: quick, full" --dataset=ava --root="$root" --level=deep
expect 2 "error: micro_world is generated" --dataset=micro_world --root="$root"
expect 1 "error: data root /nowhere: there is no such folder" --dataset=ava --root=/nowhere

# A data set of one video that is not there.
echo Diving/v_Diving_g01_c01,1,5,10,10,90,90,0 >"$root/annotations.csv"
echo Diving/v_Diving_g01_c01 >"$root/train.txt"
: >"$root/val.txt"
expect 1 "error [missing_video] Diving/v_Diving_g01_c01: no folder" --dataset=ucf24 --root="$root" --json="$root/check.json"
grep -q '"code": "missing_video"' "$root/check.json" || { cat "$root/check.json" >&2; failed=1; }
echo 'ucf24 { annotations: "none.csv" }' >"$root/config.textproto"
expect 1 "none.csv: the file of annotations is not there" --config="$root/config.textproto" --root="$root" --level=quick
echo 'ucf24 { colour: 1 }' >"$root/config.textproto"
expect 2 'has no field named "colour"' --config="$root/config.textproto" --root="$root"

# Videos without a fault; nothing is left of what the check kept on its way.
datasets/check/make_small_root ucf24 "$root/ucf24" || exit 1
expect 0 "3 video files, 0 folders, 36 frames counted" --config="$root/ucf24/dataset.textproto" --root="$root/ucf24" \
  --json="$root/all.json"
[[ -s $root/all.json && ! -e $root/all.json.parts ]] || { ls "$root" >&2; failed=1; }

rm -rf "$root"
exit $failed
