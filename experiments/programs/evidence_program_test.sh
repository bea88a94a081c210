#!/usr/bin/env bash
# evidence as users meet it: what it prints and writes, and its exit codes.
set -uo pipefail
source ops/testing/expect.sh
out=$(mktemp -d)
failed=0
program=experiments/programs/evidence

# result NAME WORLD SEED FOUND: FOUND of ten persons in ten rooms are found; AP is FOUND / 10.
result() {
  local folder=$out/results/$1 ap
  ap=$(printf '%d.%d' $(($4 / 10)) $(($4 % 10)))
  mkdir -p "$folder"
  for ((r = 0; r < 10; ++r)); do echo "room$r,0902,0.1,0,0.2,1,1,0"; done >"$folder/seed$3.groundtruth.csv"
  for ((r = 0; r < 10; ++r)); do
    if ((r < $4)); then echo "room$r,0902,0.1,0,0.2,1,1,0.9$r"; else echo "room$r,0902,0.5,0,0.6,1,1,0.0$r"; fi
  done >"$folder/seed$3.detections.csv"
  cat >"$folder/seed$3.textproto" <<END
experiment: "$1" seed: $3 data_fingerprint: "data$2" protocol: "official_2019" iou_threshold: 0.5 frame_map: $ap
per_class { id: 1 name: "sit" kind: "context" ap: $ap num_gt: 10 }
END
}
for world in 1 2 3; do
  for seed in 0 1 2 3 4; do
    result "evidence/none@world=$world" $world $seed 2
    result "evidence/acre@world=$world" $world $seed 9
  done
done
cat >"$out/mine.textproto" <<'END'
worlds: "1" worlds: "2" worlds: "3"
contrasts {
  question: "Q1" text: "Does ACRE add context?" rank: MAIN on: "context" holm: true
  setting { name: "ACRE" results: "evidence/acre@world={world}" }
  baselines { name: "none" results: "evidence/none@world={world}" }
}
END
echo '[{"row":"pose only","data":"data1","frame_map":10,"by_kind":{"context":10}}]' >"$out/scale.json"

expect 0 "bazel run //experiments:evidence -- --results=out/results" --help
expect 1 "nowhere: does not exist" --results="$out/nowhere"
expect 1 "scale.json: no row \"oracle\"" --results="$out/results" --scale="$out/scale.json"
expect 0 "| Q1 | ACRE − none | context | yes | +70.00 |" --results="$out/results" --contrasts="$out/mine.textproto"
# The contrasts of EVIDENCE.md: what was not run is said, and without the probe nothing is decided.
expect 0 "| Q16 | " --results="$out/results" --json="$out/answers.json"
expect 0 "the linear probe was not measured" --results="$out/results"
python3 - "$out/answers.json" <<'PYTHON' || failed=1
import json, sys
rows = json.load(open(sys.argv[1]))["contrasts"]
first = [row for row in rows if row["question"] == "Q1"][0]
assert first["estimate"]["pairs"] == 15 and first["answer"] == "not decided", first
assert all(row["answer"] == "not run" for row in rows if row["question"] != "Q1"), rows
PYTHON
rm "$out/results/evidence/acre@world=2/seed4.textproto"
expect 1 "these runs are no pairs: evidence/acre@world=2 has seeds 0, 1, 2, 3," --results="$out/results" \
  --contrasts="$out/mine.textproto"

# What does not link LibTorch starts at once and builds in seconds.
! ldd "$program" | grep -qi torch || { echo "evidence links LibTorch" >&2; failed=1; }
rm -rf "$out"
exit "$failed"
