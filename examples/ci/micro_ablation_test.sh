#!/usr/bin/env bash
# Runs the steps that micro_ablation.yml names, on an experiment that trains in seconds: once with the same code on both
# sides, which passes, and once with a worse model on the new side, which fails.
set -uo pipefail
root=$PWD
failed=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fault() {
  echo "$1" >&2
  failed=1
}

# Two clones, in which `./bazelw run <target> -- ...` starts the programs of this test.
for clone in base head; do
  mkdir -p "$work/$clone/examples/ci"
  cp examples/ci/micro_ablation.sh "$work/$clone/examples/ci/"
  cat >"$work/$clone/bazelw" <<END
#!/usr/bin/env bash
[[ \$1 == run && \$3 == -- ]] || exit 90
program=\${2#//experiments:}
shift 3
exec "$root/experiments/programs/\$program" "\$@"
END
  chmod +x "$work/$clone/bazelw"
done
cd "$work" || exit 1
export XDG_CACHE_HOME=$work/cache GITHUB_STEP_SUMMARY=$work/summary.md
export EXPERIMENTS=smoke/resume SEEDS=1 THREADS=1 BAND=-0.5

mapfile -t steps < <(sed -n 's/^ *run: \(head\/.*\)$/\1/p' "$root/examples/ci/micro_ablation.yml")
[[ ${#steps[@]} == 3 && ${steps[0]} == *' train base '* && ${steps[1]} == *' train head '* &&
  ${steps[2]} == *' compare head '* ]] || fault "the workflow's steps are: ${steps[*]}"
# Every variable of the workflow is one that the script reads.
for name in $(sed -n '/^env:$/,/^jobs:$/s/^  \([A-Z]*\):.*/\1/p' "$root/examples/ci/micro_ablation.yml"); do
  grep -q "{$name:-" head/examples/ci/micro_ablation.sh || fault "the script does not read $name"
done

for step in "${steps[@]}"; do
  bash -c "$step" || fault "the same code on both sides fails in: $step"
done
grep -q '^## Micro ablation: 0 of 1 comparisons fail at a band of -0.5 points$' summary.md || fault "$(cat summary.md)"
grep -q '^| result | frame-mAP | difference | 95 % interval |' summary.md || fault "the summary lacks the table"
grep -q '| 0.00 to 0.00 |\|+0.00 to +0.00' summary.md || fault "equal code gives a difference: $(cat summary.md)"

# A worse model in the place of the new one: untrained weights. Untrained ones may by chance be better than those of
# this short training; then the sides are changed.
result=results/smoke/resume/seed1
experiments=$root/experiments/programs
"$experiments/evaluate" --experiment=smoke/resume --checkpoint=random:1 --threads=1 --output=out/random/results ||
  fault "evaluate failed"
value() { sed -n 's/^frame_map: //p' "$1/$result.textproto"; }
old=base new=random
if awk -v a="$(value out/base)" -v b="$(value out/random)" 'BEGIN { exit !(b > a) }'; then old=random new=base; fi
: >summary.md
if BAND=0 bash head/examples/ci/micro_ablation.sh compare head "out/$old" "out/$new" 2>log; then
  fault "a drop from $(value out/$old) to $(value out/$new) passes"
fi
grep -q 'is worse than' log || fault "the log does not name the drop: $(cat log)"
grep -q '^## Micro ablation: 1 of 1 comparisons fail at a band of 0 points$' summary.md || fault "$(cat summary.md)"
# Within a wide band it passes, and so does a gain.
BAND=-100 bash head/examples/ci/micro_ablation.sh compare head "out/$old" "out/$new" || fault "a drop within the band fails"
BAND=0 bash head/examples/ci/micro_ablation.sh compare head "out/$new" "out/$old" || fault "a gain fails"

# A result that is missing fails and stands in the summary.
: >summary.md
if SEEDS=7 bash head/examples/ci/micro_ablation.sh compare head out/base out/head; then fault "missing results pass"; fi
grep -q '^Cannot be compared' summary.md || fault "the summary does not say that a result is missing"

bash head/examples/ci/micro_ablation.sh compare 2>usage
[[ $? == 2 ]] && grep -q 'micro_ablation.sh train CLONE OUTPUT' usage || fault "wrong usage: $(cat usage)"
exit "$failed"
