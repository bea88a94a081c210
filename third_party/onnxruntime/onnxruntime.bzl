"""Finds ONNX Runtime and NumPy, or unpacks them from the pinned PyPI wheels into the user's cache. For tests only.

Looked for, in this order:
  1. $ONNXRUNTIME_HOME: a folder that holds onnxruntime and numpy (a site-packages
     of Python 3.11, for instance), onnxruntime of exactly VERSION;
  2. the user's cache, $XDG_CACHE_HOME or ~/.cache, under mrsn/;
  3. `pip download` of the wheels below, unpacked into that cache.
"""

VERSION = "1.32.0"

# name==version and sha256 of each wheel. Of the packages that onnxruntime asks for, a session needs NumPy only.
_WHEELS = [
    ("onnxruntime==1.32.0", "5a34fc4dfeb5a7b4a74c95dcba1e773d722abda720b474edf1b0c419dc6d163d"),
    ("numpy==2.4.6", "89cd468399cfd2504718f0ba50e410dca55a170b61a02ad92bb18c8a65186e93"),
]

_UNPACK = """
set -eu
home=$1
requirements=$2
if [ ! -e "$home/complete" ]; then
    mkdir -p "$(dirname "$home")"
    work=$(mktemp -d "$home.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    python3 -m pip download --quiet --disable-pip-version-check --no-deps --require-hashes \\
        --only-binary=:all: --python-version 3.11 --implementation cp --abi cp311 \\
        --platform manylinux_2_28_x86_64 --platform manylinux_2_27_x86_64 \\
        -d "$work/wheels" -r "$requirements"
    for wheel in "$work"/wheels/*.whl; do unzip -q -o "$wheel" -d "$work/site"; done
    touch "$work/site/complete"
    mv -T "$work/site" "$home" 2>/dev/null || [ -e "$home/complete" ]
fi
"""

def _home(repository_ctx):
    env = repository_ctx.os.environ
    given = env.get("ONNXRUNTIME_HOME", "")
    if given:
        return given
    cache = env.get("XDG_CACHE_HOME", "") or env.get("HOME", "") + "/.cache"
    home = "%s/mrsn/onnxruntime-%s-%s" % (cache, VERSION, _WHEELS[0][1][:12])
    repository_ctx.file("requirements.txt", "".join(["%s --hash=sha256:%s\n" % wheel for wheel in _WHEELS]))
    repository_ctx.report_progress("unpacking ONNX Runtime %s (45 MB) into %s" % (VERSION, home))
    result = repository_ctx.execute(
        ["bash", "-c", _UNPACK, "unpack", home, str(repository_ctx.path("requirements.txt"))],
        timeout = 1800,
    )
    if result.return_code != 0:
        fail("ONNX Runtime %s could not be fetched with pip: %s\nCure: give pip access to PyPI, or set ONNXRUNTIME_HOME to a folder with it and NumPy." % (VERSION, result.stderr))
    return home

def _onnxruntime_repository_impl(repository_ctx):
    home = _home(repository_ctx)
    for needed in ["onnxruntime/__init__.py", "numpy/__init__.py"]:
        if not repository_ctx.path(home + "/" + needed).exists:
            fail("%s lacks %s. Unset ONNXRUNTIME_HOME, or remove the folder, and build again." % (home, needed))
    if '"%s"' % VERSION not in repository_ctx.read(home + "/onnxruntime/__init__.py"):
        fail("%s/onnxruntime is not of version %s; unset ONNXRUNTIME_HOME to let the build fetch the pinned wheel." % (home, VERSION))
    repository_ctx.symlink(home, "site")

    # The folder as one file: nothing in it ever changes, and tests need no link for each of its 1500 files.
    repository_ctx.file("BUILD", 'exports_files(["site"])\n')

onnxruntime_repository = repository_rule(
    implementation = _onnxruntime_repository_impl,
    environ = ["ONNXRUNTIME_HOME", "XDG_CACHE_HOME", "HOME"],
)
