#!/usr/bin/env bash
# export_model as users meet it: what it prints and writes, and its exit codes.
set -uo pipefail
source ops/testing/expect.sh
program=experiments/programs/export_model
out=$(mktemp -d)
failed=0

expect 0 "bazel run //experiments:export_model -- --experiment=" --help
expect 2 "error: set --experiment or --config" --checkpoint=random:0 --output="$out/a.onnx"
expect 2 "error: --checkpoint is not set" --experiment=micro/acre --output="$out/a.onnx"
expect 2 "error: --output is not set" --experiment=micro/acre --checkpoint=random:0
expect 2 "error: --output=$out/a.pb; expected a file's name that ends in .onnx" --experiment=micro/acre \
  --checkpoint=random:0 --output="$out/a.pb"
expect 1 "micro/nine" --experiment=micro/nine --checkpoint=random:0 --output="$out/a.onnx"
expect 1 "error: checkpoint random:x: expected random:<seed>" --experiment=micro/acre --checkpoint=random:x \
  --output="$out/a.onnx"
expect 1 "none.safetensors: " --experiment=micro/acre --checkpoint="$out/none.safetensors" --output="$out/a.onnx"
expect 1 "model.acar: no ONNX file is written of this head; allowed: linear, mrsn, context_average" \
  --experiment=micro/acar --checkpoint=random:0 --output="$out/a.onnx"
expect 1 "its model has 7 classes, the class list 15; --class_list names the right one" --experiment=micro/acre \
  --override='model { num_classes: 7 }' --checkpoint=random:0 --output="$out/a.onnx"
if [[ -e $out/a.onnx ]]; then
  echo "a file was written in spite of the error" >&2
  failed=1
fi

expect 0 "a.onnx written: " --experiment=micro/acre --checkpoint=random:0 --output="$out/a.onnx"
for line in "  slow float32 [clips,3,4,height,width]" "  boxes float32 [boxes,4]" "  clip_index int64 [boxes]" \
  "  logits float32 [boxes,15]" "  scores float32 [boxes,15]" "note: random:0: the weights are random"; do
  [[ $output == *"$line"* ]] || { echo "the output lacks '$line': $output" >&2; failed=1; }
done
[[ -s $out/a.onnx ]] || { echo "no file was written" >&2; failed=1; }
expect 0 "  bank_offset int64 [entries]" --experiment=micro/acre_aare_rse_lrb --checkpoint=random:0 \
  --output="$out/long.onnx"

rm -rf "$out"
exit "$failed"
