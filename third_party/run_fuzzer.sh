#!/usr/bin/env bash
# run_fuzzer.sh FUZZER SECONDS SEED...: fuzzes from the seeds for that long. A
# crash, leak, hang or more than 1 GB of memory fails; the input is printed.
set -euo pipefail
fuzzer=$1 seconds=$2
shift 2
found="${TEST_TMPDIR:-$(mktemp -d)}/found"
seeds="${TEST_TMPDIR:-$(mktemp -d)}/seeds"
mkdir -p "$found" "$seeds"
cp -L "$@" "$seeds"
"$fuzzer" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 -max_len=65536 \
  -print_final_stats=1 -artifact_prefix="$found/crash." "$found" "$seeds" 2>&1 | tail -40 || {
  for input in "$found"/crash.*; do
    [[ -f $input ]] && { echo "input, base64:"; base64 "$input"; }
  done
  exit 1
}
