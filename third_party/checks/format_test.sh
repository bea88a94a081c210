#!/usr/bin/env bash
# C++ files are as clang-format 14 writes them.
set -euo pipefail
source third_party/checks/workspace.sh

format=$(command -v clang-format-14 || command -v clang-format) || {
  echo "clang-format-14 is not installed; ./bazelw installs it" >&2
  exit 1
}
files=()
while IFS= read -r file; do
  # A file deleted but not yet committed is still listed.
  if [[ $file =~ \.(h|cc|cu|cuh)$ && -f $file ]]; then files+=("$file"); fi
done < <(list_sources)
if ((${#files[@]} == 0)); then
  echo "no C++ file found in $PWD" >&2
  exit 1
fi

# The files with a complaint "<file>:<line>:<column>: error: ...".
if complaints=$("$format" --style=file --dry-run -Werror "${files[@]}" 2>&1); then
  echo "${#files[@]} files formatted"
  exit 0
fi
failed=$(sed -nE 's/^([^: ]+):[0-9]+:[0-9]+: error: .*/\1/p' <<<"$complaints" | sort -u)
if [[ -z $failed ]]; then # clang-format itself failed
  echo "$complaints" >&2
  exit 1
fi
echo "not formatted; run: clang-format-14 -i" $failed >&2
exit 1
