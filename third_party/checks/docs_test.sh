#!/usr/bin/env bash
# What README.md and CONTRIBUTING.md name exists: targets of commands, linked files.
set -euo pipefail
source third_party/checks/workspace.sh

checked=0
failed=0
complain() {
  echo "$1" >&2
  failed=1
}

for page in README.md CONTRIBUTING.md; do
  # //pkg:name in a command: the BUILD file declares it, by itself or in a list of names.
  for label in $(grep -oE '//[a-z0-9_/]+:[a-z0-9_]+' "$page" | sort -u); do
    build=${label#//}
    build=${build%%:*}/BUILD
    checked=$((checked + 1))
    [[ -f $build ]] && { [[ $label == *:all ]] || grep -qE "^ +(name = )?\"${label##*:}\"," "$build"; } ||
      complain "$page: there is no $label"
  done
  for link in $(grep -oE '\]\([^)#:]+\)' "$page" | sed 's/^](\(.*\))$/\1/' | sort -u); do
    checked=$((checked + 1))
    [[ -e $link ]] || complain "$page: there is no $link"
  done
  # `folder/file` in code, without placeholders.
  for path in $(grep -oE '`[a-z0-9_.]+(/[A-Za-z0-9_.]+)+/?`' "$page" | tr -d '`' | sort -u); do
    case $path in out/* | base/*) continue ;; esac
    checked=$((checked + 1))
    [[ -e $path ]] || complain "$page: there is no $path"
  done
done

if ((checked < 20)); then
  echo "only $checked names found; has this check gone blind?" >&2
  exit 1
fi
echo "$checked names checked"
exit "$failed"
