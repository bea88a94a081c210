#!/usr/bin/env bash
# Shell scripts parse, and those with a #! line can be executed.
set -euo pipefail
source third_party/checks/workspace.sh

count=0
failed=0
while IFS= read -r file; do
  [[ -f $file ]] || continue
  first=""
  IFS= read -r first <"$file" 2>/dev/null || true
  [[ $file == *.sh || $first =~ ^#!.*[/\ ](ba)?sh ]] || continue
  count=$((count + 1))
  bash -n "$file" || failed=1
  if [[ $first == '#!'* && ! -x $file ]]; then
    echo "$file: has a #! line but cannot be executed; run: chmod +x $file" >&2
    failed=1
  fi
done < <(list_sources)

if ((count < 3)); then # bazelw, .ci/run and this
  echo "only $count scripts found in $PWD" >&2
  exit 1
fi
echo "$count scripts checked"
exit "$failed"
