#!/usr/bin/env bash
# The steps of micro_ablation.yml, which also run on your own machine:
#   micro_ablation.sh train CLONE OUTPUT            trains and evaluates the experiments with the code of CLONE
#   micro_ablation.sh compare CLONE BASE HEAD       compares two such OUTPUT folders; exit code 1 for a drop
# Variables, each with its default:
#   EXPERIMENTS  names under experiments/configs, separated by spaces; the rows of Table 4 on micro data
#   SEEDS        numbers, separated by spaces: 0
#   BAND         the allowed loss in points of frame-mAP, 0 or less: -0.5. A larger loss fails if its 95 % interval
#                (paired bootstrap over videos) lies below zero.
#   THREADS      of one LibTorch operation: 2
# The tables go to the file that GITHUB_STEP_SUMMARY names, else to standard output.
set -euo pipefail

experiments=${EXPERIMENTS:-micro/none micro/acre micro/aare micro/acre_aare micro/acre_aare_rse micro/acre_aare_rse_lrb}
seeds=${SEEDS:-0}
band=${BAND:--0.5}
threads=${THREADS:-2}

usage() {
  sed -n '2,4s/^# //p' "$0" >&2
  exit 2
}

train() {
  local clone=$1 output experiment seed
  mkdir -p "$2"
  output=$(realpath "$2")
  cd "$clone"
  for experiment in $experiments; do
    for seed in $seeds; do
      ./bazelw run //experiments:train -- --experiment="$experiment" --seed="$seed" --threads="$threads" \
        --output_root="$output"
    done
  done
}

compare() {
  local clone=$1 base head work experiment seed compared=0 failed=0
  base=$(realpath "$2")
  head=$(realpath "$3")
  work=$(mktemp -d)
  trap 'rm -rf "$work"' RETURN
  cd "$clone"
  for experiment in $experiments; do
    for seed in $seeds; do
      compared=$((compared + 1))
      rm -f "$work/table.md"
      ./bazelw run //experiments:compare -- --fail_below="$band" --markdown="$work/table.md" \
        --results="$base/results/$experiment/seed$seed.textproto,$head/results/$experiment/seed$seed.textproto" ||
        failed=$((failed + 1))
      if [[ -s $work/table.md ]]; then
        cat "$work/table.md" >>"$work/tables.md"
      else
        printf '### %s seed %s\n\nCannot be compared; the log of this step says why.\n\n' "$experiment" "$seed" \
          >>"$work/tables.md"
      fi
    done
  done
  {
    printf '## Micro ablation: %d of %d comparisons fail at a band of %s points\n\n' "$failed" "$compared" "$band"
    cat "$work/tables.md"
  } >>"${GITHUB_STEP_SUMMARY:-/dev/stdout}"
  ((failed == 0))
}

case "${1:-} $#" in
  'train 3') train "$2" "$3" ;;
  'compare 4') compare "$2" "$3" "$4" ;;
  *) usage ;;
esac
