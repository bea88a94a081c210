#!/usr/bin/env bash
# evidence_scale as users meet it: what it prints and writes, and its exit codes.
set -uo pipefail
source ops/testing/expect.sh
out=$(mktemp -d)
failed=0
program=experiments/programs/evidence_scale
cat >"$out/second.textproto" <<'TEXTPROTO'
base: "micro/none"
model { num_classes: 18 }
train_data { micro_world_2 {} }
eval_data { micro_world_2 {} inference_split: "test" }
TEXTPROTO
expect 0 "bazel run //experiments:evidence_scale -- --experiment=micro/none" --help
expect 2 "error: set --experiment or --config"
expect 1 "allowed: train and val with micro_world" --experiment=micro/none --split=exam
expect 0 "pose only" --experiment=micro/none --json="$out/micro.json"
expect 0 "own-conjunction" --config="$out/second.textproto" --json="$out/second.json"
# Each row of the scale is above the one before, and the annotated boxes reach 100 %.
python3 - "$out/micro.json" "$out/second.json" <<'PYTHON' || failed=1
import json, sys
for path in sys.argv[1:]:
    rows = {row["row"]: row for row in json.load(open(path))}
    assert all(len(row["data"]) == 64 for row in rows.values())
    values = [rows[name]["frame_map"] for name in ("chance", "pose only", "oracle", "ground truth")]
    assert values == sorted(values) and values[3] > 99.99, values
    assert 60 < values[2] < 80, values  # the detector misses people
    context = rows["pose only"]["by_kind"]["context"]
    assert context < 20, context
PYTHON
exit "$failed"
