#!/usr/bin/env bash
# train as users meet it, with data and a config of their own: what it prints and writes, and its exit codes.
set -uo pipefail
source ops/testing/expect.sh
out=$(mktemp -d)
failed=0
datasets/check/make_small_root ava "$out/data" || exit 1

# config NAME DATA: a model and a training of a second on the data that DATA describes.
config() {
  local data="$2 clip { frames: 2 stride: 1 } transform { short_side: 0 }"
  cat >"$out/$1.textproto" <<END
model {
  num_classes: 2
  slow_only { stem_channels: 4 stem_kernel: 3 stages { blocks: 1 channels: 8 inner_channels: 4 stride: 2 temporal_kernel: 3 } }
  linear {}
}
train { batch_size: 2 epochs: 1 learning_rate: 0.01 batch_norm: TRAINED }
eval { protocol: "official_2019" iou: 0.5 }
train_data { $data }
eval_data { $data }
END
}
data=$(<"$out/data/dataset.textproto")
config my "$data"

program=experiments/programs/train
expect 0 "bazel run //experiments:train -- --config=my.textproto --data_root=/data/mine" --help
expect 2 "error: set --experiment or --config; see --help"
expect 2 "error: --experiment and --config are both set" --experiment=micro/none --config="$out/my.textproto"
expect 2 "allowed: a file <name>.textproto" --config="$out/my.txt"
expect 2 "error: unknown flag '--epochs=2'" --config="$out/my.textproto" --epochs=2
expect 2 "--processes=0; allowed: 1 or more" --config="$out/my.textproto" --processes=0
expect 2 "--export_weights=$out/my.pth; expected a file's name that ends in .safetensors" \
  --config="$out/my.textproto" --export_weights="$out/my.pth"

# mine CODE TEXT ARGUMENT...: the user's own experiment.
mine() {
  local code=$1 text=$2
  shift 2
  expect "$code" "$text" --output_root="$out/out" --cache_root="$out/cache" --threads=1 --workers=1 "$@"
}
my=(--config="$out/my.textproto" --data_root="$out/data")
mine 1 "none.textproto" --config="$out/none.textproto" --data_root="$out/data"
mine 1 "ava needs a data root" --config="$out/my.textproto"
mine 1 "data root /nowhere: there is no such folder" --config="$out/my.textproto" --data_root=/nowhere
mine 1 'has no field named "colour"' "${my[@]}" --override='model { colour: 1 }'
mine 1 "learning_rate" "${my[@]}" --override='train { learning_rate: -1 }'
mine 0 "there    my: eval_data: 2 clips" "${my[@]}" --dry_run
[[ ! -e $out/out ]] || { echo "a dry run wrote $(ls "$out/out")" >&2; failed=1; }

mine 0 "my seed 0: frame-mAP@0.50 " "${my[@]}" --export_weights="$out/my.safetensors"
result=${output##*result }
[[ $output == *" found by "*" on "*" keyframe"* ]] || { echo "the counts are not shown: $output" >&2; failed=1; }
[[ -s $out/my.safetensors ]] || { echo "no weights were exported" >&2; failed=1; }
if ! grep -q 'train_data_fingerprint' "$result" || grep -q 'official: false' "$result"; then
  echo "not an official result with its data: $result" >&2
  failed=1
fi
before=$(stat -c %Y "$result")
mine 0 "result $result" "${my[@]}"
[[ $(stat -c %Y "$result") == "$before" ]] || { echo "a finished run was trained again" >&2; failed=1; }
mine 0 "results/my@" "${my[@]}" --override='train { learning_rate: 0.02 }'
grep -q 'official: false' "${output##*result }" || { echo "an override left the result official" >&2; failed=1; }

# Videos of UCF101-24's layout, on top of an experiment of one's own.
datasets/check/make_small_root ucf24 "$out/ucf24" || exit 1
config frames "$(<"$out/ucf24/dataset.textproto")"
echo 'base: "frames.textproto" model { num_classes: 24 } eval { protocol: "voc" }' >"$out/voc.textproto"
mine 0 "voc seed 1: frame-mAP@0.50 " --config="$out/voc.textproto" --data_root="$out/ucf24" --seed=1
mine 1 "official_2019" --config="$out/voc.textproto" --data_root="$out/ucf24" \
  --override='eval { protocol: "official_2019" }'

# Boxes of which none lies on a person as it is: in another order of the four numbers nearly all do.
for split in train val; do
  boxes=$out/data/annotations/${split}_boxes.csv
  awk -F, -v OFS=, '{ print $1, $2, $4, $3, $6, $5, $7, $8 }' "$boxes" >"$boxes.swapped"
done
swapped="ava { train_boxes: 'annotations/train_boxes.csv.swapped' val_boxes: 'annotations/val_boxes.csv.swapped' }"
swapped="train_data { $swapped } eval_data { $swapped }"
mine 1 "error: the check of the data found" "${my[@]}" --override="$swapped"
[[ $output == *"error [swapped_axes]"*"with y before x"* ]] || { echo "not named: $output" >&2; failed=1; }
mine 0 "frame-mAP" "${my[@]}" --override="$swapped" --ignore_data_errors

# Faults of the data end the run before the first step, and a dry run names them.
rm "$out/data/frames/vidA/vidA_000070.jpg"
mine 1 "vidA_000070.jpg" "${my[@]}" --output_root="$out/holes"
mine 1 "error [hole] vidA: 1 frames are missing: 70" "${my[@]}" --dry_run

rm -rf "$out"
exit "$failed"
