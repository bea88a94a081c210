#!/usr/bin/env bash
# evaluate as users meet it: what it prints and writes, and its exit codes.
set -uo pipefail
source ops/testing/expect.sh
out=$(mktemp -d)
failed=0
program=experiments/programs/evaluate
# Two rooms for training, one for evaluation, five key frames each.
rooms='micro_world { train_videos: 2 val_videos: 1 keyframes_per_video: 5 }'
few="train_data { $rooms } eval_data { $rooms }"
evaluate() {
  local code=$1 text=$2
  shift 2
  expect "$code" "$text" --override="$few" --cache_root="$out/cache" --threads=1 "$@"
}

expect 0 "bazel run //experiments:evaluate -- --experiment=" --help
expect 2 "error: set --experiment or --config"
expect 2 "error: --checkpoint is not set" --experiment=micro/acre
expect 2 "--threads=0; allowed: 1 and more" --experiment=micro/acre --checkpoint=random:0 --threads=0
evaluate 1 "micro/nine" --experiment=micro/nine --checkpoint=random:0
evaluate 1 "expected random:<seed>" --experiment=micro/acre --checkpoint=random:x
evaluate 1 "none.safetensors: no such file" --experiment=micro/acre --checkpoint="$out/none.safetensors"
evaluate 1 "give its folder as --bank" --experiment=micro/acre_aare_rse_lrb --checkpoint=random:0

evaluate 0 "(random, not trained)" --experiment=micro/acre --checkpoint=random:3 --output="$out/one"
[[ $output == *"seed 3: frame-mAP@0.50 "* ]] || { echo "the score is not shown: $output" >&2; failed=1; }
[[ $output == *" are found by "*" scored detections on "* ]] || { echo "no counts: $output" >&2; failed=1; }
result=$(echo "$out"/one/micro/acre@*/seed3.textproto)
grep -q '^  random: true$' "$result" || { echo "the result does not say that the weights are random" >&2; failed=1; }
grep -q '^official: false$' "$result" || { echo "random weights gave an official result" >&2; failed=1; }
evaluate 0 "was there: $result" --experiment=micro/acre --checkpoint=random:3 --output="$out/one"
evaluate 0 '"random": true' --experiment=micro/acre --checkpoint=random:3 --output="$out/two" --json --processes=2
for file in "$out"/one/micro/acre@*/seed3.*.csv; do
  cmp "$file" "$out/two/${file#"$out"/one/}" || failed=1
  [[ -s $file ]] || { echo "$file is empty" >&2; failed=1; }
done
cmp <(grep frame_map "$result") <(grep frame_map "$out"/two/micro/acre@*/seed3.textproto) || failed=1

rm -rf "$out"
exit "$failed"
