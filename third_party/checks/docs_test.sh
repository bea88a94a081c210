#!/usr/bin/env bash
# Everything that the pages name exists: targets of commands, linked files, files in code.
set -euo pipefail
source third_party/checks/workspace.sh

checked=0
failed=0
complain() {
  echo "$1" >&2
  failed=1
}

# Pages whose `folder/file` in code are places from the top of the tree.
main_pages=" README.md RESULTS.md BENCHMARKS.md CONTRIBUTING.md experiments/README.md "
mapfile -t pages < <(list_sources | grep -E '\.md$')
for page in "${pages[@]}"; do
  # //pkg:name in a command: the BUILD file declares it, by itself or in a list of names.
  for label in $(grep -oE '//[a-z0-9_/]+:[a-z0-9_]+' "$page" | sort -u); do
    build=${label#//}
    build=${build%%:*}/BUILD
    checked=$((checked + 1))
    [[ -f $build ]] && { [[ $label == *:all ]] || grep -qE "^ +(name = )?\"${label##*:}\"[,:]" "$build"; } ||
      complain "$page: there is no $label"
  done
  for link in $(grep -oE '\]\([^)#:]+\)' "$page" | sed 's/^](\(.*\))$/\1/' | sort -u); do
    checked=$((checked + 1))
    [[ -e $(dirname "$page")/$link ]] || complain "$page: there is no $link"
  done
  [[ $main_pages == *" $page "* ]] || continue
  # Without placeholders; an experiment is named by its place under experiments/configs.
  for path in $(grep -oE '`[a-z0-9_.]+(/[A-Za-z0-9_.]+)+/?`' "$page" | tr -d '`' | sort -u); do
    case $path in out/* | base/*) continue ;; esac
    checked=$((checked + 1))
    [[ -e $path || -e experiments/configs/$path.textproto ]] || complain "$page: there is no $path"
  done
done

# The README is a tour; tables and commands have pages of their own.
readme_lines=$(wc -l <README.md)
((readme_lines <= 130)) || complain "README.md has $readme_lines lines; allowed: 130"

if ((checked < 20)); then
  echo "only $checked names found; has this check gone blind?" >&2
  exit 1
fi
echo "$checked names checked"
exit "$failed"
