# Sourced by the checks: changes to the workspace this test was built in, and lists
# its own files.

# Bazel links WORKSPACE, a run-time file of these tests, to the real one.
cd "$(dirname "$(readlink -f WORKSPACE)")"

# Files that git tracks or would; without git (an unpacked archive) all but Bazel's.
list_sources() {
  git ls-files --cached --others --exclude-standard 2>/dev/null ||
    find . \( -path './bazel-*' -o -path ./out -o -path ./.git \) -prune -o -type f -printf '%P\n'
}
