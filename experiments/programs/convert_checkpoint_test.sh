#!/usr/bin/env bash
# The program as users meet it: what it prints and writes, and its exit codes.
set -uo pipefail
source ops/testing/expect.sh
program=experiments/programs/convert_checkpoint
data=mrsn/checkpoint/testdata
out=$(mktemp -d)
failed=0

# The model of pyslowfast.pyth.
tiny() {
  echo 'clear: "model" model { num_classes: '"$1"' linear {} slow_only { stem_channels: 2 stem_kernel: 3
    stages { blocks: 1 channels: 4 inner_channels: 1 temporal_kernel: 3 } } }'
}

expect 2 "error: --in and either --list" --in=x
expect 2 "error: unexpected argument 'more'" --list --in=x more
expect 1 "error: x.pth: cannot open for reading" --list --in=x.pth
expect 0 "32 tensors, 149 elements, format pyslowfast" --list --in=$data/pyslowfast.pyth
expect 0 "  head.projection.weight float32 [3,4]" --list --in=$data/pyslowfast.pyth
expect 0 "10 tensors, 30 elements, format not recognised" --list --in=$data/dtypes.pth
expect 0 "32 tensors, 149 elements, format pyslowfast" --list --in=$data/legacy.pth
expect 1 "error: $data/torchscript.pt: a TorchScript program" --list --in=$data/torchscript.pt

expect 0 "(pyslowfast): 32 copied" --in=$data/pyslowfast.pyth --experiment=micro/none --override="$(tiny 3)" \
  --out="$out/a.safetensors" --report="$out/a.json"
grep -q '"complete": true' "$out/a.json" || failed=1
expect 0 "(native): 32 copied" --in="$out/a.safetensors" --experiment=micro/none --override="$(tiny 3)" \
  --out="$out/b.safetensors"

expect 1 "nothing is written without --allow_partial" --in=$data/pyslowfast.pyth --experiment=micro/none \
  --override="$(tiny 2)" --out="$out/c.safetensors" --report="$out/c.json"
grep -q '"complete": false' "$out/c.json" || failed=1
if [[ -e $out/c.safetensors ]]; then
  echo "an incomplete import was written" >&2
  failed=1
fi
expect 0 "does not fit head.projection.bias" --in=$data/pyslowfast.pyth --experiment=micro/none \
  --override="$(tiny 2)" --out="$out/c.safetensors" --allow_partial
expect 0 "kept as initialised head.classifier.bias" --in=$data/pyslowfast.pyth --experiment=micro/none \
  --override="$(tiny 2)" --out="$out/d.safetensors" --backbone_only
expect 1 "micro/nine" --in=$data/pyslowfast.pyth --experiment=micro/nine --out="$out/e.safetensors"
expect 1 "unknown format 'tensorflow'; allowed: auto, acar" --in=$data/pyslowfast.pyth --format=tensorflow \
  --experiment=micro/none --out="$out/e.safetensors"

rm -rf "$out"
exit "$failed"
