# For tests of a program as users meet it; sourced. The test sets `program`, the path of the program, and
# `failed` to 0, and exits with `failed`.

# expect CODE TEXT ARGUMENT...: runs the program; its output has TEXT and stays in `output`.
expect() {
  local code=$1 text=$2
  shift 2
  output=$("$program" "$@" 2>&1)
  local got=$?
  if ((got != code)) || [[ $output != *"$text"* ]]; then
    printf '%s %s\n  exit code %d, expected %d with "%s" in:\n%s\n' \
      "${program##*/}" "$*" "$got" "$code" "$text" "$output" >&2
    failed=1
  fi
}
