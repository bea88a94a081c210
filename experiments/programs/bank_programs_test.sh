#!/usr/bin/env bash
# write_bank and inspect_bank as users meet them: what they print and write, and their exit codes.
set -uo pipefail
source ops/testing/expect.sh
out=$(mktemp -d)
failed=0
# Two rooms for training, one for evaluation, five key frames each.
rooms='micro_world { train_videos: 2 val_videos: 1 keyframes_per_video: 5 }'
few="train_data { $rooms } eval_data { $rooms }"

program=experiments/programs/write_bank
write() {
  local code=$1 text=$2
  shift 2
  expect "$code" "$text" --override="$few" --cache_root="$out/cache" --threads=1 "$@"
}
expect 0 "bazel run //experiments:write_bank -- --experiment=" --help
expect 2 "error: set --experiment or --config"
expect 2 "error: --checkpoint is not set" --experiment=micro/acre
expect 2 "error: --videos=test; allowed: train, eval" --experiment=micro/acre --checkpoint=random:0 --videos=test
write 1 "micro/nine" --experiment=micro/nine --checkpoint=random:0
write 1 "expected random:<seed>" --experiment=micro/acre --checkpoint=random:x
write 1 "reads a relation bank itself" --experiment=micro/acre_aare_rse_lrb --checkpoint=random:0
write 1 "none.safetensors" --experiment=micro/acre --checkpoint="$out/none.safetensors"
write 0 "$out/bank written; weights" --experiment=micro/acre --checkpoint=random:0 --bank="$out/bank"
[[ $output == *"random, not trained"* ]] || { echo "random weights are not said" >&2; failed=1; }
write 0 "$out/bank was there already" --experiment=micro/acre --checkpoint=random:0 --bank="$out/bank"
write 1 "does not belong here; checkpoint" --experiment=micro/acre --checkpoint=random:1 --bank="$out/bank"
write 0 "$out/eval written" --experiment=micro/acre --checkpoint=random:0 --bank="$out/eval" --videos=eval

program=experiments/programs/inspect_bank
expect 0 "bazel run //experiments:inspect_bank -- --bank=" --help
expect 2 "error: --bank is not set"
expect 2 "error: --second needs --video" --bank="$out/bank" --second=902
expect 1 "error: relation bank $out/none: there is none" --bank="$out/none"
expect 0 "checked          size and index" --bank="$out/bank"
[[ $output == *"videos           2"*"seconds          10"*"width            128"* ]] ||
  { echo "not the bank's contents: $output" >&2; failed=1; }
expect 0 "checked          whole data" --bank="$out/eval" --verify
expect 1 "has no video nobody" --bank="$out/bank" --video=nobody
video=$(cut -d, -f1 "$out"/cache/micro_world/*/train.csv | head -1)
expect 0 '{"second":902,"persons":' --bank="$out/bank" --video="$video"
expect 0 '"feature_length": ' --bank="$out/bank" --video="$video" --second=902 --json
expect 0 '"entries": []' --bank="$out/bank" --video="$video" --second=902.5 --json

# Two processes write the same bytes; whoever may not wait for a writer is told so.
program=experiments/programs/write_bank
write 2 "--processes=0; allowed: 1 or more" --experiment=micro/acre --checkpoint=random:0 --processes=0
write 0 "$out/two written; weights" --experiment=micro/acre --checkpoint=random:0 --bank="$out/two" --processes=2
cmp "$out/bank/data.mdb" "$out/two/data.mdb" || failed=1
mkdir "$out/three.unfinished"
(
  flock 9
  write 1 "three.unfinished" --experiment=micro/acre --checkpoint=random:0 --bank="$out/three" --no_wait
  exit "$failed"
) 9>"$out/three.unfinished/rank0.lock" || failed=1

program=experiments/programs/inspect_bank
truncate -s -1 "$out/eval/data.mdb"
expect 1 "damaged; delete it and write the bank again" --bank="$out/eval"

rm -rf "$out"
exit "$failed"
