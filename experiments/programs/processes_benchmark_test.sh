#!/usr/bin/env bash
# The benchmark of processes runs both sides and prints their comparison.
set -uo pipefail
source ops/testing/expect.sh
failed=0
program=experiments/programs/processes_benchmark

expect 0 "bazel run //experiments/programs:processes_benchmark" --help
expect 0 " clips/s by 1 x 1 threads, " --experiment=micro/none --steps=2 --rounds=1
[[ $output =~ micro/none:\ [0-9.]+\ clips/s\ by\ 1\ x\ 1\ threads,\ [0-9.]+\ by\ 2\ x\ 1:\ [0-9.]+x ]] ||
  { echo "no comparison: $output" >&2; failed=1; }
expect 1 "reads a relation bank; name another one" --experiment=micro/acre_aare_rse_lrb --steps=1 --rounds=1
expect 2 "--processes must be at least 2" --processes=1
exit $failed
