#!/usr/bin/env bash
# Every message of the page is one that the code can give: the parts between placeholders stand in its strings.
set -uo pipefail
source third_party/checks/workspace.sh

# The strings of all sources, each on one line, also those that are written in several pieces.
strings=$(mktemp)
list_sources | grep -E '\.(cc|h)$' | grep -vE '_test\.cc$' | xargs cat |
  sed -z 's/"[[:space:]]*\n[[:space:]]*"//g; s/\\"/"/g' >"$strings"

checked=0
failed=0
while IFS= read -r message; do
  checked=$((checked + 1))
  while IFS= read -r part; do
    part=${part#"${part%%[! ]*}"}
    part=${part%"${part##*[! ]}"}
    ((${#part} > 2)) || continue
    # Printf writes %d where the page has a placeholder, so that parts are looked for one by one.
    grep -qF -- "$part" "$strings" || {
      echo "docs/troubleshooting.md: no message of the code has \"$part\"" >&2
      failed=1
    }
  done < <(sed -E 's/<(n|\.\.\.)>/\n/g' <<<"$message")
done < <(grep -E '^\| `' docs/troubleshooting.md | sed -E 's/^\| `([^`]*)`.*/\1/')
rm -f "$strings"

if ((checked < 20)); then
  echo "only $checked messages found; has this check gone blind?" >&2
  exit 1
fi
echo "$checked messages checked"
exit "$failed"
