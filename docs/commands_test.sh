#!/usr/bin/env bash
# Runs the commands of a page as a reader would: the blocks that begin with ```sh, in their order, in one folder.
#   commands_test.sh <page> <target>=<program> ...
# There `./bazelw run <target> -- ...` starts the program. Of a command with --dry_run exit code 1 is allowed: it
# says that something is missing, which is true of the large experiments here.
set -uo pipefail
page=$PWD/$1
shift
root=$PWD
home=$(mktemp -d)
trap 'rm -rf "$home"' EXIT

printf '%s\n' "$@" >"$home/programs"
source docs/testing/folders.sh
make_folders "$page" "$home"

mkdir "$home/workspace"
cd "$home/workspace" || exit 1
cat >bazelw <<'END'
#!/usr/bin/env bash
target=${2:-}
[[ ${1:-} == run && $# -ge 2 ]] || { echo "a block of sh has only ./bazelw run" >&2; exit 90; }
shift 2
[[ ${1:-} == -- ]] && shift
program=$(grep -F "$target=" "$PROGRAMS" | cut -d= -f2)
[[ -n $program ]] || { echo "$target is not listed in docs/BUILD for this page" >&2; exit 91; }
echo "\$ $target $*"
"$TREE/$program" "$@"
code=$?
[[ $code == 1 && " $* " == *" --dry_run "* ]] && code=0
exit "$code"
END
chmod +x bazelw
export PROGRAMS=$home/programs TREE=$root
# As `bazel run` sets them; and no generated data goes to the home of whoever runs the test.
export BUILD_WORKSPACE_DIRECTORY=$PWD BUILD_WORKING_DIRECTORY=$PWD XDG_CACHE_HOME=$home/cache HOME=$home

awk '
  /^```sh$/ { inside = 1; print "at=" NR; next }
  /^```/ { inside = 0; next }
  inside { print }
' "$page" >"$home/commands"
commands=$(grep -c 'bazelw run' "$home/commands")
if ((commands < 1)); then
  echo "$page: no command found; has this test gone blind?" >&2
  exit 1
fi
bash -c 'set -euo pipefail
  trap '\''echo "the block in line $at of the page failed" >&2'\'' ERR
  source "$1"' page "$home/commands" || exit 1
echo "$commands commands run"
