#!/usr/bin/env bash
# The program as users meet it: what it prints and writes, and its exit codes.
set -uo pipefail
source ops/testing/expect.sh
program=datasets/prepare/prepare
root=$(mktemp -d)
failed=0

expect 0 "bazel run //datasets:prepare" --help
expect 2 "error: set --input and --output" --input=a.pkl
expect 2 "error: --kind is proposals; allowed: auto, boxes, ava_annotations" --input=a --output=b --kind=proposals
expect 2 "error: --frame_size is 320, expected width x height" --input=a --output=b --frame_size=320
expect 1 "nothing.pkl" --input="$root/nothing.pkl" --output="$root/out.csv"

printf '<!DOCTYPE html><html></html>' >"$root/page.pkl"
expect 1 "page.pkl: is a web page (HTML), not a box list, annotation or list of videos: download it again" \
  --input="$root/page.pkl" --output="$root/out.csv"
[[ ! -e $root/out.csv ]] || { echo "an error left an output behind" >&2; failed=1; }

# Rows of one box and several labels become one, without the label.
printf 'v,0902,0.1,0.2,0.3,0.4,12,0.9\nv,0902,0.1,0.2,0.3,0.4,17,0.9\nv,0903,0.5,0.2,0.4,0.4,,0.9\n' >"$root/boxes.csv"
expect 0 "boxes: 1 rows, 1 videos, 1 key frames" --input="$root/boxes.csv" --output="$root/out.csv"
expect 0 "note:    left out: 1 rows whose box has no area" --input="$root/boxes.csv" --output="$root/out.csv"
[[ $(<"$root/out.csv") == "v,0902,0.1,0.2,0.3,0.4,,0.9" ]] || { cat "$root/out.csv" >&2; failed=1; }

# Seconds keep their fractions.
printf 'v,902.50,0.1,0.2,0.3,0.4,12,7\n' >"$root/halves.csv"
expect 0 "ava_annotations: 1 rows" --input="$root/halves.csv" --output="$root/kept.csv"
[[ $(<"$root/kept.csv") == "v,0902.5,0.1,0.2,0.3,0.4,12,7" ]] || { cat "$root/kept.csv" >&2; failed=1; }

printf 'Archery/v_Archery_g01_c01.avi 3\nBiking/v_Biking_g01_c01.avi 11\n' >"$root/trainlist01.txt"
expect 0 "note:    left out: 1 videos of 1 classes that are not UCF101-24's" \
  --input="$root/trainlist01.txt" --output="$root/train.txt"
[[ $(<"$root/train.txt") == "Biking/v_Biking_g01_c01" ]] || { cat "$root/train.txt" >&2; failed=1; }
expect 1 "input and output are the same file" --input="$root/train.txt" --output="$root/train.txt"

rm -rf "$root"
exit $failed
